/* SPDX-License-Identifier: MIT */
/*
 * ROOT/about: everything that a client must know to show this gateway, from the tables of drivers
 * and of kinds of outputs. Nothing here depends on which parts and kinds there are.
 */
#include "decimal.h"
#include "json_writer.h"
#include "payload.h"
#include <errno.h>
#include <math.h>
#include <string.h>

enum { SCHEMA = 1 }; /* to be changed if today's clients would misunderstand the message */

/* The beginning of the last part, and its replacement if the message is cut. Nothing else looks
 * like it: a value that the map calls "cut" is an object, and quotes in a text are escaped. */
static const char SENSORS[] = ",\"cut\":false,\"sensors\":{", CUT[] = ",\"cut\":true}";

static void add_text(struct json_writer *json, const char *key, const char *text)
{
	if (text)
		json_text(json, key, text);
}

static void add_number(struct json_writer *json, const char *key, double value, unsigned decimals)
{
	char text[DECIMAL_BYTES];

	if (decimal_format(value, decimals, text, sizeof(text)) >= 0)
		json_raw(json, key, text);
}

static void add_sensor(struct json_writer *json, const struct config *config, size_t index)
{
	const struct config_sensor *sensor = &config->sensors[index];
	struct config_description description;

	config_describe_sensor(config, index, &description);
	json_object(json, sensor->name);
	add_text(json, "label", description.label);
	add_text(json, "quantity", description.quantity);
	add_text(json, "unit", description.unit);
	json_integer(json, "decimals", sensor->decimals);
	add_number(json, "min", description.min, sensor->decimals);
	add_number(json, "max", description.max, sensor->decimals);
	json_object_end(json);
}

/* The words that an event has. */
static void add_event_words(struct json_writer *json, const struct driver *driver)
{
	json_array(json, "events");
	for (size_t i = 0; i < driver->n_events; i++) {
		const char *word = driver->events[i].word;

		if (payload_word_is_number(word))
			json_raw(json, NULL, word);
		else
			json_text(json, NULL, word);
	}
	json_array_end(json);
}

static void add_inputs(struct json_writer *json, const struct config *config)
{
	json_object(json, "inputs");
	for (size_t i = 0; i < config->n_chips; i++) {
		const struct config_chip *chip = &config->chips[i];

		if (chip->driver->n_events == 0)
			continue;
		json_object(json, chip->name);
		json_text(json, "part", chip->driver->name);
		add_event_words(json, chip->driver);
		json_object_end(json);
	}
	json_object_end(json);
}

/* In the form of an action. */
static void add_limit(
	struct json_writer *json, const struct output_key *key, const char *name, int number)
{
	struct output_key limit = *key;

	limit.name = name;
	payload_add_key(json, &limit, number);
}

static void add_range(struct json_writer *json, const struct config_output *output, size_t index)
{
	const struct output_key *key = &output->kind->keys[index];
	struct output_range range = output_key_range(output->kind, index, output->params);

	json_text(json, "type", key->decimals ? "number" : "integer");
	if (key->decimals)
		json_integer(json, "decimals", key->decimals);
	add_limit(json, key, "min", range.min);
	add_limit(json, key, "max", range.max);
}

static void add_choices(struct json_writer *json, const struct config_output *output, size_t index)
{
	const struct output_kind *kind = output->kind;
	const char *const *choices = kind->keys[index].choices;
	enum port_type ports[OUTPUT_PORTS_MAX];

	config_output_ports(output, ports);
	json_array(json, "choices");
	for (int i = 0; choices[i]; i++)
		if (!kind->refuses || !kind->refuses(ports, index, i))
			json_text(json, NULL, choices[i]);
	json_array_end(json);
}

static void add_key(struct json_writer *json, const struct config_output *output, size_t index)
{
	const struct output_key *key = &output->kind->keys[index];

	json_object(json, key->name);
	switch (key->type) {
	case OUTPUT_KEY_BOOL:
		json_text(json, "type", "bool");
		break;
	case OUTPUT_KEY_NUMBER:
		add_range(json, output, index);
		break;
	case OUTPUT_KEY_CHOICE:
		json_text(json, "type", "choice");
		add_choices(json, output, index);
		break;
	case OUTPUT_KEY_COLOR:
		json_text(json, "type", "color");
		break;
	}
	json_object_end(json);
}

static void add_output(struct json_writer *json, const struct config_output *output)
{
	const struct output_kind *kind = output->kind;
	enum port_type ports[OUTPUT_PORTS_MAX];

	config_output_ports(output, ports);
	json_object(json, NULL);
	json_text(json, "name", output->name);
	json_text(json, "nature", kind->nature);
	if (kind->moves)
		json_bool(json, "moves", true);
	payload_add_modifiers(json, output);
	json_object(json, "keys");
	for (size_t i = 0; i < kind->n_keys; i++) {
		if (!kind->keys[i].is_hidden && output_key_is_there(kind, i, ports))
			add_key(json, output, i);
	}
	json_object_end(json);
	json_object_end(json);
}

static void add_outputs(struct json_writer *json, const struct config *config)
{
	json_object(json, "outputs");
	for (size_t i = 0; output_kind_table[i]; i++) {
		const struct config_outputs_of *of = &config->outputs_of[i];

		if (of->n == 0)
			continue;
		json_array(json, output_kind_table[i]->word);
		for (size_t k = 0; k < of->n; k++)
			add_output(json, &config->outputs[of->first + k]);
		json_array_end(json);
	}
	json_object_end(json);
}

static void add_gateway(struct json_writer *json, const struct config *config,
	const struct payload_gateway *gateway)
{
	json_integer(json, "schema", SCHEMA);
	json_text(json, "version", gateway->version);
	json_text(json, "instance", gateway->instance);
	add_text(json, "board", gateway->board);
	json_text(json, "root", config->mqtt.topic);
	json_object(json, "interval");
	json_integer(json, "min", config->interval.min_ms);
	json_integer(json, "max", config->interval.max_ms);
	json_object_end(json);
}

int payload_format_about(const struct config *config, const struct payload_gateway *gateway,
	char *out, size_t out_bytes)
{
	struct json_writer json, whole;
	int size;

	json_begin(&json, out, out_bytes);
	add_gateway(&json, config, gateway);
	add_inputs(&json, config);
	add_outputs(&json, config);
	whole = json;
	json_bool(&whole, "cut", false);
	json_object(&whole, "sensors");
	for (size_t i = 0; i < config->n_sensors; i++)
		add_sensor(&whole, config, i);
	json_object_end(&whole);
	size = json_finish(&whole);
	if (size >= 0)
		return size;
	json_bool(&json, "cut", true);
	return json_finish(&json);
}

bool payload_cut_about(void *payload, size_t *size)
{
	char *mark = memmem(payload, *size, SENSORS, sizeof(SENSORS) - 1);

	if (!mark || (size_t)(mark - (char *)payload) + sizeof(CUT) - 1 > *size)
		return false;
	memcpy(mark, CUT, sizeof(CUT) - 1);
	*size = (size_t)(mark - (char *)payload) + sizeof(CUT) - 1;
	return true;
}
