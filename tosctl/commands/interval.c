/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "command.h"

#include <cjson/cJSON.h>
#include <stdio.h>

static int run(const struct options *options, int n, char **arguments)
{
	cJSON *action, *sensors;
	struct session *session = NULL;
	uint32_t interval_ms;
	int r;

	(void)n;
	if (options_duration(arguments[0], &interval_ms) < 0) {
		fprintf(stderr,
			"tosctl: interval takes a time such as 500ms, 2s or 1min, not \"%s\"\n",
			arguments[0]);
		return EXIT_USAGE;
	}
	r = session_open(options, &session);
	if (r < 0) {
		action = cJSON_CreateObject();
		sensors = cJSON_AddObjectToObject(action, "sensors");
		cJSON_AddNumberToObject(sensors, "interval", interval_ms);
		r = ask_action(session, options, action);
	}
	session_close(session);
	return r;
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
