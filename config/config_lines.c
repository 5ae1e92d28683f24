/* SPDX-License-Identifier: MIT */
/* The keys of a chip whose bus is GPIO lines: the lines themselves, and how to read them. */
#include "config_port.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1e6 /* in the base unit of durations, us */

static const struct schema_choice biases[] = {
	{"as-is", LINES_BIAS_AS_IS},
	{"pull-up", LINES_BIAS_PULL_UP},
	{"pull-down", LINES_BIAS_PULL_DOWN},
	{"off", LINES_BIAS_OFF},
	{0},
};

const struct schema_option config_lines_options[] = {
	{.key = "bias",
		.help = "the resistor inside the board; as-is keeps its setting",
		.type = SCHEMA_ENUM,
		.store = SCHEMA_STORE_UNSIGNED,
		.offset = offsetof(struct config_chip, lines.bias),
		.choices = biases,
		.initial = "as-is"},
	{.key = "active_low",
		.help = "whether the low level means 1, as with a switch to ground",
		SCHEMA_FIELD(struct config_chip, lines.active_low),
		.type = SCHEMA_BOOL,
		.initial = "false"},
	{.key = "debounce",
		.help = "how long a level must hold before it counts",
		.type = SCHEMA_DURATION,
		.store = SCHEMA_STORE_UNSIGNED,
		.offset = offsetof(struct config_chip, lines.debounce_us),
		.max = 10 * SECOND,
		.initial = "0s"},
	{0},
};

static const struct schema_choice drives[] = {
	{"push-pull", GPIO_DRIVE_PUSH_PULL},
	{"open-drain", GPIO_DRIVE_OPEN_DRAIN},
	{"open-source", GPIO_DRIVE_OPEN_SOURCE},
	{0},
};

const struct schema_option config_wiring_options[CONFIG_WIRING_OPTIONS] = {
	{.key = "drive",
		.help = "whether the line drives both levels, or one of them alone",
		.type = SCHEMA_ENUM,
		.store = SCHEMA_STORE_UNSIGNED,
		.offset = offsetof(struct config_output, drive),
		.choices = drives,
		.initial = "push-pull"},
	{.key = "bias",
		.help = "the resistor inside the board; as-is keeps its setting",
		.type = SCHEMA_ENUM,
		.store = SCHEMA_STORE_UNSIGNED,
		.offset = offsetof(struct config_output, bias),
		.choices = biases,
		.initial = "as-is"},
};

void config_check_wiring(
	struct schema *schema, const struct yaml_node *map, const struct config_output *output)
{
	for (size_t i = 0; i < output->kind->n_ports; i++)
		if (output->ports[i].type == PORT_LINE || output->ports[i].type == PORT_SOFT_PWM)
			return;
	for (size_t i = 0; i < CONFIG_WIRING_OPTIONS; i++) {
		const char *key = config_wiring_options[i].key;
		const struct yaml_node *node = yaml_node_get(map, key);

		if (node)
			diag_error(schema->diag, node->key_place, "remove it",
				"%s: that is for GPIO lines, and here is none", key);
	}
}

/* Adds the line to chip->bus. */
static int add_line(struct schema *schema, const struct yaml_node *node, const char *line,
	struct config_chip *chip)
{
	char *bus = NULL;

	if (strstr(line, LINES_SEPARATOR)) {
		diag_error(schema->diag, node->place, "write it as <chip>:<offset>",
			"%s: the name of an input's line cannot have a comma and a blank",
			node->key ? node->key : node->parent->key);
		return 0;
	}
	if (asprintf(&bus, "%s%s%s", chip->bus ? chip->bus : "", chip->bus ? LINES_SEPARATOR : "",
		    line) < 0)
		return -ENOMEM;
	free(chip->bus);
	chip->bus = bus;
	return 0;
}

static int read_line(struct schema *schema, const struct yaml_node *node, struct config_chip *chip)
{
	struct config_port port = {0};
	int r = config_read_line(schema, node, &port);

	if (r == 0 && port.line)
		r = add_line(schema, node, port.line, chip);
	free(port.line);
	return r;
}

static int read_list(struct schema *schema, const struct yaml_node *node, struct config_chip *chip)
{
	unsigned n = chip->driver->n_listed;
	int r = 0;

	if (!schema_expect_like(schema, node, YAML_LIST, "lines: [GPIO20, GPIO21]"))
		return 0;
	if (node->n_items != n) {
		diag_error(schema->diag, node->place, NULL, "%s: %s has %u lines, not %zu",
			node->key, chip->driver->name, n, node->n_items);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		r = read_line(schema, node->items[i], chip);
	return r;
}

static int read_key(struct schema *schema, const struct yaml_node *map, const char *key,
	struct config_chip *chip)
{
	const struct yaml_node *node = yaml_node_get(map, key);
	char path[YAML_PATH_MAX];

	if (!node) {
		yaml_node_path(map, path);
		diag_error(schema->diag, yaml_node_name_place(map), NULL, "%s needs \"%s\"", path,
			key);
		return 0;
	}
	return chip->driver->n_listed ? read_list(schema, node, chip)
				      : read_line(schema, node, chip);
}

int config_read_lines(struct schema *schema, const struct yaml_node *map, struct config_chip *chip)
{
	const char *const *key = chip->driver->line_keys;
	int r = schema_read_options(schema, map, config_lines_options, chip);

	if (!yaml_node_get(map, "debounce"))
		chip->lines.debounce_us = chip->driver->debounce_us;
	for (; r == 0 && *key; key++)
		r = read_key(schema, map, *key, chip);
	return r;
}

int config_each_input(const struct driver *driver, const struct yaml_node *chip,
	int (*visit)(void *context, const struct yaml_node *line), void *context)
{
	int r = 0;

	for (const char *const *key = driver->line_keys; r == 0 && key && *key; key++) {
		const struct yaml_node *node = yaml_node_get(chip, *key);

		if (node && node->kind == YAML_SCALAR)
			r = visit(context, node);
		for (size_t i = 0; r == 0 && node && node->kind == YAML_LIST && i < node->n_items;
			i++) {
			if (node->items[i]->kind == YAML_SCALAR)
				r = visit(context, node->items[i]);
		}
	}
	return r;
}
