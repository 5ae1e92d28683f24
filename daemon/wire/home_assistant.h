/* SPDX-License-Identifier: MIT */
/*
 * Describes this gateway to Home Assistant, by its MQTT device discovery: one device, whose
 * entities come out of the map and the tables of drivers and of kinds of outputs. Only the
 * home_assistant* files know its words. Only bytes out, no I/O and no state; any thread.
 *
 * Source: home-assistant.io/integrations/mqtt, "MQTT discovery"; the words that are allowed stand
 * in tests/integration/home_assistant_rules.py, against which every message is tested.
 */
#pragma once

#include "config.h"
#include <stdbool.h>
#include <stddef.h>

enum {
	HOME_ASSISTANT_KEY_BYTES = 96,
	/* Any device fits into one message of this size, at least with one entity. */
	HOME_ASSISTANT_BYTES_MIN = 6 * 1024,
};

struct home_assistant {
	const struct config *config;
	const char *id;      /* of the device; letters, digits and _ */
	const char *version; /* of the gateway */
	const char *board;   /* NULL: unknown */
};

/* One thing of the device, "sensor_temp": it keeps its key whatever its label is. */
struct home_assistant_entity {
	char key[HOME_ASSISTANT_KEY_BYTES];
	const char *platform; /* "sensor"; a constant */
};

/* A place among the entities; all zero: the beginning. */
struct home_assistant_place {
	size_t group, index;
};

/* Goes to the next entity. False: there is none. */
bool home_assistant_next(const struct config *config, struct home_assistant_place *place,
	struct home_assistant_entity *ret_entity);

/*
 * A message with the entities from *place on, as many as there is room for, and *place behind them.
 * Returns the length; 0: there is no entity left; -ENOBUFS: not even one fits.
 */
int home_assistant_format(const struct home_assistant *ha, struct home_assistant_place *place,
	char *out, size_t out_bytes);

/* A message that removes these entities from the device. -ENOBUFS. */
int home_assistant_format_removal(const struct home_assistant *ha,
	const struct home_assistant_entity *entities, size_t n, char *out, size_t out_bytes);

/* Tells whether Home Assistant knows values of that quantity in that unit, and returns its word
 * for it. NULL: it does not, and is only told the unit. Both may be NULL. */
const char *home_assistant_class(const char *quantity, const char *unit);
