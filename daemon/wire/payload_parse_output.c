/* SPDX-License-Identifier: MIT */
/* The outputs in an action, by the tables of their kinds. */
#include "payload_parse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The index in its usual form; -1: not an index below count. */
static ssize_t index_find(const char *key, size_t count)
{
	size_t digits = strspn(key, "0123456789"), index = 0;

	if (digits == 0 || digits > 3 || key[digits] || (key[0] == '0' && digits > 1))
		return -1;
	for (const char *digit = key; *digit; digit++)
		index = 10 * index + (size_t)(*digit - '0');
	return index < count ? (ssize_t)index : -1;
}

ssize_t payload_output_find(const struct config *config, const struct output_kind *kind,
	const char *key, bool *ret_by_name)
{
	const struct config_outputs_of *of = payload_outputs_of(config, kind);
	ssize_t index = index_find(key, of->n);

	*ret_by_name = false;
	for (size_t i = 0; index < 0 && i < of->n; i++) {
		if (strcmp(config->outputs[of->first + i].name, key) == 0) {
			*ret_by_name = true;
			index = (ssize_t)i;
		}
	}
	return index < 0 ? -1 : (ssize_t)of->first + index;
}

void payload_no_such_output(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind)
{
	const struct config_outputs_of *of = payload_outputs_of(parser->config, kind);
	const char *names[CONFIG_OUTPUTS_MAX + 1];
	char list[144] = "none";
	const char *near;
	size_t used = 0;

	for (size_t i = 0; i < of->n; i++)
		names[i] = parser->config->outputs[of->first + i].name;
	names[of->n] = NULL;
	near = diag_nearest(path->key, names);
	for (size_t i = 0; i < of->n && used < sizeof(list); i++)
		used += (size_t)snprintf(
			list + used, sizeof(list) - used, "%s%zu (%s)", i ? ", " : "", i, names[i]);
	if (near)
		payload_mistake(parser, path, "there is no %s \"%.40s\", did you mean \"%s\"?",
			kind->noun, path->key, near);
	else
		payload_mistake(parser, path, "there is no %s \"%.40s\": this gateway has %s%s",
			kind->noun, path->key, list, used >= sizeof(list) ? "..." : "");
}

/* Adds an output to the action: it exists, and is addressed for the first time. key: the sender's
 * key for it. */
static void add_output(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind, struct payload_output *output, ssize_t index)
{
	struct payload_action *action = parser->action;
	const char *earlier;

	if (index < 0) {
		payload_no_such_output(parser, path, kind);
		return;
	}
	earlier = parser->addressed[index];
	if (earlier) {
		/* A repeated key is reported elsewhere. */
		if (strcmp(earlier, path->key) != 0)
			payload_mistake(
				parser, path, "the same %s as \"%.64s\"", kind->noun, earlier);
		return;
	}
	parser->addressed[index] = path->key;
	output->output = (size_t)index;
	action->outputs[action->n_outputs++] = *output;
}

/* --- what stops --- */

bool payload_is_stop_word(const cJSON *item)
{
	return cJSON_IsString(item) && strcmp(item->valuestring, "stop") == 0;
}

bool payload_word_means_stop(const char *word)
{
	static const char *const WORDS[] = {
		"stop", "stopped", "stopp", "off", "halt", "brake", "none", "0", "false"};

	for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
		if (strcasecmp(word, WORDS[i]) == 0)
			return true;
	}
	return false;
}

bool payload_looks_like_stop(const cJSON *item)
{
	if (cJSON_IsString(item))
		return payload_word_means_stop(item->valuestring) && !payload_is_stop_word(item);
	return cJSON_IsFalse(item) || cJSON_IsNull(item) ||
		(cJSON_IsNumber(item) && item->valuedouble == 0);
}

bool payload_key_stops(const struct output_key *key, const cJSON *item)
{
	if (!key->has_stop)
		return false;
	switch (key->type) {
	case OUTPUT_KEY_BOOL:
		return cJSON_IsBool(item) && cJSON_IsTrue(item) == key->stop;
	case OUTPUT_KEY_NUMBER:
		return cJSON_IsNumber(item) &&
			item->valuedouble * output_key_scale(key) == key->stop;
	case OUTPUT_KEY_CHOICE:
		return cJSON_IsString(item) &&
			strcmp(item->valuestring, key->choices[key->stop]) == 0;
	case OUTPUT_KEY_COLOR:
		break;
	}
	return false;
}

