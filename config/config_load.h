/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files of config.h. Each section of the map has a file with its table; checks across
 * sections are in config_check.c. As in schema.h, a mistake is added to the diag and is no error:
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
	const struct host *host;
	const struct yaml_node *root;
	const struct output_kind *kind; /* of the section being read */
	bool is_rescue;                 /* for --safe: the outputs are put to rest, never driven */
};

/* The loader that a custom function's schema belongs to. */
struct config_loader *config_loader_of(struct schema *schema);

/* An item of a section, by its index in the config's array, or among the outputs of its kind. */
const struct yaml_node *config_item(
	const struct config_loader *loader, const char *section, size_t index);

/* Makes a config that has the file's bytes and nothing else. */
int config_read_file(const char *path, struct diag *diag, struct config **ret_config);

/* Makes another one from the bytes of from. */
int config_begin_again(struct config *from, struct config **ret_config);

/* Fills the config from its bytes. -EINVAL: there are mistakes, and the config is of no use. */
int config_fill(struct config *config, const struct host *host, struct diag *diag);

/* All sections: the fixed ones, and one for each kind of output. Then a row without a key. */
enum { CONFIG_SECTIONS_MAX = 16 + OUTPUT_KINDS_MAX };
void config_sections(struct schema_option ret_sections[CONFIG_SECTIONS_MAX]);

/* Tables of the sections that are plain maps. */
extern const struct schema_option config_mqtt_options[];
extern const struct schema_option config_interval_options[];
extern const struct schema_option config_device_options[];
extern const struct schema_option config_spool_options[];

/* Custom functions of the other sections; field points to the struct config. */
int config_read_chips(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_sensors(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_interval(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_packed(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_output_section(struct schema *schema, const struct yaml_node *node, void *field);
int config_read_failsafe(struct schema *schema, const struct yaml_node *node, void *field);

/* How the GPIO lines of an output are wired: for a struct config_output. */
enum { CONFIG_WIRING_OPTIONS = 2 };
extern const struct schema_option config_wiring_options[CONFIG_WIRING_OPTIONS];

/* They are a mistake where there is no line. */
void config_check_wiring(
	struct schema *schema, const struct yaml_node *map, const struct config_output *output);

/* The options that every output has, whatever its kind: for a struct config_output. */
enum { CONFIG_RULE_OPTIONS = 6 };

struct config_rule_words { /* texts that the rows refer to */
	struct schema_choice failsafe[DRIVER_WORDS_MAX + 1];
	struct schema_option start_number, failsafe_number;
};

/* Returns their number. */
size_t config_rule_options(const struct output_kind *kind, struct config_rule_words *words,
	struct schema_option ret_options[CONFIG_RULE_OPTIONS]);

/* Their keys; ends with NULL. */
extern const char *const config_rule_keys[];

/* Sets what does not follow from their values alone. */
void config_note_rules(const struct yaml_node *node, struct config_output *output);

/* Checks the numbers of start and failsafe against the output's params. */
void config_check_goals(
	struct schema *schema, const struct yaml_node *node, const struct config_output *output);

/* Checks outputs of several sections against each other. */
void config_check_rules(struct config_loader *loader);

/* Reads the outputs of one section and appends them to the config's. */
int config_read_outputs(struct schema *schema, const struct yaml_node *node,
	const struct output_kind *kind, struct config *config);

/* Appends an output, and takes ownership of what it holds. */
int config_add_output(struct config *config, const struct config_output *output);
void config_free_output(struct config_output *output);

/* True if every port that the item names was understood, the single port of a kind included. */
bool config_has_ports(const struct config_output *output, const struct yaml_node *item);

/* The choices of the map for a kind's fail-safe; ends with a row without a text. */
void config_failsafe_choices(
	const struct output_kind *kind, struct schema_choice ret_choices[DRIVER_WORDS_MAX + 1]);

/* The kind's row of the section failsafe, for a struct config_failsafe. It refers to choices, which
 * must live as long. */
struct schema_option config_failsafe_option(
	const struct output_kind *kind, struct schema_choice choices[DRIVER_WORDS_MAX + 1]);

/* Sets each output's fail-safe from the section failsafe. */
void config_spread_failsafe(struct config *config);

/* Checks that the section's table cannot express. */
int config_finish_mqtt(struct config_loader *loader);

/* Checks what mqtt says of sessions and of the will's delay. */
void config_check_session(struct config_loader *loader, const struct yaml_node *mqtt);

/* Completes what the section's table cannot express: the name, and the topics of rare sensors. */
int config_finish_device(struct config_loader *loader);

/* Replaces %H and %i in an allocated text, which may be NULL. 0 or -ENOMEM. */
int config_expand(char **text, const struct host *host);

/* Checks across sections. */
int config_check_uses(struct config_loader *loader);

/* Warnings about the board and the broker. The map must have no mistake. */
int config_check_board(struct config_loader *loader);
void config_warn_mqtt(struct config_loader *loader);

/* The option address, read after driver; field is the struct config_chip. */
int config_read_address(struct schema *schema, const struct yaml_node *node, void *field);

/* The options of a chip on GPIO lines, besides its driver's line_keys. */
extern const struct schema_option config_lines_options[];

/* Reads these options and the lines of a chip whose driver is set. */
int config_read_lines(struct schema *schema, const struct yaml_node *map, struct config_chip *chip);

/* Calls visit for the node of each line of such a chip. Stops at the first error and returns it.
 * Skips anything that is not a line's name. Does nothing for chips on other buses. */
int config_each_input(const struct driver *driver, const struct yaml_node *chip,
	int (*visit)(void *context, const struct yaml_node *line), void *context);

/* The option simulate; field is the struct config_sensor. */
int config_read_simulate(struct schema *schema, const struct yaml_node *node, void *field);

/* The chip of that name, or CONFIG_NO_INDEX. */
size_t config_chip_index(const struct config *config, const char *name, size_t length);

/* Reports "unknown chip", for a value that begins with the chip's name. */
int config_unknown_chip(struct config_loader *loader, const struct yaml_node *node, size_t length);

/* The names of all chips, ending with NULL. The caller frees the array, not the names. */
int config_chip_names(const struct config *config, const char ***ret_names);

/* How the items of a section become an array of structs. */
struct config_section {
	enum yaml_kind kind; /* MAP: named items */
	size_t size;         /* bytes of one struct */
	size_t max;          /* items; more are a mistake */
	const char *example; /* how the section is written */
};

/* Allocates zeroed memory for the items, unless the section is empty or a mistake. */
int config_new_items(struct schema *schema, const struct yaml_node *node,
	const struct config_section *section, void **ret_array, size_t *ret_n);

/* Computes all fingerprints. The config must have no mistakes. */
int config_fingerprints(struct config *config);
