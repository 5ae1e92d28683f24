/* SPDX-License-Identifier: MIT */
/*
 * One value. A function of its type checks the text and either fills a small struct value or
 * returns a sentence about the mistake. Then the field is set.
 */
#include "schema_value.h"
#include "schema_text.h"
#include "schema_units.h"
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words for a type in a sentence: "keepalive takes <words>". */
struct type_info {
	const char *words, *example;
};

static const struct type_info type_infos[] = {
	[SCHEMA_STRING] = {"a text", NULL},
	[SCHEMA_TEXT] = {"a text", NULL},
	[SCHEMA_NAME] = {"a name", NULL},
	[SCHEMA_PATH] = {"the path of a file", NULL},
	[SCHEMA_TOPIC] = {"an MQTT topic", NULL},
	[SCHEMA_BOOL] = {"true or false", NULL},
	[SCHEMA_INTEGER] = {"a whole number", NULL},
	[SCHEMA_NUMBER] = {"a number", NULL},
	[SCHEMA_DURATION] = {"a duration such as 500ms", "500ms"},
	[SCHEMA_SIZE] = {"a size such as 16MiB", "16MiB"},
	[SCHEMA_FREQUENCY] = {"a frequency such as 1kHz", "1kHz"},
	[SCHEMA_PERCENT] = {"a percentage such as 2%", "2%"},
	[SCHEMA_VOLTAGE] = {"a voltage such as 512mV", "512mV"},
	[SCHEMA_ENUM] = {"one word", NULL},
	[SCHEMA_MAP] = {"a map", NULL},
	[SCHEMA_CUSTOM] = {"a value", NULL},
};

const char *schema_kind_words(enum yaml_kind kind)
{
	switch (kind) {
	case YAML_LIST:
		return "a list";
	case YAML_MAP:
		return "a map";
	case YAML_SCALAR:
		break;
	}
	return "a single value";
}

static const char *type_words(enum schema_type type)
{
	return type_infos[type].words;
}

/* How a message names the value: by its key, or inside a list by its path. */
static void value_name(const struct yaml_node *node, char name[static YAML_PATH_MAX])
{
	if (node->key)
		(void)snprintf(name, YAML_PATH_MAX, "%s", node->key);
	else
		yaml_node_path(node, name);
}

static bool has_words_only(const struct schema_option *option)
{
	return option->store == SCHEMA_STORE_STRING;
}

/* True if it is a scalar, written the way that its type requires. */
static bool check_form(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *option, const char *name)
{
	bool bare = option->type == SCHEMA_BOOL || option->type == SCHEMA_INTEGER ||
		option->type == SCHEMA_NUMBER;

	if (node->kind != YAML_SCALAR)
		diag_error(schema->diag, node->place, NULL, "%s takes %s, not %s", name,
			type_words(option->type), schema_kind_words(node->kind));
	else if (yaml_node_is_empty(node))
		schema_empty(
			schema, node, name, type_words(option->type), NULL, has_words_only(option));
	else if (bare && !node->plain)
		diag_error(schema->diag, node->place, "without quotes, please",
			"%s takes %s, not a text", name, type_words(option->type));
	else
		return true;
	return false;
}

static int parse_bool(const char *text, double *ret_number)
{
	bool yes = strcmp(text, "true") == 0;

	if (!yes && strcmp(text, "false") != 0)
		return -EINVAL;
	*ret_number = yes ? 1 : 0;
	return 0;
}

static int parse_choice(const struct schema_choice *choices, const char *text, double *ret_number)
{
	for (; choices->text; choices++) {
		if (strcmp(choices->text, text) == 0) {
			*ret_number = choices->value;
			return 0;
		}
	}
	return -EINVAL;
}

/* 0 with the field's number, in base units, or an error of schema_units_parse(). */
static int parse(const struct schema_option *option, const char *text, double *ret_number)
{
	if (option->type == SCHEMA_BOOL)
		return parse_bool(text, ret_number);
	if (option->type == SCHEMA_ENUM)
		return parse_choice(option->choices, text, ret_number);
	return schema_units_parse(option->type, text, ret_number);
}

