/* SPDX-License-Identifier: MIT */
/* Parameters of parts and kinds of output: table rows that fill an array of doubles. */
#pragma once

#include "driver.h"
#include "schema.h"
#include "schema_units.h"

/* Texts that a parameter's row refers to. */
struct config_words {
	struct schema_choice choices[DRIVER_WORDS_MAX + 1];
	char initial[SCHEMA_UNITS_TEXT_MAX]; /* the default, written as in the map; "": it would be
						no helpful example */
};

/* The row of a parameter, whose double is at offset. The row refers to words, which must live on.
 * */
struct schema_option config_param_option(
	const struct driver_param *param, size_t offset, struct config_words *words);

/* Sets the defaults of all parameters. */
void config_param_defaults(const struct driver_param *params, size_t n_params, double *values);

/* Reports each value of the map that is not one of its parameter's choices. */
void config_param_check(struct schema *schema, const struct yaml_node *map,
	const struct driver_param *params, size_t n_params, const double *values);
