/* SPDX-License-Identifier: MIT */
/*
 * What the payload_parse*.c files share: where in a message they are, and the checks that are the
 * same everywhere. A check that fails adds its mistake and the parsing goes on, so that one answer
 * names all of them.
 */
#pragma once

#include "json_scan.h"
#include "payload.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/types.h>

enum { PAYLOAD_KEYS_MAX = 16 }; /* of a table, in the words about an unknown key */

/* Where in the message: the keys down to here. */
struct payload_path {
	const struct payload_path *up;
	const char *key;
};

/* One message on its way into *action. */
struct payload_parser {
	const struct config *config;
	struct payload_errors *errors;
	struct payload_action *action;
	/* By output, as far as the map has them: the sender's key; NULL: not addressed yet. */
	const char *addressed[CONFIG_OUTPUTS_MAX];
	bool has_ts, has_ttl; /* also when they are wrong */
	double ts_ms, ttl_ms; /* NAN: not there, or wrong */
};

/* What a key means that is not an output's. */
struct payload_key {
	const char *name;
	/* Checks the value, and puts it into *target. */
	void (*check)(struct payload_parser *parser, const struct payload_path *path,
		const cJSON *item, void *target);
};

/* The keys of an object. */
struct payload_keys {
	const struct payload_key *rows; /* the last one has no name; NULL: those of the kind */
	const char *example;            /* of such an object; NULL: the kind's */
	bool has_kinds;                 /* the words of all kinds come before the rows */
	const struct output_kind *kind;
	enum {
		PAYLOAD_KEYS_OF_ALL,   /* the object that stands behind the kind's word */
		PAYLOAD_KEYS_OF_FIRST, /* the same, where the first one's keys stand in it */
		PAYLOAD_KEYS_OF_ONE,   /* the object of one output */
	} of;
};

struct payload_range {
	double min, max;
	const char *unit;  /* " ms" or "" */
	unsigned decimals; /* that a number may have; 0: whole */
};

/* path may be NULL: the message as a whole. */
__attribute__((format(printf, 3, 4))) void payload_mistake(
	struct payload_parser *parser, const struct payload_path *path, const char *format, ...);

/* "a string", for "must be a number, not ...". */
const char *payload_type_name(const cJSON *item);

/* What is not an object with something in it. */
void payload_not_filled(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, const struct payload_keys *keys);

/* Each of these: true, or a mistake more. */
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

/* An object that has some of the keys, and no others. */
void payload_check_object(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *object, const struct payload_keys *keys, void *target);

/* No key twice in any object of the tree. */
void payload_check_repeated(
	struct payload_parser *parser, const struct payload_path *path, const cJSON *tree);

/* What json_scan() has found, in the words for a user. */
void payload_explain_json(const struct payload_bytes *bytes, const struct json_mistake *mistake,
	struct payload_errors *errors);

/* The index of an output by its name or its number, or -1. */
ssize_t payload_output_find(const struct config *config, const struct output_kind *kind,
	const char *key, bool *ret_by_name);

/* The word "stop" as a value. */
bool payload_is_stop_word(const cJSON *item);

/* Whether somebody may mean a stop by it: "stop", "Stop", "off". */
bool payload_word_means_stop(const char *word);

/* The same of a value that is none: "Stop", "off", false, null, 0. */
bool payload_looks_like_stop(const cJSON *item);

/* Whether a key at the top of an action is about something that does not move. */
bool payload_key_is_of_rest(const char *key);

/* Whether that value of a key stops what moves. */
bool payload_key_stops(const struct output_key *key, const cJSON *item);

/* Whose key it is. */
struct payload_key_of {
	const struct output_kind *kind;
	const struct config_output *output; /* NULL: there is none such */
};

/* The output: of the map, or one that is not there. */
static inline struct payload_key_of payload_key_of(
	const struct config *config, const struct output_kind *kind, ssize_t output)
{
	return (struct payload_key_of){kind, output < 0 ? NULL : &config->outputs[output]};
}

/* Checks a value that does not stop, and adds it to the values. */
void payload_check_key(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, size_t index, const cJSON *item,
	struct output_values *values);

/* Whether an action may say it beside the keys of that kind: "for". */
bool payload_is_modifier(const struct output_kind *kind, const char *name);

/* Those of the kind, one after the other; NULL: no more. */
const char *payload_modifier_name(const struct output_kind *kind, size_t index);

/* Checks the value of one that is, named at the end of the path, and notes it. */
void payload_check_modifier(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind, const cJSON *item, struct output_modifiers *modifiers);

/* What they cannot stand beside, once the output's object was read, and what the map allows. */
void payload_check_modifiers(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, const struct payload_output *output);

/* That no two outputs of an action exclude each other. */
void payload_check_interlocks(struct payload_parser *parser);

/* Whether a kind's word is one of this gateway's: it has such outputs, or everybody expects it. */
static inline bool payload_kind_is_known(
	const struct config *config, const struct output_kind *kind)
{
	return kind->is_counted || payload_outputs_of(config, kind)->n > 0;
}

/* What stands behind the word of a kind. */
void payload_check_outputs(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind, const cJSON *outputs);
