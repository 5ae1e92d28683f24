/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include "clock.h"
#include "text.h"
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_COLUMNS = 14 };

const char *rows_text(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "";
}

double rows_number(const cJSON *object, const char *key)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

void rows_print(const char *text)
{
	text_print(stdout, text, strlen(text));
}

void rows_fault(const cJSON *part)
{
	double since_ms = rows_number(part, "since"), now_ms = (double)clock_wall_ms();

	if (!part || !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(part, "ok")))
		return;
	fputs("  ", stdout);
	text_color(stdout, TEXT_RED);
	rows_print(rows_text(part, "error"));
	text_color(stdout, TEXT_PLAIN);
	if (since_ms > 0 && now_ms > since_ms) {
		fputs(", for ", stdout);
		text_print_duration(stdout, (uint64_t)(now_ms - since_ms));
	}
}

static void show_value(
	const cJSON *about, const cJSON *reading, uint64_t taken_us, const char *name)
{
	const cJSON *sensors = cJSON_GetObjectItemCaseSensitive(about, "sensors");
	const cJSON *sensor = cJSON_GetObjectItemCaseSensitive(sensors, name);
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(reading, name);
	const char *unit = rows_text(sensor, "unit"), *label = rows_text(sensor, "label");
	char text[128];

	if (cJSON_IsNumber(value))
		(void)snprintf(text, sizeof(text), "%.*f%s%s",
			sensor ? (int)rows_number(sensor, "decimals") : 3, value->valuedouble,
			*unit ? " " : "", unit);
	else
		(void)snprintf(text, sizeof(text), "-");
	text_pad(stdout, text, VALUE_COLUMNS);
	putchar(' ');
	if (cJSON_IsNumber(value)) {
		text_print_duration(stdout, (clock_now_us() - taken_us) / 1000);
		fputs(" ago", stdout);
	}
	if (*label)
		fputs("  ", stdout);
	rows_print(label);
}

void rows_sensors(const cJSON *about, const cJSON *health, const cJSON *reading, uint64_t taken_us)
{
	const cJSON *sensors = cJSON_GetObjectItemCaseSensitive(health, "sensors");
	const cJSON *rows = sensors ? sensors : reading, *sensor;

	cJSON_ArrayForEach(sensor, rows) {
		if (!sensors && strcmp(sensor->string, "ts") == 0)
			continue;
		text_pad(stdout, sensor->string, ROWS_NAME_COLUMNS);
		putchar(' ');
		show_value(about, reading, taken_us, sensor->string);
		rows_fault(sensors ? sensor : NULL);
		putchar('\n');
	}
}
