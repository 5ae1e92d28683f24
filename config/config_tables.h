/* SPDX-License-Identifier: MIT */
/*
 * The tables of the device map, row by row, for whoever describes the map: its JSON Schema. The
 * rows, and what they refer to, are valid only during the call.
 */
#pragma once

#include "config_load.h"

/* help: one short sentence, or NULL. */
typedef void (*config_visit)(void *context, const struct schema_option *option, const char *help);

/* The keys of a chip with that driver. */
void config_visit_chip_options(const struct driver *driver, config_visit visit, void *context);

/* The keys of a sensor that is derived so; NULL: of one that is measured. */
void config_visit_sensor_options(const struct derived *derived, config_visit visit, void *context);

/* The keys of an output of that kind. Two rows may have one key. */
void config_visit_output_options(const struct output_kind *kind, config_visit visit, void *context);

void config_visit_failsafe_options(config_visit visit, void *context);

/* Of an item of the section packed. */
extern const struct schema_option config_packed_options[];
