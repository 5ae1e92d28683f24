/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "clock.h"
#include "command.h"
#include "rows.h"
#include "text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The messages that are shown, and their topics. */
enum part { HEALTH, STATE, READING, PARTS };
static const char *const TOPICS[PARTS] = {"health", "state", "sensors"};

enum {
	LABEL_COLUMNS = 10,
	RETAINED_US = 500000, /* retained messages come at once */
};

struct status {
	const cJSON *about;
	cJSON *parts[PARTS];
	uint64_t taken_us; /* when the reading came */
	bool is_live;      /* something came that was sent just now */
	bool is_silent;    /* a reading was due, and nothing came */
};

/* The state follows each change; the health may be a minute old. 0: unknown. */
static double interval_ms(const struct status *status)
{
	const cJSON *sensors = cJSON_GetObjectItemCaseSensitive(status->parts[STATE], "sensors");
	double of_state = rows_number(sensors, "interval");

	return of_state > 0 ? of_state : rows_number(status->parts[HEALTH], "interval_ms");
}

/* A reading comes once an interval. If that is longer than an answer may take, no reading is
 * awaited. */
static uint64_t until(const struct options *options, const struct status *status, uint64_t begin_us)
{
	bool is_slow = interval_ms(status) * 1000 > (double)options->wait_us;

	return begin_us +
		(is_slow && RETAINED_US < options->wait_us ? RETAINED_US : options->wait_us);
}

static bool has_sensors(const struct status *status)
{
	const cJSON *sensors = cJSON_GetObjectItemCaseSensitive(status->parts[HEALTH], "sensors");

	return !sensors || sensors->child;
}

static bool is_complete(const struct status *status)
{
	return status->parts[HEALTH] && status->parts[STATE] &&
		(status->parts[READING] || !has_sensors(status));
}

/* A broker that never learned of the end of a gateway keeps "online" and all other retained
 * messages. Half an interval is for the time that a reading takes. */
static bool is_reading_due(const struct options *options, const struct status *status)
{
	return has_sensors(status) && interval_ms(status) * 1500 <= (double)options->wait_us;
}

/* -1, or an exit code. */
static int take(struct status *status, const char *name, const struct mqtt_inbound *inbound)
{
	if (strcmp(name, "status") == 0 &&
		(inbound->size != 6 || memcmp(inbound->payload, "online", 6) != 0)) {
		fprintf(stderr, "tosctl: the gateway is offline\n");
		return EXIT_OFFLINE;
	}
	for (int i = 0; i < PARTS; i++) {
		/* A retained reading says nothing about now. */
		if (strcmp(name, TOPICS[i]) != 0 || (i == READING && inbound->retained))
			continue;
		cJSON_Delete(status->parts[i]);
		status->parts[i] =
			cJSON_ParseWithLength((const char *)inbound->payload, inbound->size);
		status->is_live = status->is_live || !inbound->retained;
		if (i == READING)
			status->taken_us = clock_now_us();
	}
	return -1;
}

static int gather(struct session *session, const struct options *options, struct status *status)
{
	uint64_t begin_us = clock_now_us();
	int r = session_subscribe(session, TOPICS, PARTS, true);

	if (r >= 0)
		return r;
	while (!is_complete(status)) {
		struct mqtt_inbound inbound;
		const char *name;

		r = session_next(session, until(options, status, begin_us), &inbound);
		if (r < 0)
			return r == -EINTR ? EXIT_REFUSED : EXIT_OFFLINE;
		if (r == 0) {
			status->is_silent = !status->is_live && is_reading_due(options, status);
			return -1;
		}
		name = session_name(session, inbound.topic);
		r = name ? take(status, name, &inbound) : -1;
		mqtt_inbound_free(&inbound);
		if (r >= 0)
			return r;
	}
	return -1;
}

static void begin_row(const char *label)
{
	text_color(stdout, TEXT_DIM);
	printf("%-*s", LABEL_COLUMNS, label);
	text_color(stdout, TEXT_PLAIN);
}

/* Parts that work are not shown. */
static void show_warnings(const cJSON *health)
{
	if (*rows_text(health, "conflict")) {
		begin_row("conflict");
		text_color(stdout, TEXT_RED);
		rows_print(rows_text(health, "conflict"));
		text_color(stdout, TEXT_PLAIN);
		putchar('\n');
	}
	if (cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(health, "clock_set"))) {
		begin_row("clock");
		text_color(stdout, TEXT_YELLOW);
		puts("not set");
		text_color(stdout, TEXT_PLAIN);
	}
}

