/* SPDX-License-Identifier: MIT */
/*
 * The message: the device, its origin, and the entities. The keys that every entity has are written
 * here. Its group writes the others.
 */
#include "home_assistant_internal.h"
#include "topic.h"
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	TEXT_BYTES = 2048, /* for the longest template, with names of any length */
	SLUG_BYTES = 160,
	END_BYTES = 4, /* what closes the message */
};

/* Entities that every map has come first, so that the first message changes least. */
static const struct home_assistant_group *const GROUPS[] = {
	&home_assistant_own,
	&home_assistant_outputs,
	&home_assistant_inputs,
	&home_assistant_sensors,
};

enum { N_GROUPS = sizeof(GROUPS) / sizeof(*GROUPS) };

void home_assistant_text(struct json_writer *json, const char *key, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	json_text(json, key, text);
}

void home_assistant_topic(struct json_writer *json, const char *key,
	const struct home_assistant *ha, const char *name)
{
	char topic[TOPIC_MAX];

	topic_below(topic, ha->config->mqtt.topic, name);
	json_text(json, key, topic);
}

static void describe(const struct config *config, const struct home_assistant_place *place,
	const char **ret_name, struct home_assistant_entity *entity)
{
	const struct home_assistant_group *group = GROUPS[place->group];
	const char *word = group->word;

	entity->platform = NULL;
	if (group->describe(config, place->index, &entity->platform, &word, ret_name))
		(void)snprintf(entity->key, sizeof(entity->key), "%s_%s", word, *ret_name);
	else
		entity->platform = NULL;
}

/* Moves to the first entity at or after place. */
static bool find(const struct config *config, struct home_assistant_place *place,
	const char **ret_name, struct home_assistant_entity *ret_entity)
{
	for (; place->group < N_GROUPS; place->group++, place->index = 0) {
		for (; place->index < GROUPS[place->group]->count(config); place->index++) {
			describe(config, place, ret_name, ret_entity);
			if (ret_entity->platform)
				return true;
		}
	}
	return false;
}

bool home_assistant_next(const struct config *config, struct home_assistant_place *place,
	struct home_assistant_entity *ret_entity)
{
	const char *name;

	if (!find(config, place, &name, ret_entity))
		return false;
	place->index++;
	return true;
}

/* Letters and digits, in lower case, as entity ids have them; of anything else one underscore. */
static void add_slug(char slug[static SLUG_BYTES], const char *text)
{
	size_t used = strlen(slug);

	for (; *text && used < SLUG_BYTES - 1; text++) {
		if (isascii((unsigned char)*text) && isalnum((unsigned char)*text))
			slug[used++] = (char)tolower((unsigned char)*text);
		else if (used > 0 && slug[used - 1] != '_')
			slug[used++] = '_';
	}
	slug[used] = '\0';
}

static void add_entity(struct json_writer *json, const struct home_assistant *ha,
	const struct home_assistant_place *place, const char *name,
	const struct home_assistant_entity *entity)
{
	char slug[SLUG_BYTES] = "";

	add_slug(slug, ha->config->device.name);
	add_slug(slug, "_");
	add_slug(slug, name);
	json_object(json, entity->key);
	json_text(json, "p", entity->platform);
	home_assistant_text(json, "uniq_id", "%s_%s", ha->id, entity->key);
	home_assistant_text(json, "def_ent_id", "%s.%s", entity->platform, slug);
	json_integer(json, "qos", 1);
	GROUPS[place->group]->write(json, ha, place->index);
	json_object_end(json);
}

static void begin(
	struct json_writer *json, const struct home_assistant *ha, char *out, size_t out_bytes)
{
	json_begin(json, out, out_bytes);
	json_object(json, "dev");
	json_array(json, "ids");
	json_text(json, NULL, ha->id);
	json_array_end(json);
	json_text(json, "name", ha->config->device.name);
	json_text(json, "mf", "tos-gateway");
	if (ha->board)
		json_text(json, "mdl", ha->board);
	json_text(json, "sw", ha->version);
	if (ha->config->device.area)
		json_text(json, "sa", ha->config->device.area);
	json_object_end(json);
	json_object(json, "o");
	json_text(json, "name", "tos-gateway");
	json_text(json, "sw", ha->version);
	json_object_end(json);
	/* An entity's own list replaces it; "avty_t" would stand beside it, and is refused. */
	json_array(json, "avty");
	json_object(json, NULL);
	home_assistant_topic(json, "t", ha, "status");
	json_object_end(json);
	json_array_end(json);
	json_object(json, "cmps");
}

static int finish(struct json_writer *json, size_t out_bytes)
{
	json->out_bytes = out_bytes;
	json_object_end(json);
	return json_finish(json);
}

int home_assistant_format(const struct home_assistant *ha, struct home_assistant_place *place,
	char *out, size_t out_bytes)
{
	struct home_assistant_entity entity;
	struct json_writer json;
	const char *name;
	size_t n = 0;

	if (!find(ha->config, place, &name, &entity))
		return 0;
	if (out_bytes <= END_BYTES)
		return -ENOBUFS;
	begin(&json, ha, out, out_bytes - END_BYTES);
	do {
		struct json_writer before = json;

		add_entity(&json, ha, place, name, &entity);
		if (json.overflow) {
			json = before;
			break;
		}
		n++;
		place->index++;
	} while (find(ha->config, place, &name, &entity));
	return n > 0 ? finish(&json, out_bytes) : -ENOBUFS;
}

int home_assistant_format_removal(const struct home_assistant *ha,
	const struct home_assistant_entity *entities, size_t n, char *out, size_t out_bytes)
{
	struct json_writer json;

	if (out_bytes <= END_BYTES)
		return -ENOBUFS;
	begin(&json, ha, out, out_bytes - END_BYTES);
	for (size_t i = 0; i < n; i++) {
		json_object(&json, entities[i].key);
		json_text(&json, "p", entities[i].platform);
		json_object_end(&json);
	}
	return finish(&json, out_bytes);
}
