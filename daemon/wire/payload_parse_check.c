/* SPDX-License-Identifier: MIT */
#include "decimal.h"
#include "payload_parse.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Writes "motor.1.speed", cut if it does not fit. Returns the length as snprintf() does. */
static size_t path_write(const struct payload_path *path, char *out, size_t out_bytes)
{
	size_t used = 0;

	if (!path)
		return 0;
	if (path->up)
		used = path_write(path->up, out, out_bytes);
	if (used >= out_bytes)
		return used;
	return used +
		(size_t)snprintf(out + used, out_bytes - used, "%s%s", used ? "." : "", path->key);
}

/* Further mistakes are only counted. The cost of a hostile message must not hold up the next one,
 * which may stop a motor. */
static bool is_full(const struct payload_parser *parser)
{
	return parser->errors->count >= PAYLOAD_ERRORS_MAX;
}

void payload_mistake(
	struct payload_parser *parser, const struct payload_path *path, const char *format, ...)
{
	struct payload_error error = {.path = ""};
	va_list arguments;

	if (is_full(parser)) {
		parser->errors->count++;
		return;
	}
	(void)path_write(path, error.path, sizeof(error.path));
	va_start(arguments, format);
	(void)vsnprintf(error.reason, sizeof(error.reason), format, arguments);
	va_end(arguments);
	payload_error_add(parser->errors, error.path, "%s", error.reason);
}

const char *payload_type_name(const cJSON *item)
{
	switch (item->type & 0xff) {
	case cJSON_NULL:
		return "null";
	case cJSON_False:
	case cJSON_True:
		return "a boolean";
	case cJSON_Number:
		return "a number";
	case cJSON_String:
		return "a string";
	case cJSON_Array:
		return "an array";
	default:
		return "an object";
	}
}

enum { WORDS_BYTES = 96 };

/* An example of such an object. */
static const char *example_of(const struct payload_keys *keys, char out[WORDS_BYTES])
{
	bool is_plain;

	if (!keys->kind)
		return keys->example;
	is_plain = keys->kind->is_plain || keys->of == PAYLOAD_KEYS_OF_ONE;
	(void)snprintf(out, WORDS_BYTES, is_plain ? "%s" : "{\"0\":%s}", keys->kind->action);
	return out;
}

/* How to write a stop there. False: nothing moves. */
static bool stop_of(const struct payload_keys *keys, char out[WORDS_BYTES])
{
	const struct output_kind *kind = keys->kind;
	size_t key = 0;

	if (!kind || !kind->moves)
		return false;
	while (key < kind->n_keys && kind->keys[key].type != OUTPUT_KEY_CHOICE)
		key++;
	if (keys->of == PAYLOAD_KEYS_OF_ALL)
		(void)snprintf(out, WORDS_BYTES, "{\"%s\":\"stop\"}", kind->word);
	else if (keys->of == PAYLOAD_KEYS_OF_FIRST && key < kind->n_keys)
		(void)snprintf(out, WORDS_BYTES, "\"%s\":\"stop\"", kind->keys[key].name);
	else
		(void)snprintf(out, WORDS_BYTES, "\"stop\"");
	return true;
}

void payload_not_filled(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, const struct payload_keys *keys)
{
	char example[WORDS_BYTES], stop[WORDS_BYTES];

	if (cJSON_IsObject(item))
		payload_mistake(
			parser, path, "an empty object: %s for example", example_of(keys, example));
	else if (payload_looks_like_stop(item) && stop_of(keys, stop))
		payload_mistake(parser, path, "must be an object, not %s: to stop it, say %s",
			payload_type_name(item), stop);
	else
		payload_mistake(parser, path, "must be an object, not %s: %s for example",
			payload_type_name(item), example_of(keys, example));
}

enum { RANGE_BYTES = 64 };

/* "20..3600000 ms", "0..180" */
static const char *range_text(const struct payload_range *range, char out[RANGE_BYTES])
{
	(void)snprintf(out, RANGE_BYTES, range->decimals ? "%.15g..%.15g%s" : "%.0f..%.0f%s",
		range->min, range->max, range->unit);
	return out;
}

/* True if a double, which is mostly not exactly the number written, has so few decimals: 0.1 has 1.
 * */
static bool has_decimals(double value, unsigned decimals)
{
	return value == decimal_round(value, decimals);
}

bool payload_check_number(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, const struct payload_range *range, double *ret_value)
{
	double value = item->valuedouble;
	char text[RANGE_BYTES];

	if (!cJSON_IsNumber(item)) {
		payload_mistake(parser, path, "must be a%s number, not %s",
			range->decimals ? "" : " whole", payload_type_name(item));
		return false;
	}
	if (isinf(value)) {
		payload_mistake(parser, path, "a number of that size is outside %s",
			range_text(range, text));
		return false;
	}
	if (!range->decimals && value != floor(value)) {
		payload_mistake(parser, path, "%.15g is not a whole number", value);
		return false;
	}
	if (value < range->min || value > range->max) {
		payload_mistake(parser, path,
			range->decimals ? "%.15g is outside %s" : "%.17g is outside %s", value,
			range_text(range, text));
		return false;
	}
	if (range->decimals && !has_decimals(value, range->decimals)) {
		payload_mistake(parser, path, "%.15g has more than %u decimal%s", value,
			range->decimals, range->decimals > 1 ? "s" : "");
		return false;
	}
	*ret_value = value;
	return true;
}

