/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "command.h"
#include "listen.h"
#include "text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_event(const cJSON *event)
{
	char *text = NULL;

	text_pad(stdout, event->string, 20);
	putchar(' ');
	if (cJSON_IsString(event)) {
		text_print(stdout, event->valuestring, strlen(event->valuestring));
	} else {
		text = cJSON_PrintUnformatted(event);
		fputs(text ? text : "", stdout);
	}
	cJSON_free(text);
	putchar('\n');
}

/* {"door":1,"ts":...} */
static bool show(
	const struct options *options, const char *name, const struct mqtt_inbound *inbound)
{
	cJSON *json = cJSON_ParseWithLength((const char *)inbound->payload, inbound->size);
	const cJSON *ts = cJSON_GetObjectItemCaseSensitive(json, "ts");
	bool is_event = cJSON_IsObject(json) && json->child && json->child != ts;

	(void)name;
	if (is_event && options->json) {
		text_print(stdout, (const char *)inbound->payload, inbound->size);
		putchar('\n');
	} else if (is_event) {
		listen_print_time(cJSON_IsNumber(ts) ? (uint64_t)ts->valuedouble : clock_wall_ms());
		print_event(json->child);
	}
	cJSON_Delete(json);
	return is_event;
}

static int run(const struct options *options, int n, char **arguments)
{
	static const char *const NAMES[] = {"events", "events/backlog"};

	(void)n;
	(void)arguments;
	return listen_to(options, NAMES, 2, show);
}

extern const struct command command_events;

const struct command command_events = {
	.name = "events",
	.arguments = "",
	.help = "what happens at the inputs, as it happens",
	.takes = OPTIONS_JSON | OPTIONS_COUNT,
	.run = run,
};