/* --- the values of keys --- */

static bool check_bool(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, size_t index, const cJSON *item, int *ret)
{
	const struct output_key *key = &of->kind->keys[index];

	if (!cJSON_IsBool(item) && of->kind->moves && key->has_stop &&
		payload_looks_like_stop(item)) {
		payload_mistake(parser, path,
			"must be true or false, not %s: to stop it, say \"%s\":%s",
			payload_type_name(item), key->name, key->stop ? "true" : "false");
		return false;
	}
	if (!cJSON_IsBool(item)) {
		payload_mistake(
			parser, path, "must be true or false, not %s", payload_type_name(item));
		return false;
	}
	*ret = cJSON_IsTrue(item);
	return true;
}

static bool check_number(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, size_t index, const cJSON *item, int *ret)
{
	const struct output_key *key = &of->kind->keys[index];
	const struct output_range limits =
		output_key_range(of->kind, index, of->output ? of->output->params : NULL);
	const double units = output_key_scale(key);
	const struct payload_range range = {
		limits.min / units, limits.max / units, "", key->decimals};
	double number;

	if (of->kind->moves && key->has_stop &&
		(payload_is_stop_word(item) || payload_looks_like_stop(item))) {
		payload_mistake(parser, path,
			"must be a%s number, not %s: to stop it, say \"%s\":%g",
			key->decimals ? "" : " whole", payload_type_name(item), key->name,
			key->stop / units);
		return false;
	}
	if (!payload_check_number(parser, path, item, &range, &number))
		return false;
	*ret = (int)lround(number * units);
	return true;
}

/* "#rrggbb" */
static bool check_color(
	struct payload_parser *parser, const struct payload_path *path, const cJSON *item, int *ret)
{
	const char *text = item->valuestring;
	long number;

	if (!cJSON_IsString(item)) {
		payload_mistake(parser, path, "must be a string such as \"#ff8000\", not %s",
			payload_type_name(item));
		return false;
	}
	if (text[0] != '#' || strlen(text) != 7 ||
		strspn(text + 1, "0123456789abcdefABCDEF") != 6) {
		payload_mistake(parser, path,
			"\"%.64s\" is no color: write it as \"#ff8000\" (red, green and blue, each "
			"from 00 to ff)",
			text);
		return false;
	}
	number = strtol(text + 1, NULL, 16);
	if (number < OUTPUT_COLOR_MIN) {
		payload_mistake(
			parser, path, "\"%s\" is dark: to turn it off, say \"on\":false", text);
		return false;
	}
	*ret = (int)number;
	return true;
}

/* The text is none of the choices. */
static void no_such_choice(struct payload_parser *parser, const struct payload_path *path,
	const struct output_key *key, const cJSON *item)
{
	const char *near = diag_nearest(item->valuestring, key->choices);
	char list[144] = "";
	size_t used = 0;

	for (size_t i = 0; key->choices[i] && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s\"%s\"",
			i ? ", " : "", key->choices[i]);
	if (key->has_stop && payload_looks_like_stop(item))
		payload_mistake(parser, path, "\"%.64s\" is no %s: to stop it, say \"%s\"",
			item->valuestring, key->name, key->choices[key->stop]);
	else if (near)
		payload_mistake(parser, path, "\"%.64s\" is no %s, did you mean \"%s\"?",
			item->valuestring, key->name, near);
	else
		payload_mistake(parser, path, "\"%.64s\" is none of %s", item->valuestring, list);
}

