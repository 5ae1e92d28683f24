/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "decimal.h"
#include "payload.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* cJSON_PrintPreallocated() asks for some bytes more than it writes in the end. */
enum { CJSON_SLACK_BYTES = 5 };

/* As wide as a time from 2001 to 2286, so that one can be put in its place. */
#define UNKNOWN_TIME "null         "

static void json_free(cJSON **json)
{
	cJSON_Delete(*json);
}

#define AUTO_JSON __attribute__((cleanup(json_free))) cJSON *

/*
 * cJSON says with NULL that there was no memory, and takes NULL for an object. So a document may be
 * built without a look at each step, as long as somebody remembers: *ok turns false and stays so.
 */
struct builder {
	bool ok;
};

/* Adds item (NULL: it could not be made) under key, which lives as long as the document. */
static void add(struct builder *builder, cJSON *object, const char *key, cJSON *item)
{
	if (item && cJSON_AddItemToObjectCS(object, key, item))
		return;
	cJSON_Delete(item);
	builder->ok = false;
}

/* Under a key of the moment, which is copied. */
static cJSON *add_object_copy(struct builder *builder, cJSON *object, const char *key)
{
	cJSON *item = cJSON_AddObjectToObject(object, key);

	if (!item)
		builder->ok = false;
	return item;
}

static cJSON *add_object(struct builder *builder, cJSON *object, const char *key)
{
	cJSON *item = cJSON_CreateObject();

	add(builder, object, key, item);
	return builder->ok ? item : NULL;
}

/* cJSON would print 10^15 as 1e+15. */
static void add_integer(struct builder *builder, cJSON *object, const char *key, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	add(builder, object, key, cJSON_CreateRaw(text));
}

