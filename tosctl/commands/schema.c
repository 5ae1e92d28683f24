/* SPDX-License-Identifier: MIT */
/*
 * The device map as a JSON Schema, draft-07, for editors: made from the tables that the check goes
 * by, so it knows every key, kind and part without a line here. It has keys, types and choices.
 * Only tosctl check knows the rules that span keys.
 */
#include "command.h"
#include "config_tables.h"
#include "text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A map under construction. */
struct object {
	cJSON *schema, *properties, *required;
};

static struct object new_object(void)
{
	struct object object = {.schema = cJSON_CreateObject()};

	cJSON_AddStringToObject(object.schema, "type", "object");
	object.properties = cJSON_AddObjectToObject(object.schema, "properties");
	cJSON_AddFalseToObject(object.schema, "additionalProperties");
	return object;
}

static void add_types(cJSON *schema, const char *type, const char *or_type)
{
	cJSON *types = cJSON_AddArrayToObject(schema, "type");

	cJSON_AddItemToArray(types, cJSON_CreateString(type));
	cJSON_AddItemToArray(types, cJSON_CreateString(or_type));
}

static void add_limits(cJSON *schema, const struct schema_option *option)
{
	if (option->min == 0 && option->max == 0)
		return;
	cJSON_AddNumberToObject(schema, "minimum", option->min);
	cJSON_AddNumberToObject(schema, "maximum", option->max);
}

/* YAML reads some words as something other than a text. Both are accepted. */
static void add_choice(cJSON *list, const char *word)
{
	char *end;
	double number = strtod(word, &end);

	cJSON_AddItemToArray(list, cJSON_CreateString(word));
	if (*word && !*end && isfinite(number))
		cJSON_AddItemToArray(list, cJSON_CreateNumber(number));
	if (strcmp(word, "on") == 0)
		cJSON_AddItemToArray(list, cJSON_CreateTrue());
	if (strcmp(word, "off") == 0)
		cJSON_AddItemToArray(list, cJSON_CreateFalse());
}

static cJSON *schema_of_options(const struct schema_option *options);

/* The place for the words of an option: beside the number, if a number may be given instead. */
static cJSON *words_of(cJSON *schema, const struct schema_option *option)
{
	cJSON *either, *words, *number;

	if (!option->or_number)
		return schema;
	either = cJSON_AddArrayToObject(schema, "anyOf");
	words = cJSON_CreateObject();
	number = cJSON_CreateObject();
	cJSON_AddStringToObject(number, "type", "number");
	add_limits(number, option->or_number);
	cJSON_AddItemToArray(either, words);
	cJSON_AddItemToArray(either, number);
	return words;
}

static void describe_type(cJSON *schema, const struct schema_option *option)
{
	cJSON *list;

	switch (option->type) {
	case SCHEMA_STRING:
	case SCHEMA_TEXT:
	case SCHEMA_NAME:
		add_types(schema, "string", "number");
		break;
	case SCHEMA_PATH:
	case SCHEMA_TOPIC:
		cJSON_AddStringToObject(schema, "type", "string");
		break;
	case SCHEMA_BOOL:
		cJSON_AddStringToObject(schema, "type", "boolean");
		break;
	case SCHEMA_INTEGER:
		cJSON_AddStringToObject(schema, "type", "integer");
		add_limits(schema, option);
		break;
	case SCHEMA_NUMBER:
		cJSON_AddStringToObject(schema, "type", "number");
		add_limits(schema, option);
		break;
	case SCHEMA_DURATION:
	case SCHEMA_SIZE:
	case SCHEMA_FREQUENCY:
	case SCHEMA_PERCENT:
	case SCHEMA_VOLTAGE:
		cJSON_AddStringToObject(schema, "type", "string");
		cJSON_AddStringToObject(schema, "pattern", "^[-+.0-9eE]+ *[A-Za-z%]+$");
		break;
	case SCHEMA_ENUM:
		list = cJSON_AddArrayToObject(words_of(schema, option), "enum");
		for (const struct schema_choice *choice = option->choices; choice->text; choice++)
			add_choice(list, choice->text);
		break;
	case SCHEMA_MAP:
	case SCHEMA_CUSTOM:
		break;
	}
}

