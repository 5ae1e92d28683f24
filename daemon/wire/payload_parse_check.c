/* SPDX-License-Identifier: MIT */
#include "payload_parse.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* "motor.1.speed"; what does not fit is cut off. Returns the length as snprintf() does. */
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

/* Further mistakes are only counted. What a hostile message costs must not hold up the next one,
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

void payload_not_filled(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, const struct payload_keys *keys)
{
	if (cJSON_IsObject(item))
		payload_mistake(parser, path, "an empty object: %s for example", keys->example);
	else if (keys->stop && payload_looks_like_stop(item))
		payload_mistake(parser, path, "must be an object, not %s: to stop it, say %s",
			payload_type_name(item), keys->stop);
	else
		payload_mistake(parser, path, "must be an object, not %s: %s for example",
			payload_type_name(item), keys->example);
}

bool payload_check_whole(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, const struct payload_range *range, double *ret_value)
{
	double value = item->valuedouble;

	if (!cJSON_IsNumber(item)) {
		payload_mistake(
			parser, path, "must be a whole number, not %s", payload_type_name(item));
		return false;
	}
	if (isinf(value)) {
		payload_mistake(parser, path, "a number of that size is outside %.0f..%.0f%s",
			range->min, range->max, range->unit);
		return false;
	}
	if (value != floor(value)) {
		payload_mistake(parser, path, "%.15g is not a whole number", value);
		return false;
	}
	if (value < range->min || value > range->max) {
		payload_mistake(parser, path, "%.17g is outside %.0f..%.0f%s", value, range->min,
			range->max, range->unit);
		return false;
	}
	*ret_value = value;
	return true;
}

const struct payload_key *payload_key_find(const struct payload_keys *keys, const char *name)
{
	for (const struct payload_key *row = keys->rows; row->name; row++) {
		if (strcmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

void payload_check_value(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key *key, const cJSON *item, void *target)
{
	if (key->stops && key->stops(item))
		parser->stopped = true;
	else
		key->check(parser, path, item, target);
}

/* The names of the table that an action may use, as many as fit. */
static size_t list_names(const struct payload_keys *keys, const char *names[PAYLOAD_KEYS_MAX + 1],
	char *list, size_t list_bytes)
{
	size_t n = 0, used = 0;

	for (const struct payload_key *row = keys->rows; row->name && n < PAYLOAD_KEYS_MAX; row++) {
		if (!row->check)
			continue;
		if (used < list_bytes)
			used += (size_t)snprintf(
				list + used, list_bytes - used, "%s%s", n ? ", " : "", row->name);
		names[n++] = row->name;
	}
	names[n] = NULL;
	return n;
}

/* Reported where it stands in the message. */
void payload_unknown_key(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_keys *keys)
{
	const char *names[PAYLOAD_KEYS_MAX + 1];
	char list[96] = "";
	const char *near;

	if (is_full(parser)) {
		parser->errors->count++;
		return;
	}
	(void)list_names(keys, names, list, sizeof(list));
	near = diag_nearest(path->key, names);
	if (keys->stop && (payload_word_means_stop(path->key) || payload_key_find(keys, path->key)))
		payload_mistake(parser, path, "unknown key \"%.64s\": to stop it, say %s",
			path->key, keys->stop);
	else if (near)
		payload_mistake(parser, path, "unknown key \"%.64s\", did you mean \"%s\"?",
			path->key, near);
	else
		payload_mistake(
			parser, path, "unknown key \"%.64s\", known here: %s", path->key, list);
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

		if (key && key->check)
			payload_check_value(parser, &here, key, item, target);
		else
			payload_unknown_key(parser, &here, keys);
	}
}

/* cJSON keeps a repeated key and shows the first one, other readers the last. */
void payload_check_repeated(
	struct payload_parser *parser, const struct payload_path *path, const cJSON *tree)
{
	const cJSON *item, *earlier;
	size_t index = 0;

	/* Each pair of keys is looked at, so there is a limit, which no right action reaches. */
	if (cJSON_IsObject(tree) && cJSON_GetArraySize(tree) > CONFIG_LEDS_MAX) {
		payload_mistake(parser, path, "more than %d keys", CONFIG_LEDS_MAX);
		return;
	}
	cJSON_ArrayForEach(item, tree) {
		char number[24];
		const struct payload_path here = {path, item->string ? item->string : number};
		size_t repeats = 0;

		(void)snprintf(number, sizeof(number), "%zu", index++);
		for (earlier = tree->child; item->string && earlier != item;
			earlier = earlier->next)
			repeats += earlier->string && strcmp(earlier->string, item->string) == 0;
		if (repeats == 1)
			payload_mistake(parser, &here, "duplicate key \"%.64s\"", item->string);
		payload_check_repeated(parser, &here, item);
	}
}
