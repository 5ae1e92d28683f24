/* SPDX-License-Identifier: MIT */
#include "config_port.h"
#include "soft_pwm.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const char DEV[] = "/dev/";

enum {
	PLACE_MAX = 63,      /* the longest name that the hardware layer keeps */
	KERNEL_LED_MAX = 58, /* the same, after the "leds/" of BOARD_LED_NAME */
	CHANNEL_DIGITS = 3   /* of a kernel PWM chip's channel: no part has more channels */
};

int config_read_line(struct schema *schema, const struct yaml_node *node, struct config_port *port)
{
	const char *key = node->key ? node->key : node->parent->key; /* of a list */
	struct gpio_place place;
	char cure[64];

	if (!schema_expect(schema, node, YAML_SCALAR))
		return 0;
	if (strncmp(node->text, DEV, strlen(DEV)) == 0) {
		(void)snprintf(cure, sizeof(cure), "write %.40s", node->text + strlen(DEV));
		diag_error(schema->diag, node->place, cure,
			"%s takes the chip's name and not its file, \"%.40s\"", key, node->text);
		return 0;
	}
	if (gpio_place_parse(node->text, &place) < 0) {
		diag_error(schema->diag, node->place, NULL,
			"%s takes a GPIO line such as GPIO17 or gpiochip0:17, not \"%.40s\"",
			node->key, node->text);
		return 0;
	}
	if (!node->text[strspn(node->text, "0123456789")]) {
		(void)snprintf(
			cure, sizeof(cure), "GPIO%.8s, or gpiochip0:%.8s", node->text, node->text);
		diag_error(schema->diag, node->place, cure,
			"%s: %.40s is a number, and no name of a line", key, node->text);
		return 0;
	}
	port->line = strdup(node->text);
	if (!port->line)
		return -ENOMEM;
	port->type = PORT_LINE;
	return 0;
}

/* The last dot if a number follows it, otherwise NULL. */
static const char *channel_dot(const char *text)
{
	const char *dot = strrchr(text, '.');

	if (!dot || dot == text || !dot[1] || dot[1 + strspn(dot + 1, "0123456789")])
		return NULL;
	return dot;
}

static int read_chip_pwm(struct config_loader *loader, const struct yaml_node *node, size_t chip,
	struct config_port *port)
{
	const struct driver *driver = loader->config->chips[chip].driver;
	const char *channel_name = strrchr(node->text, '.') + 1;

	if (!driver)
		return 0; /* reported already, at the chip */
	if (driver->n_pwm == 0) {
		diag_error(loader->schema.diag, node->place, NULL,
			"%s: %s measures and has no outputs", node->key, driver->name);
		return 0;
	}
	int channel = driver_channel_find(driver, channel_name);
	if (channel < 0) {
		diag_error(loader->schema.diag, node->place, NULL,
			"%s: %s has the channels 0 to %u, and no %.16s", node->key, driver->name,
			driver->n_pwm - 1, channel_name);
		return 0;
	}
	port->type = PORT_CHIP_PWM;
	port->chip = chip;
	port->channel = (unsigned)channel;
	return 0;
}

static bool is_pwmchip(const char *name, size_t length)
{
	static const char prefix[] = "pwmchip";

	if (length <= strlen(prefix) || strncmp(name, prefix, strlen(prefix)) != 0)
		return false;
	return strspn(name + strlen(prefix), "0123456789") >= length - strlen(prefix);
}

/* True for an I2C device of the kernel, such as a PCA9685 that it drives: "1-0040". */
static bool is_i2c_node(const char *name, size_t length)
{
	size_t digits = strspn(name, "0123456789");

	return digits > 0 && name[digits] == '-' && length == digits + 5 &&
		strspn(name + digits + 1, "0123456789abcdef") >= 4;
}

/*
 * A name with neither an address nor "pwm" in it is meant to be one of the map's chips. Device
 * nodes look like 1f00098000.pwm, pwm_gpio or 1-0040. gpiochip0.17 is handled with the lines.
 */
static bool looks_like_chip(const char *name, size_t length)
{
	const char *pwm = strstr(name, "pwm");

	return strspn(name, LETTERS_AND_DIGITS "_-") >= length && (!pwm || pwm >= name + length) &&
		!is_i2c_node(name, length) && strncmp(name, "gpiochip", strlen("gpiochip")) != 0;
}

/* A device node can have any name, so a misspelt chip's name would pass for one. */
static int is_misspelt_chip(
	struct config_loader *loader, const char *name, size_t length, bool *ret_misspelt)
{
	char *word = strndup(name, length);
	const char **names = NULL;
	int r = word ? config_chip_names(loader->config, &names) : -ENOMEM;

	if (r == 0)
		*ret_misspelt = diag_nearest(word, names) != NULL;
	free(names);
	free(word);
	return r;
}