static void unknown_choice(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *option, const char *name)
{
	enum { CHOICES_MAX = 8 };
	const char *words[CHOICES_MAX + 2] = {NULL};
	char what[YAML_PATH_MAX + 16];
	size_t n = 0;

	for (; n < CHOICES_MAX && option->choices[n].text; n++)
		words[n] = option->choices[n].text;
	if (option->or_number)
		words[n] = "a number";
	(void)snprintf(what, sizeof(what), "choice for %s:", name);
	schema_unknown(schema, node->place, what, node->text, words);
}

/* A hint for the ways in which other programs write true and false. NULL: it is none of them. */
static const char *bool_hint(const char *text)
{
	static const struct {
		const char *word;
		bool yes;
	} words[] = {{"true", true}, {"false", false}, {"yes", true}, {"no", false}, {"on", true},
		{"off", false}, {"1", true}, {"0", false}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(words[i].word, text) == 0)
			return words[i].yes ? "write true" : "write false";
	}
	return NULL;
}

/* True for "2,5" and "0,5s", with the text as it would be with a point. */
static bool has_decimal_comma(
	const struct schema_option *option, const char *text, char *point, size_t size)
{
	double number = 0;
	const char *comma = strchr(text, ',');

	if (!comma || strlen(text) >= size)
		return false;
	(void)snprintf(point, size, "%s", text);
	point[comma - text] = '.';
	return parse(option, point, &number) == 0;
}

static void report_no_unit(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *option, const char *name)
{
	char units[SCHEMA_UNITS_TEXT_MAX], hint[SCHEMA_UNITS_TEXT_MAX + 32];

	schema_units_list(option->type, units);
	/* The default is the best example, unless it means off. */
	(void)snprintf(hint, sizeof(hint), "for example %s",
		option->initial && option->initial[0] != '0' ? option->initial
							     : type_infos[option->type].example);
	diag_error(schema->diag, node->place, hint, "%s needs a unit: %s", name, units);
}

static void report_unknown_unit(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *option, const char *name)
{
	char units[SCHEMA_UNITS_TEXT_MAX], hint[SCHEMA_UNITS_HINT_MAX];

	if (!schema_units_meant(option->type, node->text, hint)) {
		schema_units_list(option->type, units);
		(void)snprintf(hint, sizeof(hint), "the units are: %s", units);
	}
	diag_error(
		schema->diag, node->place, hint, "%s: unknown unit in \"%.40s\"", name, node->text);
}

static void report_unparsed(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *option, const char *name, int error)
{
	char point[SCHEMA_UNITS_TEXT_MAX], cure[SCHEMA_UNITS_TEXT_MAX + 32];
	const char *hint = NULL;

	if (option->type == SCHEMA_ENUM) {
		unknown_choice(schema, node, option, name);
		return;
	}
	if (error == -ENODATA) {
		report_no_unit(schema, node, option, name);
		return;
	}
	if (option->type == SCHEMA_BOOL) {
		hint = bool_hint(node->text);
	} else if (has_decimal_comma(option, node->text, point, sizeof(point))) {
		(void)snprintf(cure, sizeof(cure), "write decimals after a point: %s", point);
		hint = cure;
	} else if (error == -ENOENT) {
		report_unknown_unit(schema, node, option, name);
		return;
	}
	diag_error(schema->diag, node->place, hint, "%s takes %s, not \"%.40s\"", name,
		type_words(option->type), node->text);
}

/* Decimal fractions are not exact in binary, so limits need a little tolerance. */
static double slack(double value)
{
	return 1e-9 * fabs(value);
}

static bool in_range(const struct schema_option *option, double number)
{
	if (option->min == 0 && option->max == 0)
		return true;
	return number >= option->min - slack(option->min) &&
		number <= option->max + slack(option->max);
}