static void add_option(void *context, const struct schema_option *option)
{
	struct object *object = context;
	cJSON *schema = option->type == SCHEMA_MAP ? schema_of_options(option->options)
						   : cJSON_CreateObject();

	describe_type(schema, option);
	if (option->help)
		cJSON_AddStringToObject(schema, "description", option->help);
	if (option->initial)
		cJSON_AddStringToObject(schema, "default", option->initial);
	if (option->example)
		cJSON_AddStringToObject(schema, "title", option->example);
	/* Some keys have two rows, of which the check takes either. */
	cJSON_DeleteItemFromObjectCaseSensitive(object->properties, option->key);
	cJSON_AddItemToObject(object->properties, option->key, schema);
	if (!option->required)
		return;
	if (!object->required)
		object->required = cJSON_AddArrayToObject(object->schema, "required");
	cJSON_AddItemToArray(object->required, cJSON_CreateString(option->key));
}

static cJSON *schema_of_options(const struct schema_option *options)
{
	struct object object = new_object();

	for (; options->key; options++)
		add_option(&object, options);
	return object.schema;
}

static cJSON *items_of(cJSON *item)
{
	cJSON *schema = cJSON_CreateObject();

	cJSON_AddStringToObject(schema, "type", "array");
	cJSON_AddItemToObject(schema, "items", item);
	return schema;
}

/* The names are the map's own. */
static cJSON *named(cJSON *item)
{
	cJSON *schema = cJSON_CreateObject();

	cJSON_AddStringToObject(schema, "type", "object");
	cJSON_AddItemToObject(schema, "additionalProperties", item);
	return schema;
}

/* "if key is word, then that" */
static void add_case(cJSON *cases, const char *key, const char *word, cJSON *then)
{
	cJSON *one = cJSON_CreateObject(), *when = cJSON_AddObjectToObject(one, "if");
	cJSON *properties = cJSON_AddObjectToObject(when, "properties");
	cJSON *required = cJSON_AddArrayToObject(when, "required");
	cJSON *value = cJSON_AddObjectToObject(properties, key);

	cJSON_AddStringToObject(value, "const", word);
	cJSON_AddItemToArray(required, cJSON_CreateString(key));
	cJSON_AddItemToObject(one, "then", then);
	cJSON_AddItemToArray(cases, one);
}

/* One of the words behind a key, which has a description each. */
static cJSON *begin_choice(struct object *object, const char *key)
{
	cJSON *schema = cJSON_AddObjectToObject(object->properties, key);

	return cJSON_AddArrayToObject(schema, "enum");
}

static cJSON *schema_of_chips(void)
{
	struct object chip = new_object();
	cJSON *names = begin_choice(&chip, "driver");
	cJSON *cases = cJSON_AddArrayToObject(chip.schema, "allOf");
	cJSON *required = cJSON_AddArrayToObject(chip.schema, "required");

	cJSON_DeleteItemFromObjectCaseSensitive(chip.schema, "additionalProperties");
	cJSON_AddStringToObject(cJSON_GetObjectItemCaseSensitive(chip.properties, "driver"),
		"description", "the kind of part");
	cJSON_AddItemToArray(required, cJSON_CreateString("driver"));
	for (size_t i = 0; driver_table[i]; i++) {
		const struct driver *driver = driver_table[i];
		struct object keys = new_object();

		config_visit_chip_options(driver, add_option, &keys);
		cJSON_AddStringToObject(keys.schema, "description", driver->description);
		cJSON_AddItemToArray(names, cJSON_CreateString(driver->name));
		add_case(cases, "driver", driver->name, keys.schema);
	}
	return named(chip.schema);
}

