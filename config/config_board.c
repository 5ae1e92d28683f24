/* SPDX-License-Identifier: MIT */
/*
 * Warnings of the check about the board: the map is right in itself, but on a board it may not do
 * what is meant. The board is taken for a Raspberry Pi, which nearly everybody has. Another board
 * may use the same names for its lines, so these are only warnings.
 */
#include "config_line_name.h"
#include "config_port.h"
#include "pi_lines.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USED_MAX = OUTPUT_PORTS_MAX * CONFIG_OUTPUTS_MAX + LINES_MAX * CONFIG_CHIPS_MAX };

/* A line of the map that belongs to the header. */
struct used_line {
	const struct yaml_node *node;
	enum pi_line_match match;
	unsigned number;
};

struct used_lines {
	struct diag *diag;
	struct used_line items[USED_MAX];
	size_t n;
};

static enum pi_line_match find_line(const char *text, unsigned *ret_number)
{
	struct gpio_place place;

	return gpio_place_parse(text, &place) == 0 ? pi_line_find(&place, ret_number)
						   : PI_LINE_NONE;
}

/* Warns of gpiochip0:17 beside GPIO17. If both were certain, it would be a mistake of the map. */
static void warn_of_two_names(const struct used_lines *lines, const struct used_line *second)
{
	char path[YAML_PATH_MAX];

	for (size_t i = 0; i < lines->n; i++) {
		const struct used_line *first = &lines->items[i];
		if (first->number != second->number ||
			strcmp(first->node->text, second->node->text) == 0)
			continue;
		yaml_node_path(first->node, path);
		diag_warning(lines->diag, second->node->place,
			"a line can be used once; `gpioinfo` shows which is which",
			"%.40s is probably %.40s, which %s uses (line %zu)", second->node->text,
			first->node->text, path, first->node->place.line);
		return;
	}
}

static int visit_line(void *context, const struct yaml_node *node, const struct config_port *port)
{
	struct used_lines *lines = context;
	struct used_line line = {.node = node};
	char cure[CONFIG_LINE_WORDS_MAX];

	/* "forward: gpiochip0.17" is read as a channel of the PWM chip "gpiochip0", so look there
	 * too. */
	bool named = port->line || port->type == PORT_SOC_PWM;
	if (named && config_line_name_is_odd(node->text, cure))
		diag_warning(lines->diag, node->place, cure,
			"%s: no Raspberry Pi has a line that is called %.40s", node->key,
			node->text);
	if (!port->line)
		return 0;
	line.match = find_line(port->line, &line.number);
	if (line.match == PI_LINE_NONE)
		return 0;
	warn_of_two_names(lines, &line);
	if (lines->n < USED_MAX)
		lines->items[lines->n++] = line;
	return 0;
}

/* Visits the line of a chip as if it were a port. */
static int visit_input(void *context, const struct yaml_node *line)
{
	const struct config_port port = {.type = PORT_LINE, .line = line->text};

	return visit_line(context, line, &port);
}

static int visit_inputs(const struct config_loader *loader, struct used_lines *lines)
{
	const struct config *config = loader->config;
	int r = 0;

	for (size_t i = 0; r == 0 && i < config->n_chips; i++)
		r = config_each_input(config->chips[i].driver, config_item(loader, "chips", i),
			visit_input, lines);
	return r;
}

/* The lines of the header that a Raspberry Pi's buses take; bus is how the device file begins. */
static const struct {
	const char *bus;
	unsigned number;
	const char *role;
} BUS_LINES[] = {
	{"/dev/i2c-0", 0, "SDA"},
	{"/dev/i2c-0", 1, "SCL"},
	{"/dev/i2c-1", 2, "SDA"},
	{"/dev/i2c-1", 3, "SCL"},
	/* The kernel takes both chip selects, whichever one is used. */
	{"/dev/spidev0.", 7, "CE1"},
	{"/dev/spidev0.", 8, "CE0"},
	{"/dev/spidev0.", 9, "MISO"},
	{"/dev/spidev0.", 10, "MOSI"},
	{"/dev/spidev0.", 11, "SCLK"},
	/* The number of chip selects of this one depends on its overlay. */
	{"/dev/spidev1.2", 16, "CE2"},
	{"/dev/spidev1.1", 17, "CE1"},
	{"/dev/spidev1.0", 18, "CE0"},
	{"/dev/spidev1.", 19, "MISO"},
	{"/dev/spidev1.", 20, "MOSI"},
	{"/dev/spidev1.", 21, "SCLK"},
};