static void add_count(struct builder *builder, cJSON *object, const char *key, uint64_t value)
{
	add_integer(builder, object, key, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static void add_text(struct builder *builder, cJSON *object, const char *key, const char *text)
{
	add(builder, object, key, cJSON_CreateString(text));
}

static void add_bool(struct builder *builder, cJSON *object, const char *key, bool value)
{
	add(builder, object, key, cJSON_CreateBool(value));
}

static void add_value(
	struct builder *builder, cJSON *object, const struct config_sensor *sensor, double value)
{
	char text[DECIMAL_BYTES];

	if (payload_format_value(sensor, value, text, sizeof(text)) < 0)
		add(builder, object, sensor->name, cJSON_CreateNull());
	else
		add(builder, object, sensor->name, cJSON_CreateRaw(text));
}

static int print(const struct builder *builder, cJSON *json, char *out, size_t out_bytes)
{
	if (!builder->ok)
		return -ENOMEM;
	if (out_bytes <= CJSON_SLACK_BYTES || out_bytes > INT_MAX ||
		!cJSON_PrintPreallocated(json, out, (int)out_bytes, false))
		return -ENOBUFS;
	return (int)strlen(out);
}

int payload_format_value(
	const struct config_sensor *sensor, double value, char *out, size_t out_bytes)
{
	return decimal_format(value, sensor->decimals, out, out_bytes);
}

bool payload_set_time(void *payload, size_t size, uint64_t wall_ms)
{
	static const char END[] = "\"ts\":" UNKNOWN_TIME "}";
	const size_t end_size = sizeof(END) - 1;
	char text[2 * sizeof(END)];
	uint8_t *bytes = payload;

	if (size < end_size || memcmp(bytes + size - end_size, END, end_size) != 0 ||
		(size_t)snprintf(text, sizeof(text), "\"ts\":%" PRIu64 "}", wall_ms) != end_size)
		return false;
	memcpy(bytes + size - end_size, text, end_size);
	return true;
}

int payload_format_reading(
	const struct config *config, const struct reading *reading, char *out, size_t out_bytes)
{
	AUTO_JSON json = cJSON_CreateObject();
	struct builder builder = {json != NULL};

	for (size_t i = 0; i < reading->n_values; i++)
		add_value(&builder, json, &config->sensors[i], reading->values[i]);
	if (config->mqtt.timestamp && clock_is_set(reading->taken_ms))
		add_count(&builder, json, "ts", reading->taken_ms);
	else if (config->mqtt.timestamp)
		builder.ok = builder.ok && cJSON_AddRawToObject(json, "ts", UNKNOWN_TIME);
	return print(&builder, json, out, out_bytes);
}

static void add_leds(struct builder *builder, cJSON *json, const struct config *config,
	const struct payload_action *action)
{
	cJSON *leds;

	if (action->n_leds == 0)
		return;
	leds = add_object(builder, json, "led");
	for (size_t i = 0; i < action->n_leds && builder->ok; i++) {
		const struct payload_led *led = &action->leds[i];
		char index[24];
		cJSON *item;

		(void)snprintf(index, sizeof(index), "%zu", led->index);
		item = add_object_copy(
			builder, leds, led->by_name ? config->leds[led->index].name : index);
		if (led->has_on)
			add_bool(builder, item, "on", led->on);
		if (led->bright)
			add_integer(builder, item, "bright", led->bright);
	}
}

static const char *direction_name(enum motor_direction direction)
{
	switch (direction) {
	case MOTOR_FORWARD:
		return "forward";
	case MOTOR_BACKWARD:
		return "backward";
	case MOTOR_STOP:
	default:
		return "stop";
	}
}

static void add_motors(struct builder *builder, cJSON *json, const struct config *config,
	const struct payload_action *action)
{
	cJSON *motors;

	if (action->n_motors == 0)
		return;
	motors = add_object(builder, json, "motor");
	for (size_t i = 0; i < action->n_motors && builder->ok; i++) {
		const struct payload_motor *motor = &action->motors[i];
		bool by_name = motor->called == PAYLOAD_MOTOR_BY_NAME;
		cJSON *item = motors;
		char index[24];

		(void)snprintf(index, sizeof(index), "%zu", motor->index);
		if (motor->called != PAYLOAD_MOTOR_PLAIN)
			item = add_object_copy(builder, motors,
				by_name ? config->motors[motor->index].name : index);
		if (motor->has_direction)
			add_text(builder, item, "direction", direction_name(motor->direction));
		if (motor->speed)
			add_integer(builder, item, "speed", motor->speed);
	}
}

static void add_action(struct builder *builder, cJSON *json, const struct config *config,
	const struct payload_action *action)
{
	add_leds(builder, json, config, action);
	add_motors(builder, json, config, action);
	if (action->interval_ms)
		add_integer(builder, add_object(builder, json, "sensors"), "interval",
			action->interval_ms);
}

static void add_error(struct builder *builder, cJSON *list, const char *path, const char *reason)
{
	cJSON *item = cJSON_CreateObject();

	add_text(builder, item, "path", path);
	add_text(builder, item, "reason", reason);
	if (!cJSON_AddItemToArray(list, item)) {
		cJSON_Delete(item);
		builder->ok = false;
	}
}

static void add_errors(struct builder *builder, cJSON *json, const struct payload_errors *errors)
{
	cJSON *list = cJSON_CreateArray();
	size_t kept = errors->count < PAYLOAD_ERRORS_MAX ? errors->count : PAYLOAD_ERRORS_MAX;
	char more[48];

	add(builder, json, "errors", list);
	for (size_t i = 0; i < kept && builder->ok; i++)
		add_error(builder, list, errors->items[i].path, errors->items[i].reason);
	if (errors->count > kept && builder->ok) {
		(void)snprintf(more, sizeof(more), "and %zu more mistakes", errors->count - kept);
		add_error(builder, list, "", more);
	}
}

static void add_id(struct builder *builder, cJSON *json, const struct payload_id *id)
{
	if (id->kind == PAYLOAD_ID_STRING)
		add_text(builder, json, "id", id->string);
	else if (id->kind == PAYLOAD_ID_INTEGER)
		add_integer(builder, json, "id", id->integer);
}

int payload_format_answer(const struct config *config, const struct payload_action *applied,
	const struct payload_errors *errors, char *out, size_t out_bytes)
{
	AUTO_JSON json = cJSON_CreateObject();
	struct builder builder = {json != NULL};
	bool failed = errors && errors->count > 0;

	add_bool(&builder, json, "ok", !failed);
	if (applied)
		add_id(&builder, json, &applied->id);
	if (failed)
		add_errors(&builder, json, errors);
	if (applied && (applied->n_leds || applied->n_motors || applied->interval_ms))
		add_action(&builder, add_object(&builder, json, "applied"), config, applied);
	return print(&builder, json, out, out_bytes);
}

int payload_format_state(const struct config *config, const struct payload_action *state, char *out,
	size_t out_bytes)
{
	AUTO_JSON json = cJSON_CreateObject();
	struct builder builder = {json != NULL};

	add_action(&builder, json, config, state);
	return print(&builder, json, out, out_bytes);
}

/* "temp": {"ok":true}, or why not and since when. */
static void add_part(struct builder *builder, cJSON *parts, const char *key,
	const struct payload_part_health *part)
{
	cJSON *item = add_object_copy(builder, parts, key);

	add_bool(builder, item, "ok", part->ok);
	if (part->ok)
		return;
	add_text(builder, item, "error", part->error);
	add_count(builder, item, "since", part->since_ms);
}

/* kind: "led", "motor". The parts are keyed as an answer's paths are: "led.0". */
static void add_actuators(struct builder *builder, cJSON *actuators, const char *kind,
	const struct payload_part_health *parts, size_t n_parts)
{
	for (size_t i = 0; i < n_parts && builder->ok; i++) {
		char key[32];

		(void)snprintf(key, sizeof(key), "%s.%zu", kind, i);
		add_part(builder, actuators, key, &parts[i]);
	}
}

static void add_counts(struct builder *builder, cJSON *json, const struct payload_health *health)
{
	add_count(builder, json, "uptime_s", health->uptime_s);
	add_count(builder, json, "interval_ms", health->interval_ms);
	add_count(builder, json, "readings", health->readings);
	add_count(builder, json, "missed", health->missed);
	add_count(builder, json, "queued", health->queued);
	add_count(builder, json, "dropped", health->dropped);
	add_count(builder, json, "reconnects", health->reconnects);
	add_count(builder, json, "rejected", health->rejected);
	add_count(builder, json, "packed_skipped", health->packed_skipped);
}

int payload_format_health(const struct config *config, const struct payload_health *health,
	char *out, size_t out_bytes)
{
	AUTO_JSON json = cJSON_CreateObject();
	struct builder builder = {json != NULL};
	cJSON *sensors, *actuators;

	add_text(&builder, json, "version", health->version);
	add_counts(&builder, json, health);
	sensors = add_object(&builder, json, "sensors");
	for (size_t i = 0; i < config->n_sensors && builder.ok; i++)
		add_part(&builder, sensors, config->sensors[i].name, &health->sensors[i]);
	if (config->n_leds + config->n_motors > 0) {
		actuators = add_object(&builder, json, "actuators");
		add_actuators(&builder, actuators, "led", health->leds, config->n_leds);
		add_actuators(&builder, actuators, "motor", health->motors, config->n_motors);
	}
	add_count(&builder, json, "rss_kb", health->rss_kb);
	add_count(&builder, json, "cpu_ms", health->cpu_ms);
	return print(&builder, json, out, out_bytes);
}
