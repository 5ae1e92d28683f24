/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "clock.h"
#include "command.h"
#include "text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is shown, and the topics that it comes on. */
enum part { HEALTH, STATE, READING, PARTS };
static const char *const TOPICS[PARTS] = {"health", "state", "sensors"};

enum {
	LABEL_COLUMNS = 10,
	NAME_COLUMNS = 16,
	VALUE_COLUMNS = 14,
	RETAINED_US = 500000, /* what is retained comes at once */
};

struct status {
	cJSON *about;
	cJSON *parts[PARTS];
	uint64_t taken_us; /* when the reading came */
};

static const char *text_of(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "";
}

static double number_of(const cJSON *object, const char *key)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

/* A reading comes with the interval. Where that is longer than an answer may take, none is waited
 * for. */
static uint64_t until(const struct options *options, const struct status *status, uint64_t begin_us)
{
	double interval_ms = number_of(status->parts[HEALTH], "interval_ms");
	bool is_slow = status->parts[HEALTH] && interval_ms * 1000 > (double)options->wait_us;

	return begin_us +
		(is_slow && RETAINED_US < options->wait_us ? RETAINED_US : options->wait_us);
}

static bool is_complete(const struct status *status)
{
	const cJSON *sensors = cJSON_GetObjectItemCaseSensitive(status->parts[HEALTH], "sensors");
	bool needs_reading = !sensors || sensors->child;

	return status->parts[HEALTH] && status->parts[STATE] &&
		(status->parts[READING] || !needs_reading);
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
		if (r == 0)
			return -1;
		name = session_name(session, inbound.topic);
		for (int i = 0; name && i < PARTS; i++) {
			if (strcmp(name, TOPICS[i]) != 0)
				continue;
			cJSON_Delete(status->parts[i]);
			status->parts[i] =
				cJSON_ParseWithLength((const char *)inbound.payload, inbound.size);
			if (i == READING)
				status->taken_us = clock_now_us();
		}
		mqtt_inbound_free(&inbound);
	}
	return -1;
}

static void begin_row(const char *label)
{
	text_color(stdout, TEXT_DIM);
	printf("%-*s", LABEL_COLUMNS, label);
	text_color(stdout, TEXT_PLAIN);
}

static void print_text(const char *text)
{
	text_print(stdout, text, strlen(text));
}

/* What is well is not shown. */
static void show_warnings(const cJSON *health)
{
	if (*text_of(health, "conflict")) {
		begin_row("conflict");
		text_color(stdout, TEXT_RED);
		print_text(text_of(health, "conflict"));
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

static void show_gateway(const struct status *status)
{
	const cJSON *health = status->parts[HEALTH], *reduced, *item;

	begin_row("gateway");
	text_color(stdout, TEXT_GREEN);
	fputs("online", stdout);
	text_color(stdout, TEXT_PLAIN);
	if (*text_of(health, "version")) {
		fputs(", version ", stdout);
		print_text(text_of(health, "version"));
		if (number_of(health, "uptime_s") >= 1) {
			fputs(", up for ", stdout);
			text_print_duration(stdout, (uint64_t)number_of(health, "uptime_s") * 1000);
		}
	}
	putchar('\n');
	if (*text_of(status->about, "board")) {
		begin_row("board");
		print_text(text_of(status->about, "board"));
		putchar('\n');
	}
	begin_row("broker");
	print_text(text_of(health, "broker"));
	reduced = cJSON_GetObjectItemCaseSensitive(health, "reduced");
	cJSON_ArrayForEach(item, reduced) {
		fputs(item == reduced->child ? ", without " : ", ", stdout);
		print_text(cJSON_IsString(item) ? item->valuestring : "");
	}
	putchar('\n');
	begin_row("interval");
	text_print_duration(stdout, (uint64_t)number_of(health, "interval_ms"));
	printf("\n");
	begin_row("readings");
	printf("%.0f, missed %.0f, waiting %.0f, lost %.0f\n", number_of(health, "readings"),
		number_of(health, "missed"), number_of(health, "queued"),
		number_of(health, "dropped"));
	show_warnings(health);
}

/* What is wrong with a part, and since when; nothing where it is well. */
static void show_fault(const cJSON *part)
{
	double since_ms = number_of(part, "since"), now_ms = (double)clock_wall_ms();

	if (!part || !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(part, "ok")))
		return;
	fputs("  ", stdout);
	text_color(stdout, TEXT_RED);
	print_text(text_of(part, "error"));
	text_color(stdout, TEXT_PLAIN);
	if (since_ms > 0 && now_ms > since_ms) {
		fputs(", for ", stdout);
		text_print_duration(stdout, (uint64_t)(now_ms - since_ms));
	}
}

static void show_disk(const struct status *status)
{
	const cJSON *disk = cJSON_GetObjectItemCaseSensitive(status->parts[HEALTH], "disk");

	if (!disk)
		return;
	begin_row("disk");
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(disk, "ok")))
		printf("%.0f readings wait there", number_of(disk, "rows"));
	show_fault(disk);
	putchar('\n');
}

