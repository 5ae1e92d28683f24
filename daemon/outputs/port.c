/* SPDX-License-Identifier: MIT */
#include "port.h"
#include "chip_pwm.h"
#include <errno.h>
#include <stdio.h>

static int open_line(const struct port_source *source, const struct config_port *config,
	const struct port_use *use, struct hal_error *error, struct gpio_line **ret_line)
{
	struct gpio_request request = {
		.line = config->line,
		.consumer = use->consumer,
		.value = false,
		.active_low = use->active_low,
		.drive = use->drive,
		.bias = use->bias,
	};

	return board_open_line(source->board, &request, error, ret_line);
}

static int open_soft_pwm(const struct port_source *source, const struct config_port *config,
	const struct port_use *use, struct hal_error *error, struct port *port)
{
	struct gpio_line *line = NULL;
	int r = open_line(source, config, use, error, &line);

	if (r < 0)
		return r;
	snprintf(port->place, sizeof(port->place), "%s", line->place);
	r = soft_pwm_output(source->soft, line, (uint32_t)(1e6 / config->frequency_hz), &port->pwm);
	if (r < 0)
		return hal_error_set(
			error, r, "%s: software PWM: %s", config->line, hal_strerror(r));
	return 0;
}

static int open_chip_pwm(const struct port_source *source, const struct config_port *config,
	const struct port_use *use, struct hal_error *error, struct port *port)
{
	struct chip *chip = source->chips[config->chip];
	int r;

	if (!chip)
		return hal_error_set(error, -ENODEV, "its PWM part is not there");
	snprintf(port->place, sizeof(port->place), "%s channel %u", chip->place, config->channel);
	r = chip_pwm_output(chip, config->channel, use->active_low, &port->pwm);
	/* The part was set up with every port low, so an inverted one only becomes inactive now. */
	if (r == 0 && use->active_low)
		r = pwm_set(port->pwm, 0);
	if (r < 0) {
		port->pwm = pwm_close(port->pwm);
		return hal_error_set(error, r, "%s: %s", port->place, hal_strerror(r));
	}
	return 0;
}

static int open_soc_pwm(const struct port_source *source, const struct config_port *config,
	const struct port_use *use, struct hal_error *error, struct port *port)
{
	struct pwm_request request = {
		.chip = config->pwm_chip,
		.channel = config->channel,
		.period_ns = (uint32_t)(1e9 / config->frequency_hz),
		.inverted = use->active_low,
		.may_wait = source->may_wait,
	};

	snprintf(port->place, sizeof(port->place), "%s.%u", config->pwm_chip, config->channel);
	return board_open_pwm(source->board, &request, error, &port->pwm);
}

static int open_kernel_led(const struct port_source *source, const struct config_port *config,
	struct hal_error *error, struct port *port)
{
	snprintf(port->place, sizeof(port->place), "kernel LED %s", config->kernel_led);
	return board_open_led(source->board, config->kernel_led, error, &port->pwm);
}

int port_open(const struct port_source *source, const struct config_port *config,
	const struct port_use *use, struct hal_error *error, struct port *ret_port)
{
	struct port port = {0};
	int r = 0;

	switch (config->type) {
	case PORT_NONE:
		break;
	case PORT_LINE:
		r = open_line(source, config, use, error, &port.line);
		if (r == 0)
			snprintf(port.place, sizeof(port.place), "%s", port.line->place);
		break;
	case PORT_SOFT_PWM:
		r = open_soft_pwm(source, config, use, error, &port);
		break;
	case PORT_CHIP_PWM:
		r = open_chip_pwm(source, config, use, error, &port);
		break;
	case PORT_SOC_PWM:
		r = open_soc_pwm(source, config, use, error, &port);
		break;
	case PORT_KERNEL_LED:
		r = open_kernel_led(source, config, error, &port);
		break;
	}
	if (r < 0)
		return r;
	*ret_port = port;
	return 0;
}
