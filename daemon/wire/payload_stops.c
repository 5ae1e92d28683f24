/* SPDX-License-Identifier: MIT */
/*
 * The stops of a message with a mistake. cJSON may not be able to read such a message, or may show
 * only a part of it. So this reads its tokens once (json_tokens.h). The output of a value depends
 * only on the first two keys above it. The kinds' tables of keys define what a stop is.
 */
#include "json_tokens.h"
#include "payload_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_KEYS = 3 }; /* the keys that a path names */

/* An output of the map that moves, with all that the message says about it. */
struct found {
	bool is_addressed, is_stopped;
	struct payload_output output;
};

struct search {
	struct payload_parser parser; /* for checking the values beside a stop */
	unsigned depth;
	char keys[PATH_KEYS][JSON_TOKEN_BYTES]; /* down to the present value */
	char key[JSON_TOKEN_BYTES];             /* of the next value; cut, it is no known word */
	bool has_key;
	const struct output_kind *kind; /* the moving kind whose word is above; NULL: none */
	bool in_rest;                   /* below a key of something that does not move */
	bool in_id;                     /* an id is no command, whatever it says */
	ssize_t target;                 /* the output of the present value; -1: none */
	struct found found[CONFIG_OUTPUTS_MAX];
	size_t order[CONFIG_OUTPUTS_MAX], n_order; /* in the order in which they are addressed */
	bool stops, stops_all;
	struct payload_errors *errors;
};

static void address(struct search *search, size_t index, enum payload_called called)
{
	struct found *found = &search->found[index];

	if (found->is_addressed)
		return;
	found->is_addressed = true;
	found->output = (struct payload_output){.output = index, .called = called};
	search->order[search->n_order++] = index;
}

/* A key directly below the word of a moving kind: of the first output's object, or an output. */
static void follow_output(struct search *search)
{
	const struct config_outputs_of *of =
		payload_outputs_of(search->parser.config, search->kind);
	bool is_key = search->kind->is_plain &&
		(output_key_find(search->kind, search->key) >= 0 ||
			payload_is_modifier(search->kind, search->key));
	enum payload_called called = PAYLOAD_PLAIN;
	bool by_name;

	search->target =
		payload_output_find(search->parser.config, search->kind, search->key, &by_name);
	if (search->target >= 0)
		called = by_name ? PAYLOAD_BY_NAME : PAYLOAD_BY_INDEX;
	else if (is_key && of->n > 0)
		search->target = (ssize_t)of->first;
	if (search->target >= 0)
		address(search, (size_t)search->target, called);
}

static void on_key(struct search *search, const char *text)
{
	memcpy(search->key, text, JSON_TOKEN_BYTES);
	search->has_key = true;
	if (search->depth >= 1 && search->depth <= PATH_KEYS)
		memcpy(search->keys[search->depth - 1], text, JSON_TOKEN_BYTES);
	if (search->depth == 1) {
		search->target = -1;
		search->kind = output_kind_find(search->key);
		if (search->kind && !search->kind->moves)
			search->kind = NULL;
		search->in_rest = payload_key_is_of_rest(search->key);
		search->in_id = strcmp(search->key, "id") == 0;
	} else if (search->depth == 2 && search->kind) {
		follow_output(search);
	}
}

static void write_path(const struct search *search, char *out, size_t out_bytes)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < PATH_KEYS && i < search->depth && used < out_bytes; i++)
		if (search->keys[i][0])
			used += (size_t)snprintf(out + used, out_bytes - used, "%s%s",
				used ? "." : "", search->keys[i]);
}

/* The first moving kind that the map has; NULL: nothing moves. */
static const struct output_kind *moving_kind(const struct config *config)
{
	for (size_t i = 0; i < config->n_outputs; i++)
		if (config->outputs[i].kind->moves)
			return config->outputs[i].kind;
	return NULL;
}

/* The noun for everything that moves; NULL: nothing moves. */
static const char *moving_noun(const struct config *config)
{
	const struct output_kind *kind = moving_kind(config);

	for (size_t i = 0; i < config->n_outputs; i++)
		if (config->outputs[i].kind->moves && config->outputs[i].kind != kind)
			return "moving output";
	return kind ? kind->noun : NULL;
}

/* The action that stops all that moves: {"motor":"stop"} */
static void write_stop(const struct config *config, char *out, size_t out_bytes)
{
	size_t used = 0;

	for (size_t i = 0; output_kind_table[i]; i++) {
		const struct output_kind *kind = output_kind_table[i];

		if (kind->moves && payload_outputs_of(config, kind)->n > 0 && used < out_bytes)
			used += (size_t)snprintf(out + used, out_bytes - used, "%s\"%s\":\"stop\"",
				used ? "," : "{", kind->word);
	}
	if (used < out_bytes)
		(void)snprintf(out + used, out_bytes - used, "}");
}

static void stop_all(struct search *search, bool is_known)
{
	const char *noun = moving_noun(search->parser.config);
	char path[96];

	if (!search->stops_all && !is_known && noun) {
		write_path(search, path, sizeof(path));
		payload_error_add(search->errors, path,
			"a stop that names no %s of this gateway stops every %s", noun, noun);
	}
	search->stops_all = true;
}

/* True if a kind that does not move has a key with that name. */
static bool is_key_of_rest(const char *name)
{
	for (size_t i = 0; output_kind_table[i]; i++)
		if (!output_kind_table[i]->moves &&
			output_key_find(output_kind_table[i], name) >= 0)
			return true;
	return false;
}

/* The key of the present value; NULL: none. */
static const struct output_key *key_in(const struct search *search, const struct output_kind *kind)
{
	int key = output_key_find(kind, search->key);

	return key < 0 ? NULL : &kind->keys[key];
}

