/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "command.h"
#include "near.h"
#include "session.h"
#include "sparkline.h"
#include "text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	NAME_COLUMNS = 16,
	VALUE_COLUMNS = 14,
	OTHER_LINES = 2,  /* above the sensors */
	LOOK_US = 250000, /* for another size of the terminal */
};

/* A screen of its own, without a cursor; and back. */
static const char BEGIN[] = "\033[?1049h\033[?25l", END[] = "\033[?25h\033[?1049l";

struct watched {
	char name[64];
	char value[128]; /* with its unit */
	struct sparkline sparkline;
};

struct watch {
	const struct cJSON *about;
	int n_names;
	char **names; /* the user's; none: all */
	bool is_online;
	size_t n;
	struct watched sensors[CONFIG_SENSORS_MAX];
	struct winsize size;
};

static bool is_wanted(const struct watch *watch, const char *name)
{
	for (int i = 0; i < watch->n_names; i++)
		if (strcmp(watch->names[i], name) == 0)
			return true;
	return watch->n_names == 0;
}

/* NULL: there is no room. */
static struct watched *find(struct watch *watch, const char *name)
{
	struct watched *added;

	for (size_t i = 0; i < watch->n; i++)
		if (strcmp(watch->sensors[i].name, name) == 0)
			return &watch->sensors[i];
	if (watch->n == CONFIG_SENSORS_MAX)
		return NULL;
	added = &watch->sensors[watch->n++];
	(void)snprintf(added->name, sizeof(added->name), "%s", name);
	return added;
}

static void take_value(struct watch *watch, const cJSON *value)
{
	const cJSON *sensors = cJSON_GetObjectItemCaseSensitive(watch->about, "sensors");
	const cJSON *sensor = cJSON_GetObjectItemCaseSensitive(sensors, value->string);
	const char *unit = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(sensor, "unit"));
	const cJSON *decimals = cJSON_GetObjectItemCaseSensitive(sensor, "decimals");
	bool is_number = cJSON_IsNumber(value);
	struct watched *watched = find(watch, value->string);

	if (!watched)
		return;
	sparkline_add(&watched->sparkline, is_number ? value->valuedouble : (double)NAN);
	if (is_number)
		(void)snprintf(watched->value, sizeof(watched->value), "%.*f%s%s",
			decimals ? decimals->valueint : 3, value->valuedouble, unit ? " " : "",
			unit ? unit : "");
	else
		(void)snprintf(watched->value, sizeof(watched->value), "-");
}

static void take(struct watch *watch, const char *name, const struct mqtt_inbound *inbound)
{
	cJSON *reading, *value;

	if (strcmp(name, "status") == 0)
		watch->is_online = inbound->size == 6 && memcmp(inbound->payload, "online", 6) == 0;
	if (strcmp(name, "sensors") != 0)
		return;
	reading = cJSON_ParseWithLength((const char *)inbound->payload, inbound->size);
	cJSON_ArrayForEach(value, reading) {
		if (value->string && strcmp(value->string, "ts") != 0 &&
			is_wanted(watch, value->string))
			take_value(watch, value);
	}
	cJSON_Delete(reading);
}

static void draw_line(const struct watched *sensor, int columns)
{
	int name = columns < NAME_COLUMNS ? columns : NAME_COLUMNS;

	text_pad(stdout, sensor->name, name);
	columns -= name + 1;
	if (columns > 0) {
		int value = columns < VALUE_COLUMNS ? columns : VALUE_COLUMNS;

		putchar(' ');
		text_pad(stdout, sensor->value, value);
		columns -= value + 1;
	}
	if (columns > 0) {
		putchar(' ');
		text_color(stdout, TEXT_GREEN);
		sparkline_print(&sensor->sparkline, columns, text_is_utf8(), stdout);
		text_color(stdout, TEXT_PLAIN);
	}
	fputs("\033[K", stdout);
}

static void draw_title(const struct watch *watch, const struct options *options, size_t hidden)
{
	char title[512];
	int used;

	used = snprintf(title, sizeof(title), "%.200s: %s", options->mqtt.topic,
		watch->is_online ? "online" : "OFFLINE");
	if (hidden > 0 && used > 0)
		(void)snprintf(title + used, sizeof(title) - (size_t)used,
			", %zu more (tosctl watch NAME...)", hidden);
	text_color(stdout, watch->is_online ? TEXT_BOLD : TEXT_RED);
	text_pad(stdout, title, watch->size.ws_col);
	text_color(stdout, TEXT_PLAIN);
	fputs("\r\n\033[K", stdout);
}