static int read_soc_pwm(struct config_loader *loader, const struct yaml_node *node, size_t length,
	struct config_port *port)
{
	const char *channel = node->text + length + 1;
	bool misspelt = false;

	if (!is_pwmchip(node->text, length)) {
		int r = is_misspelt_chip(loader, node->text, length, &misspelt);
		if (r < 0)
			return r;
		if (misspelt)
			return config_unknown_chip(loader, node, length);
		if (looks_like_chip(node->text, length)) {
			diag_error(loader->schema.diag, node->place,
				"chips has the map's own; the kernel's are called pwmchip0, or as "
				"their device node, 1f00098000.pwm",
				"%s: unknown chip \"%.*s\"", node->key, (int)length, node->text);
			return 0;
		}
	}
	if (strspn(node->text, LETTERS_AND_DIGITS ".:_@,-") < length ||
		strlen(node->text) > PLACE_MAX || strlen(channel) > CHANNEL_DIGITS) {
		diag_error(loader->schema.diag, node->place, NULL,
			"%s: \"%.80s\" is no PWM chip and channel such as pwmchip0.1", node->key,
			node->text);
		return 0;
	}
	port->pwm_chip = strndup(node->text, length);
	if (!port->pwm_chip)
		return -ENOMEM;
	port->type = PORT_SOC_PWM;
	port->channel = (unsigned)strtoul(channel, NULL, 10);
	return 0;
}

int config_read_pwm(struct schema *schema, const struct yaml_node *node, struct config_port *port)
{
	struct config_loader *loader = config_loader_of(schema);

	if (!schema_expect(schema, node, YAML_SCALAR))
		return 0;
	const char *dot = channel_dot(node->text);
	if (!dot) {
		diag_error(schema->diag, node->place,
			"there are: <chip>.<channel>, pwmchipN.M, <device node>.M, and soft for "
			"software PWM on the line",
			"%s: \"%.40s\" is no PWM output", node->key, node->text);
		return 0;
	}
	size_t length = (size_t)(dot - node->text);
	size_t chip = config_chip_index(loader->config, node->text, length);
	if (chip != CONFIG_NO_INDEX)
		return read_chip_pwm(loader, node, chip, port);
	return read_soc_pwm(loader, node, length, port);
}

int config_read_kernel_led(
	struct schema *schema, const struct yaml_node *node, struct config_port *port)
{
	size_t length = node->kind == YAML_SCALAR ? strlen(node->text) : 0;

	if (!schema_expect(schema, node, YAML_SCALAR))
		return 0;
	if (length < 1 || length > KERNEL_LED_MAX ||
		strspn(node->text, LETTERS_AND_DIGITS ".:_@+-") < length || node->text[0] == '.') {
		diag_error(schema->diag, node->place, "ls /sys/class/leds shows them",
			"led takes a kernel LED's name such as ACT, not \"%.80s\"", node->text);
		return 0;
	}
	port->kernel_led = strdup(node->text);
	if (!port->kernel_led)
		return -ENOMEM;
	port->type = PORT_KERNEL_LED;
	return 0;
}

int config_read_port(struct schema *schema, const struct yaml_node *node, struct config_port *port)
{
	if (node->kind == YAML_SCALAR && channel_dot(node->text))
		return config_read_pwm(schema, node, port);
	return config_read_line(schema, node, port);
}

void config_set_frequency(struct schema *schema, const struct yaml_node *node, double hz,
	const struct output_kind *kind, struct config_port *port)
{
	bool is_given = node || kind->pwm_hz > 0;
	const double soft_max_hz = 1e6 / (double)SOFT_PWM_PERIOD_MIN_US;

	if (!node)
		hz = kind->pwm_hz;
	if (port->type == PORT_SOC_PWM)
		port->frequency_hz = is_given ? hz : CONFIG_SOC_PWM_HZ;
	if (port->type != PORT_SOFT_PWM)
		return;
	port->frequency_hz = is_given ? hz : CONFIG_SOFT_PWM_HZ;
	if (node && hz > soft_max_hz)
		diag_error(schema->diag, node->place, "the SoC's PWM and the PWM parts are faster",
			"frequency: software PWM goes up to %gHz", soft_max_hz);
}

void config_port_period(const struct config *config, const struct config_port *port,
	uint32_t *ret_period_ns, uint32_t *ret_steps)
{
	*ret_period_ns = 0;
	*ret_steps = 0;
	if (port->type == PORT_CHIP_PWM) {
		const struct config_chip *chip = &config->chips[port->chip];

		*ret_period_ns = chip->driver->pwm_period_ns(chip->params);
		*ret_steps = chip->driver->pwm_steps;
	} else if (port->type == PORT_SOFT_PWM || port->type == PORT_SOC_PWM) {
		*ret_period_ns = (uint32_t)(1e9 / port->frequency_hz);
		*ret_steps = port->type == PORT_SOFT_PWM ? SOFT_PWM_STEPS : *ret_period_ns;
	}
}