static void show_value(const struct status *status, const char *name)
{
	const cJSON *sensors = cJSON_GetObjectItemCaseSensitive(status->about, "sensors");
	const cJSON *sensor = cJSON_GetObjectItemCaseSensitive(sensors, name);
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(status->parts[READING], name);
	const char *unit = text_of(sensor, "unit"), *label = text_of(sensor, "label");
	char text[128];

	if (cJSON_IsNumber(value))
		(void)snprintf(text, sizeof(text), "%.*f%s%s",
			sensor ? (int)number_of(sensor, "decimals") : 3, value->valuedouble,
			*unit ? " " : "", unit);
	else
		(void)snprintf(text, sizeof(text), "-");
	text_pad(stdout, text, VALUE_COLUMNS);
	putchar(' ');
	if (cJSON_IsNumber(value)) {
		text_print_duration(stdout, (clock_now_us() - status->taken_us) / 1000);
		fputs(" ago", stdout);
	}
	if (*label)
		fputs("  ", stdout);
	print_text(label);
}

static void show_sensors(const struct status *status)
{
	const cJSON *sensors = cJSON_GetObjectItemCaseSensitive(status->parts[HEALTH], "sensors");
	const cJSON *sensor;

	if (sensors && sensors->child)
		putchar('\n');
	cJSON_ArrayForEach(sensor, sensors) {
		text_pad(stdout, sensor->string, NAME_COLUMNS);
		putchar(' ');
		show_value(status, sensor->string);
		show_fault(sensor);
		putchar('\n');
	}
}

static void show_output(
	const struct status *status, const char *kind, const cJSON *output, int index)
{
	const cJSON *faults = cJSON_GetObjectItemCaseSensitive(status->parts[HEALTH], "actuators");
	const cJSON *values;
	char path[96], title[192];

	(void)snprintf(path, sizeof(path), "%.64s.%d", kind, index);
	(void)snprintf(title, sizeof(title), "%.64s %.64s", kind, text_of(output, "name"));
	values = ask_output(status->parts[STATE], kind, index, text_of(output, "name"));
	text_pad(
		stdout, title, text_width(title) > NAME_COLUMNS ? text_width(title) : NAME_COLUMNS);
	putchar(' ');
	ask_print_values(stdout, values);
	show_fault(cJSON_GetObjectItemCaseSensitive(faults, path));
	putchar('\n');
}

static void show_outputs(const struct status *status)
{
	const cJSON *kinds = cJSON_GetObjectItemCaseSensitive(status->about, "outputs");
	const cJSON *kind, *output;

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
	for (int i = 0; i < PARTS; i++) {
		if (status->parts[i])
			cJSON_AddItemToObject(all, NAMES[i], status->parts[i]);
		status->parts[i] = NULL;
	}
	if (status->about)
		cJSON_AddItemToObject(all, "about", status->about);
	status->about = NULL;
	text = cJSON_Print(all);
	puts(text ? text : "");
	cJSON_free(text);
	cJSON_Delete(all);
}

static int run(const struct options *options, int n, char **arguments)
{
	struct status status = {0};
	struct session *session = NULL;
	int r = session_open(options, &session);

	(void)n;
	(void)arguments;
	if (r < 0)
		r = session_learn(session, &status.about);
	if (r < 0)
		r = gather(session, options, &status);
	if (r < 0) {
		if (options->json) {
			show_json(&status);
		} else {
			show_gateway(&status);
			show_disk(&status);
			show_sensors(&status);
			show_outputs(&status);
		}
		r = EXIT_OK;
	}
	for (int i = 0; i < PARTS; i++)
		cJSON_Delete(status.parts[i]);
	cJSON_Delete(status.about);
	session_close(session);
	return r;
}

extern const struct command command_status;

const struct command command_status = {
	.name = "status",
	.arguments = "",
	.help = "what runs, and how it is",
	.run = run,
};
