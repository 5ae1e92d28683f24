/* SPDX-License-Identifier: MIT */
/* Between the files of the section sensors. As in config_load.h. */
#pragma once

#include "config_load.h"

/* What each sensor takes; what only those that are measured take; and derive and of. */
extern const struct schema_option config_sensor_options[];
extern const struct schema_option config_measured_options[];
extern const struct schema_option config_derived_options[];

/* What only those that are measured take, with the keys of the samplings: to look for keys. To be
 * freed. */
int config_new_measured_options(struct schema_option **ret_options);

/* Those of the samplings. node NULL: the default. */
int config_read_sampling(
	struct schema *schema, const struct yaml_node *node, struct config_sensor *sensor);

/* The keys of a sensor with derive, but for those that each sensor takes. */
int config_read_derived(
	struct schema *schema, const struct yaml_node *node, struct config_sensor *sensor);
