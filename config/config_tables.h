/* SPDX-License-Identifier: MIT */
/*
 * The tables of the device map, row by row, for describing the map, as its JSON Schema does. The
 * rows and their texts are only valid during the call.
 */
#pragma once

#include "config_load.h"

typedef void (*config_visit)(void *context, const struct schema_option *option);

/* Visits the keys of a chip with that driver. */
void config_visit_chip_options(const struct driver *driver, config_visit visit, void *context);

/* Visits the keys of a sensor that is derived in this way; NULL: of a measured one. */
void config_visit_sensor_options(const struct derived *derived, config_visit visit, void *context);

/* Visits the keys of an output of that kind. Two rows may have the same key. */
void config_visit_output_options(const struct output_kind *kind, config_visit visit, void *context);

void config_visit_failsafe_options(config_visit visit, void *context);

/* The keys of an item of the section packed. */
extern const struct schema_option config_packed_options[];