const struct payload_key *payload_key_find(const struct payload_keys *keys, const char *name)
{
	for (const struct payload_key *row = keys->rows; row && row->name; row++) {
		if (strcmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

/* The names that an action may use, as many as fit. */
struct names {
	const char *items[PAYLOAD_KEYS_MAX + 1];
	char list[96];
	size_t n, used;
};

static void add_name(struct names *names, const char *name)
{
	if (names->n == PAYLOAD_KEYS_MAX)
		return;
	if (names->used < sizeof(names->list))
		names->used += (size_t)snprintf(names->list + names->used,
			sizeof(names->list) - names->used, "%s%s", names->n ? ", " : "", name);
	names->items[names->n++] = name;
	names->items[names->n] = NULL;
}

static void list_names(
	const struct config *config, const struct payload_keys *keys, struct names *names)
{
	names->n = names->used = 0;
	names->list[0] = '\0';
	names->items[0] = NULL;
	for (size_t i = 0; keys->has_kinds && output_kind_table[i]; i++)
		if (payload_kind_is_known(config, output_kind_table[i]))
			add_name(names, output_kind_table[i]->word);
	for (const struct payload_key *row = keys->rows; row && row->name; row++)
		add_name(names, row->name);
	for (size_t i = 0; keys->kind && i < keys->kind->n_keys; i++)
		if (!keys->kind->keys[i].is_hidden)
			add_name(names, keys->kind->keys[i].name);
	for (size_t i = 0; keys->kind && payload_modifier_name(keys->kind, i); i++)
		add_name(names, payload_modifier_name(keys->kind, i));
}

/* Reports the mistake at its place in the message. */
void payload_unknown_key(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_keys *keys)
{
	char stop[WORDS_BYTES];
	struct names names;
	const char *near;

	if (is_full(parser)) {
		parser->errors->count++;
		return;
	}
	list_names(parser->config, keys, &names);
	near = diag_nearest(path->key, names.items);
	if (stop_of(keys, stop) &&
		(payload_word_means_stop(path->key) || output_key_find(keys->kind, path->key) >= 0))
		payload_mistake(
			parser, path, "unknown key \"%.64s\": to stop it, say %s", path->key, stop);
	else if (near)
		payload_mistake(parser, path, "unknown key \"%.64s\", did you mean \"%s\"?",
			path->key, near);
	else
		payload_mistake(parser, path, "unknown key \"%.64s\", known here: %s", path->key,
			names.list);
}

void payload_check_object(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *object, const struct payload_keys *keys, void *target)
{
	const cJSON *item;

	if (!payload_check_filled(parser, path, object, keys))
		return;
	cJSON_ArrayForEach(item, object) {
		const struct payload_path here = {path, item->string};
		const struct payload_key *key = payload_key_find(keys, item->string);
		const struct output_kind *kind =
			!key && keys->has_kinds ? output_kind_find(item->string) : NULL;

		if (key)
			key->check(parser, &here, item, target);
		else if (kind && payload_kind_is_known(parser->config, kind))
			payload_check_outputs(parser, &here, kind, item);
		else
			payload_unknown_key(parser, &here, keys);
	}
}

enum { KEYS_IN_AN_OBJECT = 64 };

/* cJSON keeps a repeated key and shows the first one; other readers use the last. */
void payload_check_repeated(
	struct payload_parser *parser, const struct payload_path *path, const cJSON *tree)
{
	const cJSON *item, *earlier;
	size_t index = 0;

	/* Each pair of keys is compared, hence the limit, which no correct action reaches. */
	if (cJSON_IsObject(tree) && cJSON_GetArraySize(tree) > KEYS_IN_AN_OBJECT) {
		payload_mistake(parser, path, "more than %d keys", KEYS_IN_AN_OBJECT);
		return;
	}
	cJSON_ArrayForEach(item, tree) {
		char number[24];
		const struct payload_path here = {path, item->string ? item->string : number};
		size_t repeats = 0;

		if (!item->string)
			(void)snprintf(number, sizeof(number), "%zu", index++);
		for (earlier = tree->child; item->string && earlier != item;
			earlier = earlier->next)
			repeats += earlier->string && strcmp(earlier->string, item->string) == 0;
		if (repeats == 1)
			payload_mistake(parser, &here, "duplicate key \"%.64s\"", item->string);
		if (item->child)
			payload_check_repeated(parser, &here, item);
	}
}
