/* SPDX-License-Identifier: MIT */
/* The outputs of a map, by the word of their kind and by the names of their keys. */
#pragma once

#include "config.h"
#include "hal_error.h"
#include <string.h>

static inline const struct config_outputs_of *outputs_of(
	const struct config *config, const char *word)
{
	return &config->outputs_of[output_kind_index(output_kind_find(word))];
}

static inline size_t output_index(const struct config *config, const char *word, size_t index)
{
	return outputs_of(config, word)->first + index;
}

/* The first one of the kind, and those behind it. */
static inline const struct config_output *outputs_begin(
	const struct config *config, const char *word)
{
	return config->outputs + outputs_of(config, word)->first;
}

static inline double output_param(const struct config_output *output, const char *key)
{
	for (size_t i = 0; i < output->kind->n_params; i++)
		if (strcmp(output->kind->params[i].key, key) == 0)
			return output->params[i];
	return -1;
}

static inline int output_value(
	const char *word, const struct output_values *values, const char *name)
{
	int key = output_key_find(output_kind_find(word), name);

	return key >= 0 && output_values_has(values, (size_t)key) ? values->numbers[key] : -1;
}

/* The words of a motor's direction, as numbers. */
enum { WORD_FORWARD, WORD_BACKWARD, WORD_STOP };

static inline struct output_values led_values(bool on, int bright)
{
	return (struct output_values){.given = bright ? 3 : 1, .numbers = {on, bright}};
}

/* speed 0: not given. */
static inline struct output_values motor_values(int direction, int speed)
{
	return (struct output_values){.given = speed ? 3 : 1, .numbers = {direction, speed}};
}
