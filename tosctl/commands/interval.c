/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "command.h"
#include "duration.h"

#include <cjson/cJSON.h>

static int run(const struct options *options, int n, char **arguments)
{
	cJSON *action, *sensors;
	uint32_t interval_ms;
	int r;

	(void)n;
	r = duration_parse("interval", arguments[0], &interval_ms);
	if (r >= 0)
		return r;
	action = cJSON_CreateObject();
	sensors = cJSON_AddObjectToObject(action, "sensors");
	cJSON_AddNumberToObject(sensors, "interval", interval_ms);
	return ask_action_once(options, action);
}

extern const struct command command_interval;

const struct command command_interval = {
	.name = "interval",
	.arguments = "TIME",
	.help = "how often to read: 200ms, 1.5s, 1min",
	.n_min = 1,
	.n_max = 1,
	.takes = OPTIONS_JSON,
	.run = run,
};
