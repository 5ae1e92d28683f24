/* SPDX-License-Identifier: MIT */
/* Shared by the files of the section sensors. As in config_load.h. */
#pragma once

#include "config_load.h"

/* The keys of every sensor; those of measured sensors only; and derive and of. */
extern const struct schema_option config_sensor_options[];
extern const struct schema_option config_measured_options[];
extern const struct schema_option config_derived_options[];

/* The row of an argument of a derived value; it fills an array of doubles. */
struct schema_option config_derived_argument_option(
	const struct derived_argument *argument, size_t index);

/* A table for looking up keys: those of measured sensors only, the samplings' included. The caller
 * frees it. */
int config_new_measured_options(struct schema_option **ret_options);

/* Reads the sampling's key. node NULL: the default. */
int config_read_sampling(
	struct schema *schema, const struct yaml_node *node, struct config_sensor *sensor);

/* Reads the keys of a sensor with derive, except those of every sensor. */
int config_read_derived(
	struct schema *schema, const struct yaml_node *node, struct config_sensor *sensor);
