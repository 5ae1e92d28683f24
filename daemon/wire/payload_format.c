/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "decimal.h"
#include "json_writer.h"
#include "payload.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* As wide as a time from 2001 to 2286, so that a time can replace it. */
#define UNKNOWN_TIME "null         "

static void add_count(struct json_writer *json, const char *key, uint64_t value)
{
	json_integer(json, key, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static void add_value(struct json_writer *json, const struct config_sensor *sensor, double value)
{
	char text[DECIMAL_BYTES];

	json_raw(json, sensor->name,
		payload_format_value(sensor, value, text, sizeof(text)) < 0 ? "null" : text);
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

static void add_time(struct json_writer *json, uint64_t wall_ms)
{
	if (clock_is_set(wall_ms))
		add_count(json, "ts", wall_ms);
	else
		json_raw(json, "ts", UNKNOWN_TIME);
}

bool payload_word_is_number(const char *word)
{
	return word[strspn(word, "0123456789")] == '\0';
}

int payload_format_event(
	const char *name, const char *word, uint64_t wall_ms, char *out, size_t out_bytes)
{
	struct json_writer json;

	json_begin(&json, out, out_bytes);
	if (payload_word_is_number(word))
		json_raw(&json, name, word);
	else
		json_text(&json, name, word);
	add_time(&json, wall_ms);
	return json_finish(&json);
}

int payload_format_reading(
	const struct config *config, const struct reading *reading, char *out, size_t out_bytes)
{
	struct json_writer json;

	json_begin(&json, out, out_bytes);
	for (size_t i = 0; i < reading->n_values; i++)
		add_value(&json, &config->sensors[i], reading->values[i]);
	if (config->mqtt.timestamp)
		add_time(&json, reading->taken_ms);
	return json_finish(&json);
}

static void add_number(struct json_writer *json, const struct output_key *key, int number)
{
	char text[DECIMAL_BYTES];

	if (!key->decimals) {
		json_integer(json, key->name, number);
		return;
	}
	(void)decimal_format(
		(double)number / output_key_scale(key), key->decimals, text, sizeof(text));
	json_raw(json, key->name, text);
}

static void add_color(struct json_writer *json, const struct output_key *key, int number)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "#%06x", (unsigned)number & OUTPUT_COLOR_MAX);
	json_text(json, key->name, text);
}

void payload_add_key(struct json_writer *json, const struct output_key *key, int number)
{
	switch (key->type) {
	case OUTPUT_KEY_BOOL:
		json_bool(json, key->name, number);
		break;
	case OUTPUT_KEY_NUMBER:
		add_number(json, key, number);
		break;
	case OUTPUT_KEY_CHOICE:
		json_text(json, key->name, key->choices[number]);
		break;
	case OUTPUT_KEY_COLOR:
		add_color(json, key, number);
		break;
	}
}

static void add_values(struct json_writer *json, const struct output_kind *kind,
	const struct output_values *values)
{
	for (size_t i = 0; i < kind->n_keys; i++) {
		const struct output_key *key = &kind->keys[i];
		int number = values->numbers[i];

		if (output_values_has(values, i) && !key->is_hidden &&
			!output_key_is_redundant(key, number, values))
			payload_add_key(json, key, number);
	}
}

static void add_output(struct json_writer *json, const struct config_output *config,
	const struct payload_output *output)
{
	if (output->called == PAYLOAD_PLAIN) {
		add_values(json, config->kind, &output->values);
		return;
	}
	if (output->called == PAYLOAD_BY_INDEX)
		json_object_of(json, config->index);
	else
		json_object(json, config->name);
	add_values(json, config->kind, &output->values);
	json_object_end(json);
}

/* Outputs of one kind stand together, in the order of the kinds. */
static void add_outputs(
	struct json_writer *json, const struct config *config, const struct payload_action *action)
{
	size_t done = 0;

	for (size_t kind = 0; done < action->n_outputs && output_kind_table[kind]; kind++) {
		bool is_begun = false;

		for (size_t i = 0; i < action->n_outputs; i++) {
			const struct payload_output *output = &action->outputs[i];

			if (config->outputs[output->output].kind != output_kind_table[kind])
				continue;
			if (!is_begun)
				json_object(json, output_kind_table[kind]->word);
			is_begun = true;
			done++;
			add_output(json, &config->outputs[output->output], output);
		}
		if (is_begun)
			json_object_end(json);
	}
}

static bool has_sensors(const struct payload_action *action)
{
	return action->interval_ms || action->read || action->counter;
}

static void add_action(
	struct json_writer *json, const struct config *config, const struct payload_action *action)
{
	add_outputs(json, config, action);
	if (!has_sensors(action))
		return;
	json_object(json, "sensors");
	if (action->interval_ms)
		json_integer(json, "interval", action->interval_ms);
	if (action->read)
		json_bool(json, "read", true);
	if (action->counter) {
		json_object(json, "count");
		json_integer(json, action->counter, action->count);
		json_object_end(json);
	}
	json_object_end(json);
}

static void add_error(struct json_writer *json, const char *path, const char *reason)
{
	json_object(json, NULL);
	json_text(json, "path", path);
	json_text(json, "reason", reason);
	json_object_end(json);
}

static void add_errors(struct json_writer *json, const struct payload_errors *errors)
{
	size_t kept = errors->count < PAYLOAD_ERRORS_MAX ? errors->count : PAYLOAD_ERRORS_MAX;
	char more[48];

	json_array(json, "errors");
	for (size_t i = 0; i < kept; i++)
		add_error(json, errors->items[i].path, errors->items[i].reason);
	if (errors->count > kept) {
		(void)snprintf(more, sizeof(more), "and %zu more mistakes", errors->count - kept);
		add_error(json, "", more);
	}
	json_array_end(json);
}

static void add_id(struct json_writer *json, const struct payload_id *id)
{
	if (id->kind == PAYLOAD_ID_STRING)
		json_text(json, "id", id->string);
	else if (id->kind == PAYLOAD_ID_INTEGER)
		json_integer(json, "id", id->integer);
}

int payload_format_answer(const struct config *config, const struct payload_action *applied,
	const struct payload_errors *errors, char *out, size_t out_bytes)
{
	bool failed = errors && errors->count > 0;
	struct json_writer json;

	json_begin(&json, out, out_bytes);
	json_bool(&json, "ok", !failed);
	if (applied)
		add_id(&json, &applied->id);
	if (failed)
		add_errors(&json, errors);
	if (applied && (applied->n_outputs || has_sensors(applied))) {
		json_object(&json, "applied");
		add_action(&json, config, applied);
		json_object_end(&json);
	}
	return json_finish(&json);
}

int payload_format_state(const struct config *config, const struct payload_action *state, char *out,
	size_t out_bytes)
{
	struct json_writer json;

	json_begin(&json, out, out_bytes);
	add_action(&json, config, state);
	return json_finish(&json);
}
