/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "clock.h"
#include "command.h"
#include "rows.h"
#include "text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The newest of each. */
struct heard {
	cJSON *health, *reading;
	uint64_t taken_us; /* when the reading came */
};

/* The reading may come before the answer. */
static void take(void *userdata, const char *name, const struct mqtt_inbound *inbound)
{
	struct heard *heard = userdata;
	bool is_reading = strcmp(name, "sensors") == 0;
	cJSON **at = is_reading ? &heard->reading : &heard->health;

	/* A retained reading is not the one that was asked for. */
	if ((!is_reading && strcmp(name, "health") != 0) || (is_reading && inbound->retained))
		return;
	cJSON_Delete(*at);
	*at = cJSON_ParseWithLength((const char *)inbound->payload, inbound->size);
	if (is_reading)
		heard->taken_us = clock_now_us();
}

static int await_reading(
	struct session *session, const struct options *options, struct heard *heard)
{
	uint64_t until_us = clock_now_us() + options->wait_us;

	while (!heard->reading) {
		struct mqtt_inbound inbound;
		const char *name;
		int r = session_next(session, until_us, &inbound);

		if (r < 0)
			return r == -EINTR ? EXIT_REFUSED : EXIT_OFFLINE;
		if (r == 0) {
			fprintf(stderr,
				"tosctl: the gateway reads, but no reading came within %.3g s; -W "
				"waits longer\n",
				(double)options->wait_us / 1e6);
			return EXIT_NO_ANSWER;
		}
		name = session_name(session, inbound.topic);
		if (name)
			take(heard, name, &inbound);
		mqtt_inbound_free(&inbound);
	}
	return EXIT_OK;
}

static int ask(struct session *session, const struct options *options, struct heard *heard)
{
	static const char *const NAMES[] = {"health", "sensors"};
	cJSON *action, *sensors;
	int r = session_subscribe(session, NAMES, 2, true);

	if (r >= 0)
		return r;
	session_on_other(session, take, heard);
	action = cJSON_CreateObject();
	sensors = cJSON_AddObjectToObject(action, "sensors");
	cJSON_AddTrueToObject(sensors, "read");
	r = ask_quietly(session, action);
	return r < 0 ? await_reading(session, options, heard) : r;
}

static void show_json(const cJSON *reading)
{
	char *text = cJSON_PrintUnformatted(reading);

	rows_print(text ? text : "");
	putchar('\n');
	cJSON_free(text);
}

static int run(const struct options *options, int n, char **arguments)
{
	struct heard heard = {0};
	struct session *session = NULL;
	int r = session_meet(options, &session);

	(void)n;
	(void)arguments;
	if (r < 0)
		r = ask(session, options, &heard);
	if (r == EXIT_OK && options->json)
		show_json(heard.reading);
	else if (r == EXIT_OK)
		rows_sensors(session_about(session), heard.health, heard.reading, heard.taken_us);
	cJSON_Delete(heard.health);
	cJSON_Delete(heard.reading);
	session_close(session);
	return r;
}

extern const struct command command_read;

const struct command command_read = {
	.name = "read",
	.arguments = "",
	.help = "one reading now, of every sensor",
	.takes = OPTIONS_JSON,
	.run = run,
};