/* "climate.temperature", or of a part with one channel the chip alone. */
static cJSON *schema_of_sensors(void)
{
	struct object measured = new_object();
	cJSON *sensor = cJSON_CreateObject(), *cases, *derived, *names;
	cJSON *properties = cJSON_AddObjectToObject(sensor, "properties");

	cJSON_AddStringToObject(sensor, "type", "object");
	derived = cJSON_AddObjectToObject(properties, "derive");
	cJSON_AddStringToObject(
		derived, "description", "worked out from other sensors in this way");
	names = cJSON_AddArrayToObject(derived, "enum");
	cases = cJSON_AddArrayToObject(sensor, "allOf");
	for (size_t i = 0; derived_table[i]; i++) {
		struct object keys = new_object();

		config_visit_sensor_options(derived_table[i], add_option, &keys);
		cJSON_AddItemToArray(names, cJSON_CreateString(derived_table[i]->name));
		add_case(cases, "derive", derived_table[i]->name, keys.schema);
	}
	/* Without derive it is measured. */
	config_visit_sensor_options(NULL, add_option, &measured);
	derived = cJSON_CreateObject();
	names = cJSON_AddObjectToObject(derived, "if");
	names = cJSON_AddObjectToObject(names, "not");
	names = cJSON_AddArrayToObject(names, "required");
	cJSON_AddItemToArray(names, cJSON_CreateString("derive"));
	cJSON_AddItemToObject(derived, "then", measured.schema);
	cJSON_AddItemToArray(cases, derived);
	return named(sensor);
}

/* A number, or a map. */
static cJSON *schema_of_interval(void)
{
	cJSON *schema = cJSON_CreateObject(), *ways = cJSON_AddArrayToObject(schema, "anyOf");
	cJSON *text = cJSON_CreateObject();

	describe_type(text, &config_interval_options[0]);
	cJSON_AddItemToArray(ways, text);
	cJSON_AddItemToArray(ways, schema_of_options(config_interval_options));
	return schema;
}

static cJSON *schema_of_failsafe(void)
{
	struct object object = new_object();

	config_visit_failsafe_options(add_option, &object);
	return object.schema;
}

static cJSON *schema_of_packed(void)
{
	return items_of(schema_of_options(config_packed_options));
}

/* The sections that are no plain table of options. */
static const struct {
	const char *key;
	cJSON *(*make)(void);
} SECTIONS[] = {
	{"chips", schema_of_chips},
	{"sensors", schema_of_sensors},
	{"interval", schema_of_interval},
	{"failsafe", schema_of_failsafe},
	{"packed", schema_of_packed},
};

static cJSON *schema_of_section(const struct schema_option *section)
{
	if (section->type == SCHEMA_MAP)
		return schema_of_options(section->options);
	for (size_t i = 0; i < sizeof(SECTIONS) / sizeof(*SECTIONS); i++)
		if (strcmp(SECTIONS[i].key, section->key) == 0)
			return SECTIONS[i].make();
	for (size_t i = 0; output_kind_table[i]; i++) {
		struct object item = new_object();

		if (strcmp(output_kind_table[i]->section, section->key) == 0) {
			config_visit_output_options(output_kind_table[i], add_option, &item);
			return items_of(item.schema);
		}
		cJSON_Delete(item.schema);
	}
	return cJSON_CreateObject();
}

static cJSON *schema_of_map(void)
{
	struct schema_option sections[CONFIG_SECTIONS_MAX];
	struct object map = new_object();

	cJSON_AddStringToObject(map.schema, "$schema", "http://json-schema.org/draft-07/schema#");
	cJSON_AddStringToObject(map.schema, "title", "device map of tos-gateway");
	config_sections(sections);
	for (const struct schema_option *section = sections; section->key; section++) {
		cJSON *schema = schema_of_section(section);

		if (section->help)
			cJSON_AddStringToObject(schema, "description", section->help);
		add_option(&map, section);
		cJSON_ReplaceItemInObjectCaseSensitive(map.properties, section->key, schema);
	}
	return map.schema;
}

static int run(const struct options *options, int n, char **arguments)
{
	cJSON *schema = schema_of_map();
	char *text = cJSON_Print(schema);

	(void)options;
	(void)n;
	(void)arguments;
	if (text)
		puts(text);
	cJSON_Delete(schema);
	if (!text)
		return EXIT_REFUSED;
	cJSON_free(text);
	return EXIT_OK;
}

extern const struct command command_schema;

const struct command command_schema = {
	.name = "schema",
	.arguments = "",
	.help = "JSON Schema of a device map, for editors",
	.is_local = true,
	.run = run,
};
