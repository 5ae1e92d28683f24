/* SPDX-License-Identifier: MIT */
/*
 * Between the files of config.h. Each section of the map has a file with its table; what spans
 * sections is in config_check.c. As in schema.h, a mistake is added to the diag and is no error:
 * all functions return 0 or -ENOMEM.
 */
#pragma once

#include "config.h"
#include "schema.h"
#include "yaml_tree.h"

#define CONFIG_NO_INDEX SIZE_MAX /* a reference that could not be resolved */

struct config_loader {
	struct schema schema; /* its context is this loader */
	struct config *config;
	const char *hostname;
	const struct yaml_node *root;
};

/* The loader that a custom function's schema belongs to. */
struct config_loader *config_loader_of(struct schema *schema);

/* An item of chips, sensors, packed, leds or motors: its index is that in the config's array. */
const struct yaml_node *config_item(
	const struct config_loader *loader, const char *section, size_t index);

/* A config with the file's bytes and nothing else. */
int config_read_file(const char *path, struct diag *diag, struct config **ret_config);

/* Another one, with the bytes that this one had. */
int config_begin_again(struct config *from, struct config **ret_config);

/* From those bytes. -EINVAL: there are mistakes, and the config is good for nothing. */
int config_fill(struct config *config, const char *hostname, struct diag *diag);

/* All sections. */
extern const struct schema_option config_sections[];

/* Tables of the sections that are plain maps. */
extern const struct schema_option config_mqtt_options[];
extern const struct schema_option config_interval_options[];
extern const struct schema_option config_failsafe_options[];
extern const struct schema_option config_spool_options[];

/* Custom functions of the others; field is the struct config's. */
int config_read_chips(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_sensors(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_interval(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_packed(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_leds(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_motors(struct schema *schema, const struct yaml_node *node, void *field);

/* What a section's table cannot say by itself. */
int config_finish_mqtt(struct config_loader *loader);

/* What spans sections. */
int config_check_uses(struct config_loader *loader);

/* Warnings about what a board, and what a broker, makes of it. The map has no mistake. */
int config_check_board(struct config_loader *loader);
void config_warn_mqtt(struct config_loader *loader);

/* The option address, read after driver; field is the struct config_chip. */
int config_read_address(struct schema *schema, const struct yaml_node *node, void *field);

/* The options of a chip whose bus is GPIO lines, besides its driver's line_keys. */
extern const struct schema_option config_lines_options[];

/* Reads those options and the lines, of a chip that has its driver. */
int config_read_lines(struct schema *schema, const struct yaml_node *map, struct config_chip *chip);

/* The option simulate; field is the struct config_sensor. */
int config_read_simulate(struct schema *schema, const struct yaml_node *node, void *field);

/* The chip of that name, or CONFIG_NO_INDEX. */
size_t config_chip_index(const struct config *config, const char *name, size_t length);

/* The mistake "unknown chip", for a value that begins with its name. */
int config_unknown_chip(struct config_loader *loader, const struct yaml_node *node, size_t length);

/* The names of all chips, ending with NULL. The caller frees the array, not the names. */
int config_chip_names(const struct config *config, const char ***ret_names);

/* The items of a section become an array of structs. */
struct config_section {
	enum yaml_kind kind; /* MAP: named items */
	size_t size;         /* bytes of one struct */
	size_t max;          /* items; more are a mistake */
	const char *example; /* how it is written */
};

/* Zeroed memory for the items, unless the section is a mistake or empty. */
int config_new_items(struct schema *schema, const struct yaml_node *node,
	const struct config_section *section, void **ret_array, size_t *ret_n);

/* Fills in all fingerprints. The config is without mistakes. */
int config_fingerprints(struct config *config);
