/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "command.h"

#include <cjson/cJSON.h>
#include <stdio.h>

static int run(const struct options *options, int n, char **arguments)
{
	cJSON *action, *sensors;
	uint32_t interval_ms;

	(void)n;
	if (options_duration(arguments[0], &interval_ms) < 0) {
		fprintf(stderr,
			"tosctl: interval takes a time such as 500ms, 2s or 1min, not \"%s\"\n",
			arguments[0]);
		return EXIT_USAGE;
	}
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
	.run = run,
};
