/* SPDX-License-Identifier: MIT */
#include "map_changes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	NAMED_MAX = 8, /* nobody reads more; if names are long, fewer fit */
	WORDS_MAX = 120,
	REST_BYTES = sizeof(", and 18446744073709551615 more"),
	OBJECTS_MAX = CONFIG_CHIPS_MAX + CONFIG_SENSORS_MAX + CONFIG_OUTPUTS_MAX,
};

struct words {
	char *text; /* MAP_CHANGES_MAX bytes */
	size_t size, named, more;
};

static __attribute__((format(printf, 2, 3))) void add(struct words *words, const char *format, ...)
{
	size_t room = MAP_CHANGES_MAX - REST_BYTES - words->size;
	const char *sign = words->named > 0 ? ", " : "";
	char text[WORDS_MAX];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (size < 0 || words->named == NAMED_MAX || strlen(sign) + strlen(text) >= room) {
		words->more++;
		return;
	}
	words->size += (size_t)snprintf(words->text + words->size, room, "%s%s", sign, text);
	words->named++;
}

/* Anything that has a name. */
struct object {
	const char *kind, *name, *fingerprint;
};

struct objects {
	struct object items[OBJECTS_MAX];
	size_t n;
};

static void take(
	struct objects *objects, const char *kind, const char *name, const char *fingerprint)
{
	objects->items[objects->n++] = (struct object){kind, name, fingerprint};
}

static void take_all(struct objects *objects, const struct config *config)
{
	objects->n = 0;
	for (size_t i = 0; i < config->n_chips; i++)
		take(objects, "chip", config->chips[i].name, config->chips[i].fingerprint);
	for (size_t i = 0; i < config->n_sensors; i++)
		take(objects, "sensor", config->sensors[i].name, config->sensors[i].fingerprint);
	for (size_t i = 0; i < config->n_outputs; i++)
		take(objects, config->outputs[i].kind->noun, config->outputs[i].name,
			config->outputs[i].fingerprint);
}

static const struct object *find(const struct objects *objects, const struct object *object)
{
	for (size_t i = 0; i < objects->n; i++) {
		const struct object *item = &objects->items[i];

		if (strcmp(item->kind, object->kind) == 0 && strcmp(item->name, object->name) == 0)
			return item;
	}
	return NULL;
}