/* True if the value of the present key is a stop. Outside the word of a moving kind, a key that
 * other kinds have too does not count: turning off an LED of a misspelt kind stops no motor. */
static bool key_stops(const struct search *search, const cJSON *item)
{
	const struct output_key *key;

	if (!search->has_key || search->in_rest)
		return false;
	if (search->kind) {
		key = key_in(search, search->kind);
		return key && payload_key_stops(key, item);
	}
	for (size_t i = 0; output_kind_table[i]; i++) {
		key = output_kind_table[i]->moves ? key_in(search, output_kind_table[i]) : NULL;
		if (key && !is_key_of_rest(search->key) && payload_key_stops(key, item))
			return true;
	}
	return false;
}

/* A correct value beside a stop is remembered. */
static void note_value(struct search *search, struct found *found, const cJSON *item)
{
	int key = search->has_key && search->kind ? output_key_find(search->kind, search->key) : -1;

	if (key >= 0 && search->depth <= 3) {
		const struct payload_key_of of =
			payload_key_of(search->parser.config, search->kind, search->target);

		payload_check_key(
			&search->parser, NULL, &of, (size_t)key, item, &found->output.values);
	}
}

static void on_value(struct search *search, const cJSON *item)
{
	bool is_word = payload_is_stop_word(item);
	struct found *found = search->target < 0 ? NULL : &search->found[search->target];

	if (is_word ? !search->in_id : key_stops(search, item)) {
		search->stops = true;
		if (found)
			found->is_stopped = true;
		else
			stop_all(search, is_word && search->depth == 1 && search->kind);
	} else if (found) {
		note_value(search, found, item);
	}
}

/* A number, true, false or null. */
static cJSON item_of_word(const char *word)
{
	switch (word[0]) {
	case 't':
		return (cJSON){.type = cJSON_True};
	case 'f':
		return (cJSON){.type = cJSON_False};
	case 'n':
		return (cJSON){.type = cJSON_NULL};
	default:
		return (cJSON){.type = cJSON_Number, .valuedouble = strtod(word, NULL)};
	}
}

static void on_token(struct search *search, struct json_token *token)
{
	cJSON item;

	switch (token->kind) {
	case JSON_TOKEN_OPEN:
		if (search->depth < PATH_KEYS)
			search->keys[search->depth][0] = '\0';
		search->depth++;
		break;
	case JSON_TOKEN_CLOSE:
		search->depth--;
		return;
	case JSON_TOKEN_KEY:
		on_key(search, token->text);
		return;
	case JSON_TOKEN_TEXT:
		on_value(search, &(cJSON){.type = cJSON_String, .valuestring = token->text});
		break;
	case JSON_TOKEN_WORD:
		item = item_of_word(token->text);
		on_value(search, &item);
		break;
	}
	search->has_key = false;
}

static void add_stop(struct payload_action *stops, const struct config *config,
	const struct payload_output *output)
{
	struct payload_output *stop = &stops->outputs[stops->n_outputs++];

	*stop = *output;
	output_values_stop(config->outputs[output->output].kind, &stop->values);
}

/* Adds all moving outputs that are not among those of the search, which may be NULL. */
static void add_others(
	struct payload_action *stops, const struct config *config, const struct search *search)
{
	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct output_kind *kind = config->outputs[i].kind;
		const struct payload_output output = {
			.output = i, .called = payload_called(config, kind)};

		if (kind->moves && !(search && search->found[i].is_addressed))
			add_stop(stops, config, &output);
	}
}

/* Each output once: those that are told to stop, then those that are addressed, then the rest. */
static void collect(
	const struct search *search, const struct config *config, struct payload_action *ret_stops)
{
	for (int want = 1; want >= 0; want--) {
		for (size_t i = 0; i < search->n_order; i++) {
			const struct found *found = &search->found[search->order[i]];
			struct payload_output output = found->output;
			size_t key;

			if (found->is_stopped != (want == 1))
				continue;
			/* Values that are refused or contradictory are not remembered. */
			if (!found->is_stopped ||
				!output_values_agree(
					config->outputs[output.output].kind, &output.values, &key))
				output.values.given = 0;
			add_stop(ret_stops, config, &output);
		}
	}
	if (search->stops_all)
		add_others(ret_stops, config, search);
}

void payload_stop_all(const struct config *config, struct payload_action *ret_stops)
{
	ret_stops->n_outputs = 0;
	add_others(ret_stops, config, NULL);
}

void payload_parse_stops(const struct config *config, const struct payload_bytes *bytes,
	struct payload_action *ret_stops, struct payload_errors *errors)
{
	struct payload_errors beside; /* mistakes that were reported with the refusal */
	struct json_tokens tokens = {bytes->data, bytes->data + bytes->size};
	struct json_token token;
	struct search search;

	ret_stops->n_outputs = 0;
	if (bytes->true_size > PAYLOAD_ACTION_MAX || bytes->size > PAYLOAD_ACTION_MAX)
		return;
	if (payload_parse_stop_text(config, bytes, ret_stops) == 0) {
		const char *noun = moving_noun(config);
		char action[96];

		write_stop(config, action, sizeof(action));
		if (noun)
			payload_error_add(errors, "",
				"the text stop stops every %s; as an action it is %s", noun,
				action);
		return;
	}
	if (!json_is_readable(bytes->data, bytes->size))
		return;
	memset(&search, 0, sizeof(search));
	beside.count = 0;
	search.parser.config = config;
	search.parser.errors = &beside;
	search.target = -1;
	search.errors = errors;
	while (json_tokens_next(&tokens, &token))
		on_token(&search, &token);
	if (search.stops)
		collect(&search, config, ret_stops);
}
