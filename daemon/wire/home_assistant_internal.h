/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files of home_assistant.h.
 *
 *   home_assistant.c          the message: device, entities, what fits into one
 *   home_assistant_class.c    its words for quantities, with their units
 *   home_assistant_own.c      the gateway itself: interval, a reading now, its condition
 *   home_assistant_inputs.c   switches and buttons
 *   home_assistant_outputs.c  outputs, by their nature
 *   home_assistant_sensors.c  the values of a reading
 */
#pragma once

#include "home_assistant.h"
#include "json_writer.h"

/* A group of entities with the same source. */
struct home_assistant_group {
	const char *word; /* the beginning of each key */
	size_t (*count)(const struct config *config);
	/* False: Home Assistant has nothing for this one. *ret_name is part of the key. */
	bool (*describe)(const struct config *config, size_t index, const char **ret_platform,
		const char **ret_word, const char **ret_name);
	/* Adds all but what every entity has. */
	void (*write)(struct json_writer *json, const struct home_assistant *ha, size_t index);
};

extern const struct home_assistant_group home_assistant_own, home_assistant_inputs,
	home_assistant_outputs, home_assistant_sensors;

/* A text made by printf(): a template, mostly. */
__attribute__((format(printf, 3, 4))) void home_assistant_text(
	struct json_writer *json, const char *key, const char *format, ...);

/* A topic below the map's root. */
void home_assistant_topic(struct json_writer *json, const char *key,
	const struct home_assistant *ha, const char *name);

/* True if values of the class only add up. */
bool home_assistant_class_is_total(const char *class);