/* Order matters: clients count outputs, and sensors stand in the reading in this order. */
static bool is_other_order(const struct objects *before, const struct objects *after)
{
	if (before->n != after->n)
		return false;
	for (size_t i = 0; i < after->n; i++) {
		if (strcmp(before->items[i].name, after->items[i].name) != 0 &&
			find(before, &after->items[i]))
			return true;
	}
	return false;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Texts for people, which are in no fingerprint, since they change no measurement. */
static bool is_all_about_same(const struct config *before, const struct config *after)
{
	for (size_t i = 0; i < before->n_sensors && i < after->n_sensors; i++) {
		const struct config_sensor *old = &before->sensors[i], *new = &after->sensors[i];

		if (strcmp(old->name, new->name) == 0 &&
			!(is_same_text(old->label, new->label) &&
				is_same_text(old->class, new->class) &&
				is_same_text(old->unit, new->unit)))
			return false;
	}
	return true;
}

/* In no fingerprint either, since the output stays as it is. */
static void compare_topics(
	struct words *words, const struct config *before, const struct config *after)
{
	for (size_t i = 0; i < before->n_outputs; i++) {
		const struct config_output *old = &before->outputs[i];

		for (size_t k = 0; k < after->n_outputs; k++) {
			const struct config_output *new = &after->outputs[k];

			if (old->kind == new->kind && strcmp(old->name, new->name) == 0 &&
				old->topic != new->topic)
				add(words, "%s %s %s a topic of its own", new->kind->noun,
					new->name, new->topic ? "has" : "no longer has");
		}
	}
}

static void compare_objects(
	struct words *words, const struct config *before, const struct config *after)
{
	struct objects old, new;

	take_all(&old, before);
	take_all(&new, after);
	for (size_t i = 0; i < new.n; i++) {
		const struct object *object = &new.items[i], *was = find(&old, object);

		if (!was)
			add(words, "%s %s is new", object->kind, object->name);
		else if (strcmp(was->fingerprint, object->fingerprint) != 0)
			add(words, "%s %s changed", object->kind, object->name);
	}
	for (size_t i = 0; i < old.n; i++) {
		const struct object *object = &old.items[i];

		if (!find(&new, object))
			add(words, "%s %s is gone", object->kind, object->name);
	}
	if (is_other_order(&old, &new))
		add(words, "the order changed");
	if (!is_all_about_same(before, after))
		add(words, "labels and units changed");
	compare_topics(words, before, after);
}

static bool is_same_interval(const struct config_interval *a, const struct config_interval *b)
{
	return a->default_ms == b->default_ms && a->min_ms == b->min_ms && a->max_ms == b->max_ms &&
		a->remember == b->remember && a->topic_unit_ms == b->topic_unit_ms;
}

static bool is_same_packed(const struct config *before, const struct config *after, size_t i)
{
	const struct config_packed *a = &before->packed[i], *b = &after->packed[i];

	if (strcmp(a->topic, b->topic) != 0 || a->big_endian != b->big_endian ||
		a->n_fields != b->n_fields)
		return false;
	for (size_t k = 0; k < a->n_fields; k++) {
		if (a->fields[k].letter != b->fields[k].letter ||
			strcmp(before->sensors[a->fields[k].sensor].name,
				after->sensors[b->fields[k].sensor].name) != 0)
			return false;
	}
	return true;
}

static bool is_all_packed_same(const struct config *before, const struct config *after)
{
	bool is_same = before->n_packed == after->n_packed;

	for (size_t i = 0; is_same && i < after->n_packed; i++)
		is_same = is_same_packed(before, after, i);
	return is_same;
}

static const char *text_of(const char *text)
{
	return text ? text : "";
}

/* Also compares outputs with a fail-safe of their own, which stay open if nothing else changed. */
static bool is_same_failsafe(const struct config *before, const struct config *after)
{
	for (size_t i = 0; i < before->n_outputs && i < after->n_outputs; i++) {
		const struct config_output *old = &before->outputs[i];
		const struct config_output *new = &after->outputs[i];

		if (strcmp(old->fingerprint, new->fingerprint) == 0 &&
			(old->failsafe != new->failsafe ||
				old->failsafe_number < new->failsafe_number ||
				old->failsafe_number > new->failsafe_number ||
				old->max_on_us != new->max_on_us ||
				old->interlock_pause_us != new->interlock_pause_us ||
				strcmp(text_of(old->interlock), text_of(new->interlock)) != 0))
			return false;
	}
	return before->failsafe.after_us == after->failsafe.after_us &&
		memcmp(before->failsafe.of_kind, after->failsafe.of_kind,
			sizeof(before->failsafe.of_kind)) == 0;
}

/* By the switches' names, since their places in the map may change. */
static bool has_same_limits(const struct config *before, const struct config_output *old,
	const struct config *after, const struct config_output *new)
{
	if (old->has_limits != new->has_limits)
		return false;
	for (unsigned i = 0; i < OUTPUT_DIRECTIONS_MAX; i++)
		if (new->has_limits >> i & 1 &&
			strcmp(before->chips[old->limits[i]].name,
				after->chips[new->limits[i]].name) != 0)
			return false;
	return true;
}

/* Of outputs that stay open. */
static bool is_all_limits_same(const struct config *before, const struct config *after)
{
	for (size_t i = 0; i < before->n_outputs; i++)
		for (size_t k = 0; k < after->n_outputs; k++) {
			const struct config_output *old = &before->outputs[i];
			const struct config_output *new = &after->outputs[k];

			if (strcmp(old->fingerprint, new->fingerprint) == 0 &&
				!has_same_limits(before, old, after, new))
				return false;
		}
	return true;
}

/* Of outputs that stay open. Others are started with what the new map says. */
static bool is_same_start(const struct config *before, const struct config *after)
{
	for (size_t i = 0; i < before->n_outputs && i < after->n_outputs; i++) {
		const struct config_output *old = &before->outputs[i];
		const struct config_output *new = &after->outputs[i];

		if (strcmp(old->fingerprint, new->fingerprint) == 0 &&
			(old->start.word != new->start.word ||
				old->start.number < new->start.number ||
				old->start.number > new->start.number))
			return false;
	}
	return true;
}

static void compare_sections(
	struct words *words, const struct config *before, const struct config *after)
{
	const struct config_mqtt *old = &before->mqtt, *new = &after->mqtt;

	if (strcmp(old->fingerprint, new->fingerprint) != 0)
		add(words, "the connection's settings changed");
	if (old->timestamp != new->timestamp)
		add(words, "timestamp changed");
	if (old->accept_retained != new->accept_retained)
		add(words, "accept_retained changed");
	if (old->health_interval_us != new->health_interval_us)
		add(words, "health_interval changed");
	if (!is_same_text(before->device.name, after->device.name) ||
		!is_same_text(before->device.area, after->device.area))
		add(words, "device changed");
	if (!is_same_interval(&before->interval, &after->interval))
		add(words, "interval changed");
	if (!is_all_packed_same(before, after))
		add(words, "packed changed");
	if (!is_same_failsafe(before, after))
		add(words, "failsafe changed");
	if (!is_all_limits_same(before, after))
		add(words, "limits changed");
	if (!is_same_start(before, after))
		add(words, "start changed, for the next start of tosd");
	if (before->spool.size_bytes != after->spool.size_bytes ||
		before->spool.after_us != after->spool.after_us)
		add(words, "spool changed");
}

void map_changes_describe(const struct config *before, const struct config *after,
	char ret_words[static MAP_CHANGES_MAX])
{
	struct words words = {.text = ret_words};

	compare_objects(&words, before, after);
	compare_sections(&words, before, after);
	if (words.named == 0)
		(void)snprintf(ret_words, MAP_CHANGES_MAX, "nothing in the map changed");
	else if (words.more > 0)
		(void)snprintf(ret_words + words.size, REST_BYTES, ", and %zu more", words.more);
}
