/* SPDX-License-Identifier: MIT */
/*
 * Shared by the payload_parse*.c files: the place in a message, and the checks that are the same
 * everywhere. A check that fails adds its mistake and parsing goes on, so that one answer names all
 * mistakes.
 */
#pragma once

#include "json_scan.h"
#include "payload.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/types.h>

#define PAYLOAD_WHOLE_MAX 9007199254740991.0 /* 2^53 - 1: up to here a double has every one */

enum { PAYLOAD_KEYS_MAX = 16 }; /* of a table, in the message about an unknown key */

/* A place in the message: the keys down to it. */
struct payload_path {
	const struct payload_path *up;
	const char *key;
};

/* One message on its way into *action. */
struct payload_parser {
	const struct config *config;
	struct payload_errors *errors;
	struct payload_action *action;
	/* For each output of the map: the sender's key for it; NULL: not addressed yet. */
	const char *addressed[CONFIG_OUTPUTS_MAX];
	bool has_ts, has_ttl; /* even if they are wrong */
	double ts_ms, ttl_ms; /* NAN: not there, or wrong */
};

/* A key that is not an output's. */
struct payload_key {
	const char *name;
	/* Checks the value, and stores it in *target. */
	void (*check)(struct payload_parser *parser, const struct payload_path *path,
		const cJSON *item, void *target);
};

/* The keys of an object. */
struct payload_keys {
	const struct payload_key *rows; /* the last one has no name; NULL: the kind's keys */
	const char *example;            /* an example of such an object; NULL: the kind's */
	bool has_kinds;                 /* the words of all kinds come before the rows */
	const struct output_kind *kind;
	enum {
		PAYLOAD_KEYS_OF_ALL,   /* the object after the kind's word */
		PAYLOAD_KEYS_OF_FIRST, /* the same, with the first output's keys in it */
		PAYLOAD_KEYS_OF_ONE,   /* the object of one output */
	} of;
};

struct payload_range {
	double min, max;
	const char *unit;  /* " ms" or "" */
	unsigned decimals; /* allowed in a number; 0: whole numbers */
};

/* Adds a mistake. path may be NULL: the message as a whole. */
__attribute__((format(printf, 3, 4))) void payload_mistake(
	struct payload_parser *parser, const struct payload_path *path, const char *format, ...);

/* "a string", to follow "must be a number, not ". */
const char *payload_type_name(const cJSON *item);

/* Adds the mistake that the item is not an object, or is empty. */
void payload_not_filled(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, const struct payload_keys *keys);

/* Each of these returns true, or adds a mistake. */
static inline bool payload_check_filled(struct payload_parser *parser,
	const struct payload_path *path, const cJSON *item, const struct payload_keys *keys)
{
	if (cJSON_IsObject(item) && item->child)
		return true;
	payload_not_filled(parser, path, item, keys);
	return false;
}
bool payload_check_number(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, const struct payload_range *range, double *ret_value);

/* The row of that name, or NULL. */
const struct payload_key *payload_key_find(const struct payload_keys *keys, const char *name);

void payload_unknown_key(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_keys *keys);

/* Checks an object that has some of the keys, and no others. */
void payload_check_object(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *object, const struct payload_keys *keys, void *target);

/* Checks that no object of the tree has a key twice. */
void payload_check_repeated(
	struct payload_parser *parser, const struct payload_path *path, const cJSON *tree);

/* Explains a mistake of json_scan() to a user. */
void payload_explain_json(const struct payload_bytes *bytes, const struct json_mistake *mistake,
	struct payload_errors *errors);

/* The index of an output by its name or number, or -1. */
ssize_t payload_output_find(const struct config *config, const struct output_kind *kind,
	const char *key, bool *ret_by_name);

/* True for the word "stop" as a value. */
bool payload_is_stop_word(const cJSON *item);

/* True for a word by which somebody may mean a stop: "stop", "Stop", "off". */
bool payload_word_means_stop(const char *word);

/* The same for a value that is not a stop: "Stop", "off", false, null, 0. */
bool payload_looks_like_stop(const cJSON *item);

/* True if a key at the top of an action concerns something that does not move. */
bool payload_key_is_of_rest(const char *key);

/* True if that value of the key stops an output that moves. */
bool payload_key_stops(const struct output_key *key, const cJSON *item);

/* A key and its owner. */
struct payload_key_of {
	const struct output_kind *kind;
	const struct config_output *output; /* NULL: there is none such */
};

/* output may be of the map, or one that does not exist. */
static inline struct payload_key_of payload_key_of(
	const struct config *config, const struct output_kind *kind, ssize_t output)
{
	return (struct payload_key_of){kind, output < 0 ? NULL : &config->outputs[output]};
}

/* Checks a value that is not a stop, and adds it to the values. */
void payload_check_key(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, size_t index, const cJSON *item,
	struct output_values *values);

/* True if an action may have it beside the keys of that kind: "for". */
bool payload_is_modifier(const struct output_kind *kind, const char *name);

/* The names of the kind's modifiers by index; NULL: no more. */
const char *payload_modifier_name(const struct output_kind *kind, size_t index);

/* Checks the value of a modifier, whose name ends the path, and notes it. */
void payload_check_modifier(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind, const cJSON *item, struct output_modifiers *modifiers);

/* The same of any value: returns true, and adds nothing, if it stops. */
bool payload_check_value(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, size_t key, const cJSON *item,
	struct output_values *values);

/* After all of an output's values were read: checks what they mean together. */
void payload_finish_output(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, bool is_stopped, struct payload_output *output);

/* Names the outputs of the kind, as the last key of the path is none of them. */
void payload_no_such_output(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind);

/* Fills in outputs and n_outputs: all that moves is stopped. */
void payload_stop_all(const struct config *config, struct payload_action *ret_stops);

/* Checks modifiers against each other and the map, after the output's whole object was read. */
void payload_check_modifiers(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, const struct payload_output *output);

/* Checks that no two outputs of an action exclude each other. */
void payload_check_interlocks(struct payload_parser *parser);

/* True if the gateway knows a kind's word: it has such outputs, or everybody expects it. */
static inline bool payload_kind_is_known(
	const struct config *config, const struct output_kind *kind)
{
	return kind->is_counted || payload_outputs_of(config, kind)->n > 0;
}

/* A payload_key.check: which counter is set, and to what. */
void payload_check_count(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target);

/* After the message was read: checks that a counter is set by a message of its own. */
void payload_check_count_alone(struct payload_parser *parser);

/* Checks the value of a kind's word. */
void payload_check_outputs(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind, const cJSON *outputs);