static void show_gateway(const struct options *options, const struct status *status)
{
	const cJSON *health = status->parts[HEALTH], *reduced, *item;

	begin_row("gateway");
	text_color(stdout, status->is_silent ? TEXT_YELLOW : TEXT_GREEN);
	fputs(status->is_silent ? "silent" : "online", stdout);
	text_color(stdout, TEXT_PLAIN);
	if (*rows_text(health, "version")) {
		fputs(", version ", stdout);
		rows_print(rows_text(health, "version"));
		if (rows_number(health, "uptime_s") >= 1) {
			fputs(", up for ", stdout);
			text_print_duration(
				stdout, (uint64_t)rows_number(health, "uptime_s") * 1000);
		}
	}
	putchar('\n');
	if (*rows_text(status->about, "board")) {
		begin_row("board");
		rows_print(rows_text(status->about, "board"));
		putchar('\n');
	}
	if (status->is_silent) {
		begin_row("");
		printf("the broker says online, but nothing came within %.3g s;%s\n",
			(double)options->wait_us / 1e6,
			health ? " this is old:" : " nothing is known of it");
	}
	if (!health)
		return;
	begin_row("broker");
	rows_print(rows_text(health, "broker"));
	reduced = cJSON_GetObjectItemCaseSensitive(health, "reduced");
	cJSON_ArrayForEach(item, reduced) {
		fputs(item == reduced->child ? ", without " : ", ", stdout);
		rows_print(cJSON_IsString(item) ? item->valuestring : "");
	}
	putchar('\n');
	begin_row("interval");
	text_print_duration(stdout, (uint64_t)interval_ms(status));
	printf("\n");
	begin_row("readings");
	printf("%.0f, missed %.0f, waiting %.0f, lost %.0f\n", rows_number(health, "readings"),
		rows_number(health, "missed"), rows_number(health, "queued"),
		rows_number(health, "dropped"));
	show_warnings(health);
}

static void show_disk(const struct status *status)
{
	const cJSON *disk = cJSON_GetObjectItemCaseSensitive(status->parts[HEALTH], "disk");

	if (!disk)
		return;
	begin_row("disk");
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(disk, "ok")))
		printf("%.0f readings wait there", rows_number(disk, "rows"));
	rows_fault(disk);
	putchar('\n');
}

static void show_output(
	const struct status *status, const char *kind, const cJSON *output, int index)
{
	const cJSON *faults = cJSON_GetObjectItemCaseSensitive(status->parts[HEALTH], "actuators");
	const cJSON *values;
	char path[96], title[192];

	(void)snprintf(path, sizeof(path), "%.64s.%d", kind, index);
	(void)snprintf(title, sizeof(title), "%.64s %.64s", kind, rows_text(output, "name"));
	values = ask_output(status->parts[STATE], kind, index, rows_text(output, "name"));
	text_pad(stdout, title,
		text_width(title) > ROWS_NAME_COLUMNS ? text_width(title) : ROWS_NAME_COLUMNS);
	putchar(' ');
	ask_print_values(stdout, values);
	rows_fault(cJSON_GetObjectItemCaseSensitive(faults, path));
	putchar('\n');
}

static void show_outputs(const struct status *status)
{
	const cJSON *kinds = cJSON_GetObjectItemCaseSensitive(status->about, "outputs");
	const cJSON *kind, *output;

	if (!status->about) {
		putchar('\n');
		begin_row("outputs");
		puts("unknown: nothing came on about; may this user read it (-u)?");
	}
	if (kinds && kinds->child)
		putchar('\n');
	cJSON_ArrayForEach(kind, kinds) {
		int index = 0;

		cJSON_ArrayForEach(output, kind)
			show_output(status, kind->string, output, index++);
	}
}

static void show_json(struct status *status)
{
	static const char *const NAMES[PARTS] = {"health", "state", "reading"};
	cJSON *all = cJSON_CreateObject();
	char *text;

	cJSON_AddStringToObject(all, "status", "online");
	cJSON_AddBoolToObject(all, "silent", status->is_silent);
	for (int i = 0; i < PARTS; i++) {
		if (status->parts[i])
			cJSON_AddItemToObject(all, NAMES[i], status->parts[i]);
		status->parts[i] = NULL;
	}
	if (status->about)
		cJSON_AddItemToObject(all, "about", cJSON_Duplicate(status->about, true));
	text = cJSON_Print(all);
	puts(text ? text : "");
	cJSON_free(text);
	cJSON_Delete(all);
}

static int run(const struct options *options, int n, char **arguments)
{
	struct status status = {0};
	struct session *session = NULL;
	int r = session_meet(options, &session);

	(void)n;
	(void)arguments;
	if (r < 0) {
		status.about = session_about(session);
		r = gather(session, options, &status);
	}
	if (r < 0) {
		if (options->json) {
			show_json(&status);
		} else {
			show_gateway(options, &status);
			show_disk(&status);
			if (status.parts[HEALTH] && has_sensors(&status))
				putchar('\n');
			rows_sensors(status.about, status.parts[HEALTH], status.parts[READING],
				status.taken_us);
			show_outputs(&status);
		}
		r = status.is_silent ? EXIT_NO_ANSWER : EXIT_OK;
	}
	for (int i = 0; i < PARTS; i++)
		cJSON_Delete(status.parts[i]);
	session_close(session);
	return r;
}

extern const struct command command_status;

const struct command command_status = {
	.name = "status",
	.arguments = "",
	.help = "what runs, and how it is",
	.takes = OPTIONS_JSON,
	.run = run,
};
