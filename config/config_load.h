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
	const struct output_kind *kind; /* while its section is read */
};

/* The loader that a custom function's schema belongs to. */
struct config_loader *config_loader_of(struct schema *schema);

/* An item of a section: its index is that in the config's array, or among outputs of its kind. */
const struct yaml_node *config_item(
	const struct config_loader *loader, const char *section, size_t index);

/* A config with the file's bytes and nothing else. */
int config_read_file(const char *path, struct diag *diag, struct config **ret_config);

/* Another one, with the bytes that this one had. */
int config_begin_again(struct config *from, struct config **ret_config);

/* From those bytes. -EINVAL: there are mistakes, and the config is good for nothing. */
int config_fill(struct config *config, const char *hostname, struct diag *diag);

/* All sections: the gateway's own and one for each kind of output. Then a row without a key. */
enum { CONFIG_SECTIONS_MAX = 16 + OUTPUT_KINDS_MAX };
void config_sections(struct schema_option ret_sections[CONFIG_SECTIONS_MAX]);

/* Tables of the sections that are plain maps. */
extern const struct schema_option config_mqtt_options[];
extern const struct schema_option config_interval_options[];
extern const struct schema_option config_spool_options[];

/* Custom functions of the others; field is the struct config's. */
int config_read_chips(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_sensors(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_interval(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_packed(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_output_section(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_failsafe(struct schema *schema, const struct yaml_node *node, void *field);

/* The outputs of one section, behind those that the config has. */
int config_read_outputs(struct schema *schema, const struct yaml_node *node,
	const struct output_kind *kind, struct config *config);

/* Takes over an output, behind those that are there. */
int config_add_output(struct config *config, const struct config_output *output);
void config_free_output(struct config_output *output);

/* True if each port that the item names is one, and so is the port of a kind that has one. */
bool config_has_ports(const struct config_output *output, const struct yaml_node *item);

/* What the map can say of a kind's fail-safe; ends with a row without a text. */
void config_failsafe_choices(
	const struct output_kind *kind, struct schema_choice ret_choices[DRIVER_WORDS_MAX + 1]);

/* The kind's row of the section failsafe, for a struct config_failsafe. choices: room for what it
 * refers to. */
struct schema_option config_failsafe_option(
	const struct output_kind *kind, struct schema_choice choices[DRIVER_WORDS_MAX + 1]);

/* Gives each output what the section failsafe says of its kind. */
void config_spread_failsafe(struct config *config);

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
