/* SPDX-License-Identifier: MIT */
#include "discovery_list.h"

#include <stdio.h>

static void add_topic(struct announced *announced, const struct config *config, const char *name)
{
	announced_add(announced, "topic %s/%s", config->mqtt.topic, name);
}

static void list_inputs(const struct config *config, struct announced *announced)
{
	for (size_t i = 0; i < config->n_chips; i++) {
		const struct config_chip *chip = &config->chips[i];

		for (size_t k = 0; k < chip->driver->n_events; k++) {
			if (!chip->driver->events[k].state)
				continue;
			announced_add(announced, "topic %s/state/input/%s", config->mqtt.topic,
				chip->name);
			break;
		}
	}
}

void discovery_list_topics(const struct config *config, struct announced *announced)
{
	static const char *const OWN[] = {"status", "state", "health", "about"};

	for (size_t i = 0; i < sizeof(OWN) / sizeof(*OWN); i++)
		add_topic(announced, config, OWN[i]);
	list_inputs(config, announced);
	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct config_output *output = &config->outputs[i];

		if (output->topic)
			announced_add(announced, "topic %s/state/%s/%s", config->mqtt.topic,
				output->kind->word, output->name);
	}
}

void discovery_config_topic(
	const struct home_assistant *ha, size_t number, char ret_topic[static TOPIC_MAX])
{
	char more[24] = "";

	if (number > 0)
		(void)snprintf(more, sizeof(more), "_%zu", number + 1);
	(void)snprintf(ret_topic, TOPIC_MAX, "%s/device/%s%s/config", ha->config->mqtt.discovery,
		ha->id, more);
}

/* Those between two places. */
static void note_entities(const struct home_assistant *ha, struct home_assistant_place from,
	const struct home_assistant_place *to, const char *topic, struct announced *announced)
{
	struct home_assistant_entity entity;

	while (home_assistant_next(ha->config, &from, &entity) &&
		(from.group < to->group || (from.group == to->group && from.index <= to->index)))
		announced_add(announced, "entity %s %s %s", entity.key, entity.platform, topic);
}

size_t discovery_list_configs(const struct home_assistant *ha, char *text, size_t room,
	struct announced *announced,
	void (*put)(void *userdata, const char *topic, const char *text, size_t size),
	void *userdata)
{
	struct home_assistant_place place = {0, 0}, before = place;
	size_t number = 0, left_out = 0;
	char topic[TOPIC_MAX];
	int size;

	while ((size = home_assistant_format(ha, &place, text, room)) != 0) {
		if (size < 0) {
			place.index++;
			left_out++;
		} else {
			discovery_config_topic(ha, number++, topic);
			if (announced) {
				announced_add(announced, "config %s", topic);
				note_entities(ha, before, &place, topic, announced);
			}
			if (put)
				put(userdata, topic, text, (size_t)size);
		}
		before = place;
	}
	return left_out;
}