static void draw(const struct watch *watch, const struct options *options)
{
	size_t room = watch->size.ws_row > OTHER_LINES ? watch->size.ws_row - OTHER_LINES : 0;
	size_t shown = watch->n < room ? watch->n : room;

	fputs("\033[H", stdout);
	draw_title(watch, options, watch->n - shown);
	for (size_t i = 0; i < shown; i++) {
		fputs("\r\n", stdout);
		draw_line(&watch->sensors[i], watch->size.ws_col);
	}
	fputs("\033[J", stdout);
	(void)fflush(stdout);
}

/* Returns true if it is another size than before. */
static bool look_at_size(struct watch *watch)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	bool is_other;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	is_other = size.ws_row != watch->size.ws_row || size.ws_col != watch->size.ws_col;
	watch->size = size;
	return is_other;
}

static int show(struct session *session, struct watch *watch, const struct options *options)
{
	unsigned long shown = 0;

	for (;;) {
		struct mqtt_inbound inbound;
		int r = session_next(session, clock_now_us() + LOOK_US, &inbound);
		bool is_due = look_at_size(watch);

		if (r < 0)
			return r == -EINTR ? EXIT_OK : EXIT_OFFLINE;
		if (r == 1) {
			const char *name = session_name(session, inbound.topic);

			if (name)
				take(watch, name, &inbound);
			shown += name && strcmp(name, "sensors") == 0;
			is_due = true;
			mqtt_inbound_free(&inbound);
		}
		if (is_due)
			draw(watch, options);
		if (options->count > 0 && shown >= options->count)
			return EXIT_OK;
	}
}

/* Nobody waits for a sensor that there is not. Where the gateway does not say which there are, any
 * may come. -1, or an exit code. */
static int check_names(const cJSON *about, int n, char **names)
{
	const cJSON *sensors = cJSON_GetObjectItemCaseSensitive(about, "sensors"), *sensor;
	const char *all[CONFIG_SENSORS_MAX + 1];
	char wrong[1024] = "this gateway has no sensors";
	size_t n_all = 0;
	int at = 0;

	cJSON_ArrayForEach(sensor, sensors) {
		if (n_all < CONFIG_SENSORS_MAX)
			all[n_all++] = sensor->string;
	}
	all[n_all] = NULL;
	while (at < n && cJSON_GetObjectItemCaseSensitive(sensors, names[at]))
		at++;
	if (!cJSON_IsObject(sensors) || (n_all > 0 && at == n))
		return -1;
	if (n_all > 0) {
		(void)snprintf(wrong, sizeof(wrong), "there is no sensor \"%.64s\"", names[at]);
		near_add(wrong, sizeof(wrong), names[at], all);
	}
	fputs("tosctl: ", stderr);
	text_print(stderr, wrong, strlen(wrong));
	fputc('\n', stderr);
	return EXIT_NO_DEVICE;
}

static void leave_screen(void)
{
	fputs(END, stdout);
	(void)fflush(stdout);
}

static int run(const struct options *options, int n, char **arguments)
{
	static const char *const NAMES[] = {"sensors"};
	struct watch *watch = calloc(1, sizeof(*watch));
	struct session *session = NULL;
	int r;

	if (!watch || !isatty(STDOUT_FILENO)) {
		fputs("tosctl: watch needs a terminal; tosctl log goes into a pipe\n", stderr);
		free(watch);
		return EXIT_USAGE;
	}
	r = session_meet(options, &session);
	if (r < 0)
		r = check_names(session_about(session), n, arguments);
	if (r < 0)
		r = session_subscribe(session, NAMES, 1, true);
	if (r < 0) {
		watch->about = session_about(session);
		watch->n_names = n;
		watch->names = arguments;
		watch->is_online = true;
		session_on_lost(session, leave_screen);
		fputs(BEGIN, stdout);
		r = show(session, watch, options);
		if (r != EXIT_OFFLINE) /* then the screen was left before that was reported */
			leave_screen();
	}
	session_close(session);
	free(watch);
	return r;
}

extern const struct command command_watch;

const struct command command_watch = {
	.name = "watch",
	.arguments = "[SENSOR]...",
	.help = "the sensors live, each with a small plot",
	.n_max = CONFIG_SENSORS_MAX,
	.takes = OPTIONS_COUNT,
	.run = run,
};
