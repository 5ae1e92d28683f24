/* SPDX-License-Identifier: MIT */
/*
 * Things that may be used only once in the whole map. Every use is a claim with a text that names
 * the thing. Two equal texts are a mistake, reported at the place of the second one.
 */
#include "config_port.h"
#include "pi_lines.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char LINE[] = "line ";

struct claim {
	char *what;                   /* "line GPIO17" */
	const struct yaml_node *node; /* the user; NULL: the gateway itself */
};

struct claims {
	struct schema *schema;
	struct claim *items;
	size_t n;
};

static void free_claims(struct claims *claims)
{
	for (size_t i = 0; i < claims->n; i++)
		free(claims->items[i].what);
	free(claims->items);
}

static const struct claim *find_claim(const struct claims *claims, const char *what)
{
	for (size_t i = 0; i < claims->n; i++) {
		if (strcmp(claims->items[i].what, what) == 0)
			return &claims->items[i];
	}
	return NULL;
}

/* Reports the second use. The cure gives the map's name for the thing if that is another one. */
static void report_second(struct diag *diag, const struct yaml_node *node, const char *what,
	const struct yaml_node *first)
{
	char path[YAML_PATH_MAX], cure[160];
	bool is_line = strncmp(what, LINE, strlen(LINE)) == 0;

	if (!first) {
		diag_error(diag, node->place, NULL, "%s is the gateway's own", what);
		return;
	}
	yaml_node_path(first, path);
	bool same = !is_line || strcmp(node->text, first->text) == 0;
	if (!same)
		(void)snprintf(cure, sizeof(cure), "%.48s and %.48s are two names of one line",
			first->text, node->text);
	diag_error(diag, node->place, same ? NULL : cure, "%s is already used by %s (line %zu)",
		what, path, first->place.line);
}

/* Takes ownership of what. */
static int add_claim(struct claims *claims, const struct yaml_node *node, char *what)
{
	const struct claim *first = find_claim(claims, what);

	if (first) {
		report_second(claims->schema->diag, node, what, first->node);
		free(what);
		return 0;
	}
	struct claim *items = reallocarray(claims->items, claims->n + 1, sizeof(*items));
	if (!items) {
		free(what);
		return -ENOMEM;
	}
	claims->items = items;
	items[claims->n++] = (struct claim){what, node};
	return 0;
}

__attribute__((format(printf, 3, 4))) static int claim(
	struct claims *claims, const struct yaml_node *node, const char *format, ...)
{
	va_list arguments;
	char *what = NULL;

	va_start(arguments, format);
	int n = vasprintf(&what, format, arguments);
	va_end(arguments);
	return n < 0 ? -ENOMEM : add_claim(claims, node, what);
}

/* Claims a line. Names that certainly mean the same line make the same claim. */
static int claim_line(struct claims *claims, const struct yaml_node *node, const char *line)
{
	struct gpio_place place;
	unsigned number = 0;

	if (gpio_place_parse(line, &place) < 0)
		return 0;
	if (pi_line_find(&place, &number) == PI_LINE_CERTAIN)
		return claim(claims, node, "%sGPIO%u", LINE, number);
	if (place.chip[0])
		return claim(claims, node, "%s%s:%u", LINE, place.chip, place.offset);
	return claim(claims, node, "%s%s", LINE, place.name);
}

static int claim_input(void *context, const struct yaml_node *line)
{
	return claim_line(context, line, line->text);
}

static int claim_chip(
	struct claims *claims, const struct yaml_node *node, const struct config_chip *chip)
{
	const struct yaml_node *bus = yaml_node_get(node, "bus");
	const struct yaml_node *address = yaml_node_get(node, "address");

	if (!chip->driver || !chip->bus)
		return 0;
	if (chip->driver->bus == DRIVER_BUS_LINES)
		return config_each_input(chip->driver, node, claim_input, claims);
	if (chip->driver->bus == DRIVER_BUS_SPI)
		return claim(claims, bus, "chip select %s", chip->bus);
	if (chip->driver->bus == DRIVER_BUS_ATTRIBUTES)
		return claim(claims, bus, "%s device %s", chip->driver->name, chip->bus);
	if (!chip->address)
		return 0;
	return claim(
		claims, address ? address : bus, "address 0x%02x on %s", chip->address, chip->bus);
}