static const char *role_on_bus(const char *bus, unsigned number)
{
	for (size_t i = 0; i < sizeof(BUS_LINES) / sizeof(BUS_LINES[0]); i++) {
		const char *begin = BUS_LINES[i].bus;
		bool whole = begin[strlen(begin) - 1] != '.';
		if (BUS_LINES[i].number == number &&
			(whole ? strcmp(bus, begin) == 0 : strncmp(bus, begin, strlen(begin)) == 0))
			return BUS_LINES[i].role;
	}
	return NULL;
}

/* "probably " for a name that is only likely to be that line, else "". */
static const char *surely(const char *line)
{
	unsigned number = 0;

	return find_line(line, &number) == PI_LINE_CERTAIN ? "" : "probably ";
}

static void warn_of_bus(
	const struct config *config, struct diag *diag, const struct used_line *line)
{
	for (size_t i = 0; i < config->n_chips; i++) {
		const struct config_chip *chip = &config->chips[i];
		const char *role = role_on_bus(chip->bus, line->number);
		if (!role)
			continue;
		diag_warning(diag, line->node->place,
			"free of I2C and SPI are GPIO4 to GPIO6, GPIO12, GPIO13 and GPIO22 to "
			"GPIO27",
			"on a Raspberry Pi, %.40s is %s%s of %s, which chips.%s is on",
			line->node->text, surely(line->node->text), role, chip->bus, chip->name);
		return;
	}
}

static enum output_level level_before_start(const struct config_port *port, bool active_low)
{
	unsigned number = 0;

	if (!port->line || find_line(port->line, &number) == PI_LINE_NONE)
		return OUTPUT_LEVEL_UNKNOWN;
	return pi_line_pulled_up(number) != active_low ? OUTPUT_LEVEL_ON : OUTPUT_LEVEL_OFF;
}

/* The port that makes the output active before tosd starts, or -1. */
static int port_that_is_on(const struct config_output *output)
{
	enum port_type types[OUTPUT_PORTS_MAX];
	enum output_level levels[OUTPUT_PORTS_MAX];

	if (!output->kind->active_at_power_on)
		return -1;
	for (size_t i = 0; i < OUTPUT_PORTS_MAX; i++) {
		types[i] = output->ports[i].type;
		levels[i] = level_before_start(&output->ports[i], output->active_low);
	}
	return output->kind->active_at_power_on(types, levels);
}

static void warn_of_pull(
	struct diag *diag, const struct yaml_node *node, const struct config_output *output)
{
	int port = port_that_is_on(output);

	if (port < 0)
		return;
	const char *key = output->kind->ports[port].key;
	const struct yaml_node *line = yaml_node_get(node, key ? key : "line");
	diag_warning(diag, line->place,
		output->active_low
			? "GPIO4 to GPIO6 are pulled up, which is off here; or tie it to "
			  "3.3 V with 10 kΩ"
			: "GPIO9 to GPIO27 are pulled down; or tie it to ground with 10 "
			  "kΩ",
		"%s may %s from power-on until tosd starts: a Raspberry Pi %spulls %.40s %s",
		output->name, output->kind->moves ? "run" : "be on", surely(line->text), line->text,
		output->active_low ? "down" : "up");
}

int config_check_board(struct config_loader *loader)
{
	const struct config *config = loader->config;
	struct diag *diag = loader->schema.diag;
	/* Room for the largest map. Main's stack would stay as large as it was once. */
	struct used_lines *lines = calloc(1, sizeof(*lines));
	int r;

	if (!lines)
		return -ENOMEM;
	lines->diag = diag;
	r = config_each_port(loader, visit_line, lines);
	if (r == 0)
		r = visit_inputs(loader, lines);
	for (size_t i = 0; i < lines->n; i++)
		warn_of_bus(config, diag, &lines->items[i]);
	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct config_output *output = &config->outputs[i];

		warn_of_pull(
			diag, config_item(loader, output->kind->section, output->index), output);
	}
	free(lines);
	return r;
}