static bool check_choice(struct payload_parser *parser, const struct payload_path *path,
	const struct output_key *key, const cJSON *item, int *ret)
{
	if (!cJSON_IsString(item)) {
		bool may_mean_stop = key->has_stop && payload_looks_like_stop(item);

		payload_mistake(parser, path, "must be a string, not %s%s%s%s",
			payload_type_name(item), may_mean_stop ? ": to stop it, say \"" : "",
			may_mean_stop ? key->choices[key->stop] : "", may_mean_stop ? "\"" : "");
		return false;
	}
	for (int i = 0; key->choices[i]; i++) {
		if (strcmp(key->choices[i], item->valuestring) == 0) {
			*ret = i;
			return true;
		}
	}
	no_such_choice(parser, path, key, item);
	return false;
}

/* True if this output accepts the number: it may have less than others of its kind. */
static bool is_taken(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, size_t index, int number)
{
	enum port_type ports[OUTPUT_PORTS_MAX];
	const char *reason;

	if (!of->kind->refuses || !of->output)
		return true;
	config_output_ports(of->output, ports);
	reason = of->kind->refuses(ports, index, number);
	if (reason)
		payload_mistake(parser, path, "%s", reason);
	return !reason;
}

void payload_check_key(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, size_t index, const cJSON *item,
	struct output_values *values)
{
	const struct output_key *key = &of->kind->keys[index];
	bool is_right = false;
	int number = 0;

	switch (key->type) {
	case OUTPUT_KEY_BOOL:
		is_right = check_bool(parser, path, of, index, item, &number);
		break;
	case OUTPUT_KEY_NUMBER:
		is_right = check_number(parser, path, of, index, item, &number);
		break;
	case OUTPUT_KEY_CHOICE:
		is_right = check_choice(parser, path, key, item, &number);
		break;
	case OUTPUT_KEY_COLOR:
		is_right = check_color(parser, path, item, &number);
		break;
	}
	if (is_right && is_taken(parser, path, of, index, number))
		output_values_set(values, index, number);
}

/* A key directly after the kind's word, where keys of the first output may stand; -1: none. */
static int key_of_first(
	const struct config *config, const struct output_kind *kind, const char *name)
{
	int key = kind->is_plain ? output_key_find(kind, name) : -1;
	bool by_name;

	if (key >= 0 && kind->keys[key].yields_to_names &&
		payload_output_find(config, kind, name, &by_name) >= 0)
		return -1;
	return key;
}

bool payload_check_value(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, size_t key, const cJSON *item,
	struct output_values *values)
{
	if (payload_key_stops(&of->kind->keys[key], item))
		return true;
	payload_check_key(parser, path, of, key, item, values);
	return false;
}

/* --- outputs --- */

/* A stop, whatever else is in the object. */
static void stop(const struct output_kind *kind, struct output_values *values)
{
	output_values_stop(kind, values);
}

/*
 * Checks the values together. An output that moves is stopped, whatever else is given; for another
 * kind that would be a contradiction.
 */
static void check_together(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind, struct output_values *values, bool is_stopped)
{
	size_t fine = 0;

	if (!output_values_agree(kind, values, &fine)) {
		const struct output_key *coarse = &kind->keys[kind->keys[fine].coarse];
		const struct payload_path here = {path, kind->keys[fine].name};

		payload_mistake(parser, &here, "says something else than \"%s\": send one of them",
			coarse->name);
	}
	if (is_stopped && !kind->moves && !output_values_compatible(&kind->rest, values))
		payload_mistake(parser, path, "is on and off at once");
	if (is_stopped)
		stop(kind, values);
}

void payload_finish_output(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, bool is_stopped, struct payload_output *output)
{
	check_together(parser, path, of->kind, &output->values, is_stopped);
	payload_check_modifiers(parser, path, of, output);
}

/* Checks the object of one output: some of the keys, and no others. */
static void check_output(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, const cJSON *object, struct payload_output *output)
{
	const struct output_kind *kind = of->kind;
	const struct payload_keys keys = {.kind = kind, .of = PAYLOAD_KEYS_OF_ONE};
	bool is_stopped = false;
	const cJSON *item;

	if (!payload_check_filled(parser, path, object, &keys))
		return;
	cJSON_ArrayForEach(item, object) {
		const struct payload_path here = {path, item->string};
		int key = output_key_find(kind, item->string);

		if (key < 0 && payload_is_modifier(kind, item->string))
			payload_check_modifier(parser, &here, kind, item, &output->modifiers);
		else if (key < 0)
			payload_unknown_key(parser, &here, &keys);
		else if (payload_check_value(parser, &here, of, (size_t)key, item, &output->values))
			is_stopped = true;
	}
	payload_finish_output(parser, path, of, is_stopped, output);
}

