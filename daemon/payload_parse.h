/* SPDX-License-Identifier: MIT */
/*
 * What the payload_parse*.c files share: where in a message they are, and the checks that are the
 * same everywhere. A check that fails adds its mistake and the parsing goes on, so that one answer
 * names all of them.
 */
#pragma once

#include "payload.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/types.h>

enum { PAYLOAD_KEYS_MAX = 8 }; /* in one table */

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
	bool has_ts, has_ttl; /* also when they are wrong */
	double ts_ms, ttl_ms; /* NAN: not there, or wrong */
};

/* What a key means: the check of its value, which also puts it into *target. */
struct payload_key {
	const char *name;
	void (*check)(struct payload_parser *parser, const struct payload_path *path,
		const cJSON *item, void *target);
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

/* Each of these: true, or a mistake more. */
bool payload_check_filled(
	struct payload_parser *parser, const struct payload_path *path, const cJSON *item);
bool payload_check_whole(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, const struct payload_range *range, double *ret_value);

/* The row of that name in a table that ends with a NULL name, or NULL. */
const struct payload_key *payload_key_find(const struct payload_key *keys, const char *name);

void payload_unknown_key(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key *keys);

/* An object that has some of the keys, and no others. */
void payload_check_object(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *object, const struct payload_key *keys, void *target);

/* No key twice in any object of the tree. */
void payload_check_repeated(
	struct payload_parser *parser, const struct payload_path *path, const cJSON *tree);

/* Rows of the action's table, in payload_parse_device.c. */
void payload_check_leds(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *leds, void *target);
void payload_check_motors(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *motors, void *target);
