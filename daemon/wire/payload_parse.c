/* SPDX-License-Identifier: MIT */
/*
 * An action is checked in three steps: the bytes (size, json_scan), the keys (none twice, at any
 * level), and their meaning for this map. The last two go on after a mistake, so that one answer
 * names all mistakes. Tables define the meaning of the keys. Nothing is carried out here.
 */
#include "payload_parse.h"
#include "clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void json_free(cJSON **json)
{
	cJSON_Delete(*json);
}

static void check_interval(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	const struct config_interval *limits = &parser->config->interval;
	const struct payload_range range = {limits->min_ms, limits->max_ms, " ms", 0};
	struct payload_action *action = target;
	double interval_ms;

	if (payload_check_number(parser, path, item, &range, &interval_ms))
		action->interval_ms = (uint32_t)interval_ms;
}

static void check_read(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	if (cJSON_IsTrue(item) && parser->config->n_sensors == 0)
		payload_mistake(parser, path, "this gateway has no sensors");
	else if (cJSON_IsTrue(item))
		((struct payload_action *)target)->read = true;
	else
		payload_mistake(parser, path, "must be true, not %s",
			cJSON_IsFalse(item) ? "false" : payload_type_name(item));
}

static const struct payload_key SENSORS_ROWS[] = {
	{"interval", check_interval},
	{"read", check_read},
	{"count", payload_check_count},
	{NULL, NULL},
};
static const struct payload_keys SENSORS_KEYS = {
	.rows = SENSORS_ROWS, .example = "{\"interval\":1000}"};

static void check_sensors(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	payload_check_object(parser, path, item, &SENSORS_KEYS, target);
}

static void check_id(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	static const struct payload_range RANGE = {-PAYLOAD_WHOLE_MAX, PAYLOAD_WHOLE_MAX, "", 0};
	struct payload_id *id = &((struct payload_action *)target)->id;
	double integer;

	if (cJSON_IsString(item)) {
		if (strlen(item->valuestring) > PAYLOAD_ID_MAX) {
			payload_mistake(parser, path, "longer than %d bytes", PAYLOAD_ID_MAX);
			return;
		}
		id->kind = PAYLOAD_ID_STRING;
		(void)snprintf(id->string, sizeof(id->string), "%s", item->valuestring);
	} else if (!cJSON_IsNumber(item)) {
		payload_mistake(parser, path, "must be a string or an integer, not %s",
			payload_type_name(item));
	} else if (payload_check_number(parser, path, item, &RANGE, &integer)) {
		id->kind = PAYLOAD_ID_INTEGER;
		id->integer = (int64_t)integer;
	}
}

static const struct payload_range TIME_RANGE = {0, PAYLOAD_WHOLE_MAX, " ms", 0};

/* The years 2001 to 5138 in other units. Taken as milliseconds they would be 1970 to 1973, or so
 * far away that the message would never expire. */
static const struct {
	double min, max; /* of such a number */
	double per_ms;
	const char *name;
} OTHER_UNITS[] = {
	{1e9, 1e11, 1e-3, "seconds"},
	{1e15, 1e17, 1e3, "microseconds"},
	{1e18, 1e20, 1e6, "nanoseconds"},
};

static void check_ts(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	double ts = cJSON_IsNumber(item) ? item->valuedouble : 0;

	(void)target;
	parser->has_ts = true;
	for (size_t i = 0; i < sizeof(OTHER_UNITS) / sizeof(OTHER_UNITS[0]); i++) {
		if (ts < OTHER_UNITS[i].min || ts >= OTHER_UNITS[i].max)
			continue;
		payload_mistake(parser, path,
			"%.16g looks like %s: it takes milliseconds since 1970, %.0f", ts,
			OTHER_UNITS[i].name, floor(ts / OTHER_UNITS[i].per_ms));
		return;
	}
	(void)payload_check_number(parser, path, item, &TIME_RANGE, &parser->ts_ms);
}

static void check_ttl(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	(void)target;
	parser->has_ttl = true;
	(void)payload_check_number(parser, path, item, &TIME_RANGE, &parser->ttl_ms);
}

static const struct payload_key ACTION_ROWS[] = {
	{"sensors", check_sensors},
	{"id", check_id},
	{"ts", check_ts},
	{"ttl", check_ttl},
	{NULL, NULL},
};
static const struct payload_keys ACTION_KEYS = {
	.rows = ACTION_ROWS, .has_kinds = true, .example = "{\"led\":{\"0\":{\"on\":true}}}"};

