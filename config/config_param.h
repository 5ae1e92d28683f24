/* SPDX-License-Identifier: MIT */
/* Parameters of parts and of kinds of output: rows of a table for an array of doubles. */
#pragma once

#include "driver.h"
#include "schema.h"
#include "schema_units.h"

/* What a parameter's row refers to. */
struct config_words {
	struct schema_choice choices[DRIVER_WORDS_MAX + 1];
	char initial[SCHEMA_UNITS_TEXT_MAX]; /* the default as it would stand in the map; "": none
						that helps as an example */
};

/* The row of a parameter, whose double lies at offset. words: its own, as long as the row. */
struct schema_option config_param_option(
	const struct driver_param *param, size_t offset, struct config_words *words);

/* The values that a map need not give. */
void config_param_defaults(const struct driver_param *params, size_t n_params, double *values);

/* A mistake for each value of the map that is none of its parameter's choices. */
void config_param_check(struct schema *schema, const struct yaml_node *map,
	const struct driver_param *params, size_t n_params, const double *values);
