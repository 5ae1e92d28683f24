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

/* The LEDs or the motors of the map, and who has addressed them so far. What is beyond the count is
 * not set. */
struct payload_devices {
	const char *kind; /* "LED" */
	size_t count;
	const char *names[CONFIG_LEDS_MAX + 1]; /* then NULL */
	const char *addressed[CONFIG_LEDS_MAX]; /* the sender's key; NULL: not yet */
};

/* One message on its way into *action. */
struct payload_parser {
	const struct config *config;
	struct payload_errors *errors;
	struct payload_action *action;
	struct payload_devices leds, motors;
	bool stopped;         /* a key of the object that is checked has stopped its motor */
	bool has_ts, has_ttl; /* also when they are wrong */
	double ts_ms, ttl_ms; /* NAN: not there, or wrong */
};

/* What a key means. */
struct payload_key {
	const char *name;
	/* Checks a value that does not stop, and puts it into *target. NULL: not a key of an action
	 * yet; only its stop is obeyed. */
	void (*check)(struct payload_parser *parser, const struct payload_path *path,
		const cJSON *item, void *target);
	/* Whether that value stops what moves. NULL: none does. */
	bool (*stops)(const cJSON *item);
};

/* The keys of an object. */
struct payload_keys {
	const struct payload_key *rows; /* the last one has no name */
	const char *example;            /* of such an object */
	const char *stop;               /* how to say stop there; NULL: nothing moves */
};

struct payload_range {
	double min, max;
	const char *unit; /* " ms" or "" */
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
bool payload_check_whole(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, const struct payload_range *range, double *ret_value);

/* The row of that name, or NULL. */
const struct payload_key *payload_key_find(const struct payload_keys *keys, const char *name);

/* The value of a key: sets parser->stopped, or checks it. */
void payload_check_value(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key *key, const cJSON *item, void *target);

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

/* Fills in the LEDs and the motors of a map; nobody has addressed them yet. */
void payload_list_devices(struct payload_parser *parser, const struct config *config);

/* The index of a device by its name or its number, or -1. */
ssize_t payload_device_find(
	const struct payload_devices *devices, const char *key, bool *ret_by_name);

/* The word "stop" as a value. */
bool payload_is_stop_word(const cJSON *item);

/* Whether somebody may mean a stop by it: "stop", "Stop", "off". */
bool payload_word_means_stop(const char *word);

/* The same of a value that is none: "Stop", "off", false, null, 0. */
bool payload_looks_like_stop(const cJSON *item);

/* Whether a key at the top of an action is about something that does not move. */
bool payload_key_is_of_rest(const char *key);

/* Whether it is a key of an LED's object. */
bool payload_key_is_of_leds(const char *key);

/* What the keys of a motor mean. */
extern const struct payload_keys PAYLOAD_MOTOR_KEYS;

/* How a motor is called that the sender has not called by itself. */
static inline enum payload_motor_called payload_motor_called(const struct config *config)
{
	return config->n_motors > 1 ? PAYLOAD_MOTOR_BY_INDEX : PAYLOAD_MOTOR_PLAIN;
}

/* Rows of the action's table, in payload_parse_device.c. */
void payload_check_leds(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *leds, void *target);
void payload_check_motors(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *motors, void *target);