/* An output's name in the map takes precedence over a modifier, where both may stand. */
static bool is_modifier_of_first(
	const struct payload_parser *parser, const struct output_kind *kind, const char *name)
{
	bool by_name;

	return kind->is_plain && payload_is_modifier(kind, name) &&
		payload_output_find(parser->config, kind, name, &by_name) < 0;
}

/* {"motor":{"1":{...}}} or {"motor":{"1":"stop"}}. If the keys of the first output may stand here,
 * anything that is not an output and does not look like one is an unknown key. */
static void check_keyed(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind, const cJSON *item)
{
	const struct payload_keys keys = {.kind = kind, .of = PAYLOAD_KEYS_OF_FIRST};
	bool is_stop = kind->moves && payload_is_stop_word(item);
	bool is_number = path->key[0] && !path->key[strspn(path->key, "0123456789")];
	bool by_name;
	ssize_t index = payload_output_find(parser->config, kind, path->key, &by_name);
	struct payload_output output = {.called = by_name ? PAYLOAD_BY_NAME : PAYLOAD_BY_INDEX};
	const struct payload_key_of of = payload_key_of(parser->config, kind, index);

	if (kind->is_plain && index < 0 && !is_number && !cJSON_IsObject(item) && !is_stop) {
		payload_unknown_key(parser, path, &keys);
		return;
	}
	if (is_stop)
		stop(kind, &output.values);
	else
		check_output(parser, path, &of, item, &output);
	add_output(parser, path, kind, &output, index);
}

static void no_output(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind)
{
	payload_mistake(parser, path, "this gateway has no %s", kind->noun);
}

/* {"motor":"stop"} */
static void stop_all(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind)
{
	const struct config_outputs_of *of = payload_outputs_of(parser->config, kind);

	if (of->n == 0)
		no_output(parser, path, kind);
	for (size_t i = 0; i < of->n; i++) {
		struct payload_output output = {.called = payload_called(parser->config, kind)};

		stop(kind, &output.values);
		add_output(parser, path, kind, &output, (ssize_t)(of->first + i));
	}
}

void payload_check_outputs(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind, const cJSON *outputs)
{
	const struct payload_keys keys = {.kind = kind, .of = PAYLOAD_KEYS_OF_ALL};
	const struct config_outputs_of *of = payload_outputs_of(parser->config, kind);
	const struct payload_key_of of_first =
		payload_key_of(parser->config, kind, of->n > 0 ? (ssize_t)of->first : -1);
	struct payload_output first = {.called = PAYLOAD_PLAIN};
	const char *first_key = NULL;
	bool is_stopped = false;
	const cJSON *item;

	if (kind->moves && payload_is_stop_word(outputs)) {
		stop_all(parser, path, kind);
		return;
	}
	if (!payload_check_filled(parser, path, outputs, &keys))
		return;
	cJSON_ArrayForEach(item, outputs) {
		const struct payload_path here = {path, item->string};
		int key = key_of_first(parser->config, kind, item->string);
		bool is_modifier = key < 0 && is_modifier_of_first(parser, kind, item->string);

		if (key < 0 && !is_modifier) {
			check_keyed(parser, &here, kind, item);
			continue;
		}
		if (is_modifier)
			payload_check_modifier(parser, &here, kind, item, &first.modifiers);
		else if (payload_check_value(
				 parser, &here, &of_first, (size_t)key, item, &first.values))
			is_stopped = true;
		if (!first_key)
			first_key = item->string;
	}
	if (!first_key)
		return;
	payload_finish_output(parser, path, &of_first, is_stopped, &first);
	if (of->n == 0)
		no_output(parser, path, kind);
	else
		add_output(parser, &(struct payload_path){path, first_key}, kind, &first,
			(ssize_t)of->first);
}