static int claim_output(void *context, const struct yaml_node *node, const struct config_port *port)
{
	struct claims *claims = context;
	const struct config *config = config_loader_of(claims->schema)->config;

	switch (port->type) {
	case PORT_LINE:
	case PORT_SOFT_PWM:
		return claim_line(claims, node, port->line);
	case PORT_CHIP_PWM:
		return claim(claims, node, "PWM output %s.%u", config->chips[port->chip].name,
			port->channel);
	case PORT_SOC_PWM:
		return claim(claims, node, "PWM output %s.%u", port->pwm_chip, port->channel);
	case PORT_KERNEL_LED:
		return claim(claims, node, "kernel LED %s", port->kernel_led);
	case PORT_NONE:
		break;
	}
	return 0;
}

static int claim_name(
	struct claims *claims, const struct yaml_node *node, const char *kind, const char *name)
{
	const struct yaml_node *at = yaml_node_get(node, "name");

	return name ? claim(claims, at ? at : node, "the %s name %s", kind, name) : 0;
}

static int claim_hardware(struct claims *claims, const struct config_loader *loader)
{
	const struct config *config = loader->config;
	int r = 0;

	for (size_t i = 0; i < config->n_chips && r == 0; i++)
		r = claim_chip(claims, config_item(loader, "chips", i), &config->chips[i]);
	for (size_t i = 0; i < config->n_outputs && r == 0; i++) {
		const struct config_output *output = &config->outputs[i];

		r = claim_name(claims, config_item(loader, output->kind->section, output->index),
			output->kind->noun, output->name);
	}
	return r < 0 ? r : config_each_port(loader, claim_output, claims);
}

/* A simulated channel shows a single value, so two sensors cannot both set it. */
static int claim_simulation(struct claims *claims, const struct config_loader *loader)
{
	const struct config *config = loader->config;
	struct driver_channel_text text;
	int r = 0;

	for (size_t i = 0; i < config->n_sensors && r == 0; i++) {
		const struct config_sensor *sensor = &config->sensors[i];
		if (!sensor->simulated || sensor->chip == CONFIG_NO_INDEX)
			continue;
		const struct config_chip *chip = &config->chips[sensor->chip];
		r = claim(claims, yaml_node_get(config_item(loader, "sensors", i), "simulate"),
			"the simulation of %s.%s", chip->name,
			driver_channel(chip->driver, sensor->channel, &text)->name);
	}
	return r;
}

/* Topics below ROOT/sensors: the gateway's own, sensors with a topic, packed values. */
static int claim_topics(struct claims *claims, const struct config_loader *loader)
{
	static const char *const own[] = {"interval", "backlog"};
	const struct config *config = loader->config;
	int r = 0;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]) && r == 0; i++)
		r = claim(claims, NULL, "topic sensors/%s", own[i]);
	for (size_t i = 0; i < config->n_sensors && r == 0; i++) {
		const struct yaml_node *node = config_item(loader, "sensors", i);
		const struct yaml_node *topic = yaml_node_get(node, "topic");
		if (config->sensors[i].topic)
			r = claim(claims, topic ? topic : node, "topic sensors/%s",
				config->sensors[i].name);
	}
	for (size_t i = 0; i < config->n_packed && r == 0; i++) {
		const struct yaml_node *node = config_item(loader, "packed", i);
		if (config->packed[i].topic)
			r = claim(claims, yaml_node_get(node, "topic"), "topic sensors/%s",
				config->packed[i].topic);
	}
	return r;
}

int config_check_uses(struct config_loader *loader)
{
	struct claims claims __attribute__((cleanup(free_claims))) = {.schema = &loader->schema};

	int r = claim_hardware(&claims, loader);
	if (r == 0)
		r = claim_simulation(&claims, loader);
	return r < 0 ? r : claim_topics(&claims, loader);
}
