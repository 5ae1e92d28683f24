/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files that read one output of the map: config_outputs.c, config_output_checks.c,
 * config_output_params.c, config_output_ports.c. The kind being read is the loader's. As in
 * schema.h, a mistake is added to the diag and is no error.
 */
#pragma once

#include "config_load.h"
#include "config_param.h"

/* Receives an output's keys. Only the checks use the fields beside the output. */
struct config_reading {
	struct config_output output; /* first, so that a row of the output is one of both */
	bool is_soft;
	double frequency_hz;
};

/* --- rows of the table of keys, for a struct config_output --- */

enum { CONFIG_PORT_OPTIONS = OUTPUT_PORTS_MAX + 2 }; /* a port without a name has up to three */

/* The keys by which the map names the ports of that kind. Returns their number. */
size_t config_port_options(
	const struct output_kind *kind, struct schema_option ret_options[CONFIG_PORT_OPTIONS]);

/* The keys of the kind's parameters; a pair is one key. The rows refer to words, which must live as
 * long. Returns their number. */
size_t config_output_param_options(const struct output_kind *kind,
	struct config_words words[OUTPUT_PARAMS_MAX],
	struct schema_option ret_options[OUTPUT_PARAMS_MAX]);

/* --- checks --- */

/* Reports ports that are missing, if no output of the kind can do without them. */
void config_check_ports(
	struct schema *schema, const struct yaml_node *node, const struct output_kind *kind);

/*
 * Checks an output whose keys were read: its name, its ports, and what its kind wants. Sets the
 * frequency of its ports, and their types if the kind says so. before: diag_count() before the keys
 * were read.
 */
void config_check_output(struct schema *schema, const struct yaml_node *node, size_t before,
	struct config_reading *reading);