bool payload_key_is_of_rest(const char *key)
{
	const struct output_kind *kind = output_kind_find(key);

	return kind ? !kind->moves : payload_key_find(&ACTION_KEYS, key) != NULL;
}

static void check_age(struct payload_parser *parser, uint64_t wall_ms)
{
	static const struct payload_path TS = {NULL, "ts"}, TTL = {NULL, "ttl"};
	double age_ms = (double)wall_ms - (parser->ts_ms + parser->ttl_ms);

	if (parser->has_ts && !parser->has_ttl)
		payload_mistake(parser, &TS, "\"ts\" needs \"ttl\" beside it");
	if (parser->has_ttl && !parser->has_ts)
		payload_mistake(parser, &TTL, "\"ttl\" needs \"ts\" beside it");
	if (parser->has_ts && parser->has_ttl && !clock_is_set(wall_ms))
		payload_mistake(parser, &TS,
			"the gateway's clock is not set yet: nobody can tell whether this has "
			"expired");
	else if (age_ms > 0)
		payload_mistake(parser, NULL, "expired %.0f ms ago", age_ms);
}

static void nothing_to_do(struct payload_parser *parser)
{
	char list[96] = "";
	size_t used = 0;

	for (size_t i = 0; output_kind_table[i] && used < sizeof(list); i++)
		if (payload_kind_is_known(parser->config, output_kind_table[i]))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s, ",
				output_kind_table[i]->word);
	payload_mistake(parser, NULL, "nothing to do: none of %ssensors is in it", list);
}

static void check_tree(struct payload_parser *parser, const cJSON *tree, uint64_t wall_ms)
{
	const struct payload_action *action = parser->action;

	payload_check_repeated(parser, NULL, tree);
	payload_check_object(parser, NULL, tree, &ACTION_KEYS, parser->action);
	payload_check_interlocks(parser);
	payload_check_count_alone(parser);
	check_age(parser, wall_ms);
	if (parser->errors->count == 0 && !action->n_outputs && !action->interval_ms &&
		!action->read && !action->counter)
		nothing_to_do(parser);
}

/* Before cJSON sees the bytes. */
static int check_bytes(const struct payload_bytes *bytes, struct payload_errors *errors)
{
	struct json_mistake mistake;
	int r;

	if (bytes->true_size > PAYLOAD_ACTION_MAX || bytes->size > PAYLOAD_ACTION_MAX) {
		payload_error_add(errors, "", "%llu bytes are more than the %d of an action",
			(unsigned long long)bytes->true_size, PAYLOAD_ACTION_MAX);
		return -EINVAL;
	}
	r = json_scan(bytes->data, bytes->size, PAYLOAD_DEPTH_MAX, &mistake);
	if (r == -E2BIG)
		payload_error_add(errors, "", "nested deeper than %d at byte %zu",
			PAYLOAD_DEPTH_MAX, mistake.offset + 1);
	else if (r < 0)
		payload_explain_json(bytes, &mistake, errors);
	return r < 0 ? -EINVAL : 0;
}

/* Copies only the part that is used. */
static void copy_rest(struct payload_action *to, const struct payload_action *from)
{
	to->interval_ms = from->interval_ms;
	to->read = from->read;
	to->counter = from->counter;
	to->count = from->count;
	to->n_outputs = from->n_outputs;
	memcpy(to->outputs, from->outputs, from->n_outputs * sizeof(*to->outputs));
}

int payload_parse_action(const struct config *config, const struct payload_bytes *bytes,
	uint64_t wall_ms, struct payload_action *ret_action, struct payload_errors *errors)
{
	__attribute__((cleanup(json_free))) cJSON *tree = NULL;
	/* Both are large, and are initialized where they are used. */
	struct payload_action action;
	struct payload_parser parser;
	int r;

	errors->count = 0;
	ret_action->id.kind = PAYLOAD_ID_NONE;
	r = check_bytes(bytes, errors);
	if (r < 0)
		return r;
	tree = cJSON_ParseWithLength((const char *)bytes->data, bytes->size);
	if (!tree) {
		payload_error_add(errors, "", "out of memory");
		return -EINVAL;
	}
	payload_action_clear(&action);
	parser.config = config;
	parser.errors = errors;
	parser.action = &action;
	parser.has_ts = parser.has_ttl = false;
	parser.ts_ms = parser.ttl_ms = (double)NAN;
	memset(parser.addressed, 0, config->n_outputs * sizeof(*parser.addressed));
	check_tree(&parser, tree, wall_ms);
	payload_id_copy(&ret_action->id, &action.id);
	if (errors->count > 0)
		return -EINVAL;
	copy_rest(ret_action, &action);
	return 0;
}
