/* SPDX-License-Identifier: MIT */
/* A counter that is set: {"sensors":{"count":{"meter":0}}}. */
#include "payload_parse.h"

#include <stdio.h>
#include <string.h>

static const struct config_chip *find(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_chips; i++) {
		if (strcmp(config->chips[i].name, name) == 0)
			return &config->chips[i];
	}
	return NULL;
}

/* Names the counters, as many as fit, since the last key of the path is none. */
static void no_such_counter(struct payload_parser *parser, const struct payload_path *path)
{
	const struct config *config = parser->config;
	const struct config_chip *chip = find(config, path->key);
	const char *names[CONFIG_CHIPS_MAX + 1];
	const char *near;
	char list[96] = "";
	size_t n = 0, used = 0;

	for (size_t i = 0; i < config->n_chips; i++) {
		if (!driver_is_counter(config->chips[i].driver))
			continue;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
				n ? ", " : "", config->chips[i].name);
		names[n++] = config->chips[i].name;
	}
	names[n] = NULL;
	near = diag_nearest(path->key, names);
	if (n == 0)
		payload_mistake(parser, path, "this gateway has no counters");
	else if (chip)
		payload_mistake(parser, path, "%s counts nothing; counters here: %s",
			chip->driver->name, list);
	else if (near)
		payload_mistake(parser, path, "no such counter, did you mean \"%s\"?", near);
	else
		payload_mistake(parser, path, "no such counter; counters here: %s", list);
}

void payload_check_count(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	static const struct payload_keys KEYS = {.example = "{\"meter\":0}"};
	static const struct payload_range RANGE = {0, PAYLOAD_WHOLE_MAX, "", 0};
	struct payload_action *action = target;
	const cJSON *one;

	if (!payload_check_filled(parser, path, item, &KEYS))
		return;
	if (item->child->next)
		payload_mistake(parser, path,
			"sets one counter: send each of the others in a message of its own");
	cJSON_ArrayForEach(one, item) {
		const struct payload_path here = {path, one->string};
		const struct config_chip *chip = find(parser->config, one->string);
		double count;

		if (!chip || !driver_is_counter(chip->driver)) {
			no_such_counter(parser, &here);
		} else if (payload_check_number(parser, &here, one, &RANGE, &count)) {
			action->counter = chip->name;
			action->count = (int64_t)count;
		}
	}
}

void payload_check_count_alone(struct payload_parser *parser)
{
	static const struct payload_path SENSORS = {NULL, "sensors"}, COUNT = {&SENSORS, "count"};
	const struct payload_action *action = parser->action;

	if (action->counter && (action->n_outputs > 0 || action->interval_ms || action->read))
		payload_mistake(parser, &COUNT,
			"is set by a message of its own, since its answer waits for the disk: send "
			"the rest in another one");
}