/* True unless the number is a fraction in the field's unit and the field cannot hold fractions. */
static bool fits_field(const struct schema_option *option, double number)
{
	double units = number / (option->unit != 0 ? option->unit : 1);

	return option->store == SCHEMA_STORE_DOUBLE || fabs(units - round(units)) <= slack(units);
}

static bool check_number(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *option, const char *name, double number)
{
	char min[SCHEMA_UNITS_TEXT_MAX], max[SCHEMA_UNITS_TEXT_MAX];

	if (!in_range(option, number)) {
		schema_units_format(option->type, option->min, min);
		schema_units_format(option->type, option->max, max);
		diag_error(schema->diag, node->place, NULL, "%s: %.40s is outside %s..%s", name,
			node->text, min, max);
		return false;
	}
	if (!fits_field(option, number) && option->type == SCHEMA_INTEGER) {
		diag_error(schema->diag, node->place, NULL, "%s takes a whole number, not %.40s",
			name, node->text);
		return false;
	}
	if (!fits_field(option, number)) {
		schema_units_format(option->type, option->unit != 0 ? option->unit : 1, min);
		diag_error(schema->diag, node->place, NULL, "%s: %.40s is no whole multiple of %s",
			name, node->text, min);
		return false;
	}
	return true;
}

static void set_number(const struct schema_option *option, double number, void *field)
{
	double units = number / (option->unit != 0 ? option->unit : 1);

	switch (option->store) {
	case SCHEMA_STORE_BOOL:
		*(bool *)field = number != 0;
		break;
	case SCHEMA_STORE_UNSIGNED:
		*(unsigned *)field = (unsigned)llround(units);
		break;
	case SCHEMA_STORE_U64:
		*(uint64_t *)field = (uint64_t)llround(units);
		break;
	case SCHEMA_STORE_DOUBLE:
		*(double *)field = units;
		break;
	case SCHEMA_STORE_STRING:
	case SCHEMA_STORE_NONE:
		assert(false && "a number goes into a field of numbers");
	}
}

static int set_text(const char *text, void *field)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	*(char **)field = copy;
	return 0;
}

/* A value that is valid in itself. */
static int read_text(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *option, void *field)
{
	if (option->max == 0 || strlen(node->text) <= (size_t)option->max)
		return set_text(node->text, field);
	diag_error(schema->diag, node->place, NULL, "%s is longer than %.0f bytes", option->key,
		option->max);
	return 0;
}

/* True if a number was written where a word may stand, too. */
static bool is_number_instead(const struct schema_option *option, const struct yaml_node *node)
{
	double number = 0;

	return option->or_number && node->kind == YAML_SCALAR && node->text &&
		parse(option->or_number, node->text, &number) == 0;
}

int schema_value_read(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *option, void *field)
{
	char name[YAML_PATH_MAX];
	double number = 0;

	if (is_number_instead(option, node)) {
		const struct schema_option *row = option->or_number;

		set_number(option, option->number_choice, field);
		return schema_value_read(
			schema, node, row, (char *)field - option->offset + row->offset);
	}
	value_name(node, name);
	if (!check_form(schema, node, option, name))
		return 0;
	if (has_words_only(option)) {
		const char *wrong = schema_text_wrong(option->type, node->text);
		if (!wrong)
			return read_text(schema, node, option, field);
		diag_error(schema->diag, node->place, NULL, "%s: \"%.40s\" %s", name, node->text,
			wrong);
		return 0;
	}
	int r = parse(option, node->text, &number);
	if (r < 0)
		report_unparsed(schema, node, option, name, r);
	else if (check_number(schema, node, option, name, number))
		set_number(option, number, field);
	return 0;
}

int schema_value_default(const struct schema_option *option, void *object)
{
	void *field = (char *)object + option->offset;
	double number = 0;

	if (has_words_only(option))
		return set_text(option->initial, field);
	int r = parse(option, option->initial, &number);
	assert(r == 0);
	(void)r;
	set_number(option, number, field);
	return 0;
}
