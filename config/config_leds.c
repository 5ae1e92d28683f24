/* SPDX-License-Identifier: MIT */
/* The section leds. */
#include "config_port.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define EXAMPLE "{name: red, line: GPIO17}"

static int read_line(struct schema *schema, const struct yaml_node *node, void *field);
static int read_pwm(struct schema *schema, const struct yaml_node *node, void *field);
static int read_kernel_led(struct schema *schema, const struct yaml_node *node, void *field);

static const struct schema_option led_options[] = {
	{.key = "name", SCHEMA_FIELD(struct config_led, name), .type = SCHEMA_NAME},
	{.key = "line",
		.type = SCHEMA_CUSTOM,
		.offset = offsetof(struct config_led, port),
		.read = read_line},
	{.key = "pwm",
		.type = SCHEMA_CUSTOM,
		.offset = offsetof(struct config_led, port),
		.read = read_pwm},
	{.key = "led",
		.type = SCHEMA_CUSTOM,
		.offset = offsetof(struct config_led, port),
		.read = read_kernel_led},
	{.key = "active_low",
		SCHEMA_FIELD(struct config_led, active_low),
		.type = SCHEMA_BOOL,
		.initial = "false"},
	{.key = "min_duty",
		SCHEMA_FIELD(struct config_led, settings.min_duty),
		.type = SCHEMA_PERCENT,
		.min = 0,
		.max = 0.9,
		.initial = "0%"},
	{.key = "gamma",
		SCHEMA_FIELD(struct config_led, settings.gamma),
		.type = SCHEMA_NUMBER,
		.min = 0.5,
		.max = 4,
		.initial = "2.2"},
	{.key = "frequency",
		SCHEMA_FIELD(struct config_led, port.frequency_hz),
		.type = SCHEMA_FREQUENCY,
		.min = CONFIG_PWM_MIN_HZ,
		.max = CONFIG_PWM_MAX_HZ},
	{0},
};

static int read_line(struct schema *schema, const struct yaml_node *node, void *field)
{
	return config_read_line(schema, node, field);
}

/* Read after line, which pwm: soft needs. */
static int read_pwm(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct config_port *port = field;
	const struct yaml_node *line = yaml_node_get(node->parent, "line");
	bool soft = node->kind == YAML_SCALAR && strcmp(node->text, "soft") == 0;

	if (soft && !line)
		diag_error(schema->diag, node->place, NULL,
			"pwm: soft is software PWM on a line: name the line, too");
	else if (soft && port->kind == CONFIG_PORT_LINE)
		port->kind = CONFIG_PORT_SOFT_PWM;
	else if (line && !soft)
		diag_error(schema->diag, node->place, "for brightness on the line: pwm: soft",
			"an LED is on a line or on a PWM output, not on both");
	else if (!soft)
		return config_read_pwm(schema, node, port);
	return 0;
}

/* Read after line and pwm. */
static int read_kernel_led(struct schema *schema, const struct yaml_node *node, void *field)
{
	if (!yaml_node_get(node->parent, "line") && !yaml_node_get(node->parent, "pwm"))
		return config_read_kernel_led(schema, node, field);
	diag_error(schema->diag, node->key_place, NULL,
		"an LED is on a line, on a PWM output, or one of the kernel's, and not two of "
		"them");
	return 0;
}

/* What the kernel knows of its LEDs, and the map cannot change. */
static void check_kernel_led(
	struct schema *schema, const struct yaml_node *node, const struct config_led *led)
{
	const struct yaml_node *frequency = yaml_node_get(node, "frequency");

	if (led->port.kind != CONFIG_PORT_KERNEL_LED)
		return;
	if (frequency)
		diag_error(schema->diag, frequency->key_place, "remove it",
			"frequency: the kernel dims its LEDs as it likes");
	if (led->active_low)
		diag_error(schema->diag, yaml_node_get(node, "active_low")->key_place, "remove it",
			"active_low: the kernel knows at which level its LEDs shine");
}

static void check_brightness(
	struct schema *schema, const struct yaml_node *node, struct config_led *led)
{
	static const char *const keys[] = {"min_duty", "gamma", "frequency"};
	const struct yaml_node *frequency = yaml_node_get(node, "frequency");

	bool plain = led->port.kind == CONFIG_PORT_LINE && !yaml_node_get(node, "pwm");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct yaml_node *option = yaml_node_get(node, keys[i]);
		if (option && plain)
			diag_error(schema->diag, option->key_place, "add pwm: soft",
				"%s: a plain line is on or off and has no brightness", keys[i]);
	}
	if (frequency && led->port.kind == CONFIG_PORT_CHIP_PWM)
		diag_error(schema->diag, frequency->key_place,
			"give it in chips, for all outputs of the part",
			"frequency: a PWM part has one for all its outputs");
	else
		config_set_frequency(schema, frequency, led->port.frequency_hz, &led->port);
}

/* A number in an action is an index, so it cannot be a name. */
static void check_name(struct schema *schema, const struct yaml_node *node)
{
	if (node && node->kind == YAML_SCALAR && *node->text &&
		!node->text[strspn(node->text, "0123456789")])
		diag_error(schema->diag, node->place, NULL,
			"name: %.40s is a number, and numbers are for counting through the LEDs",
			node->text);
}

static int read_led(struct schema *schema, const struct yaml_node *node, struct config_led *led)
{
	int r = schema_read_map_like(schema, node, led_options, "- " EXAMPLE, led);

	if (r < 0 || node->kind != YAML_MAP)
		return r;
	check_name(schema, yaml_node_get(node, "name"));
	if (!led->name && asprintf(&led->name, "led%zu", node->index) < 0) {
		led->name = NULL;
		return -ENOMEM;
	}
	if (!yaml_node_get(node, "line") && !yaml_node_get(node, "pwm") &&
		!yaml_node_get(node, "led"))
		diag_error(schema->diag, node->place, "for example line: GPIO17",
			"leds[%zu] needs \"line\", \"pwm\" or \"led\"", node->index);
	check_brightness(schema, node, led);
	check_kernel_led(schema, node, led);
	return 0;
}

int config_read_leds(struct schema *schema, const struct yaml_node *node, void *field)
{
	static const struct config_section section = {
		YAML_LIST, sizeof(struct config_led), CONFIG_LEDS_MAX, "leds: [" EXAMPLE "]"};
	struct config *config = field;
	void *leds = NULL;

	int r = config_new_items(schema, node, &section, &leds, &config->n_leds);
	config->leds = leds;
	for (size_t i = 0; i < config->n_leds && r == 0; i++)
		r = read_led(schema, node->items[i], &config->leds[i]);
	return r;
}
