/* SPDX-License-Identifier: MIT */
#include "output.h"
#include <errno.h>
#include <stdio.h>

static int open_line(const struct output_source *source, const struct config_output *config,
	const struct output_use *use, struct hal_error *error, struct gpio_line **ret_line)
{
	struct gpio_request request = {
		.line = config->line,
		.consumer = use->consumer,
		.value = false,
		.active_low = use->active_low,
	};

	return board_open_line(source->board, &request, error, ret_line);
}

static int open_soft_pwm(const struct output_source *source, const struct config_output *config,
	const struct output_use *use, struct hal_error *error, struct output *output)
{
	struct gpio_line *line = NULL;
	int r = open_line(source, config, use, error, &line);

	if (r < 0)
		return r;
	snprintf(output->place, sizeof(output->place), "%s", line->place);
	r = soft_pwm_output(
		source->soft, line, (uint32_t)(1e6 / config->frequency_hz), &output->pwm);
	if (r < 0)
		return hal_error_set(
			error, r, "%s: software PWM: %s", config->line, hal_strerror(r));
	return 0;
}

static int open_chip_pwm(const struct output_source *source, const struct config_output *config,
	const struct output_use *use, struct hal_error *error, struct output *output)
{
	struct chip *chip = source->chips[config->chip];
	int r;

	if (!chip)
		return hal_error_set(error, -ENODEV, "its PWM part is not there");
	snprintf(output->place, sizeof(output->place), "%s channel %u", chip->place,
		config->channel);
	r = chip_pwm_output(chip, config->channel, use->active_low, &output->pwm);
	/* The part was set up with every output low: an inverted one is inactive only now. */
	if (r == 0 && use->active_low)
		r = pwm_set(output->pwm, 0);
	if (r < 0) {
		output->pwm = pwm_close(output->pwm);
		return hal_error_set(error, r, "%s: %s", output->place, hal_strerror(r));
	}
	return 0;
}

static int open_soc_pwm(const struct output_source *source, const struct config_output *config,
	const struct output_use *use, struct hal_error *error, struct output *output)
{
	struct pwm_request request = {
		.chip = config->pwm_chip,
		.channel = config->channel,
		.period_ns = (uint32_t)(1e9 / config->frequency_hz),
		.inverted = use->active_low,
	};

	snprintf(output->place, sizeof(output->place), "%s.%u", config->pwm_chip, config->channel);
	return board_open_pwm(source->board, &request, error, &output->pwm);
}

static int open_kernel_led(const struct output_source *source, const struct config_output *config,
	struct hal_error *error, struct output *output)
{
	snprintf(output->place, sizeof(output->place), "kernel LED %s", config->kernel_led);
	return board_open_led(source->board, config->kernel_led, error, &output->pwm);
}

int output_open(const struct output_source *source, const struct config_output *config,
	const struct output_use *use, struct hal_error *error, struct output *ret_output)
{
	struct output output = {0};
	int r = 0;

	switch (config->kind) {
	case CONFIG_OUTPUT_NONE:
		break;
	case CONFIG_OUTPUT_LINE:
		r = open_line(source, config, use, error, &output.line);
		if (r == 0)
			snprintf(output.place, sizeof(output.place), "%s", output.line->place);
		break;
	case CONFIG_OUTPUT_SOFT_PWM:
		r = open_soft_pwm(source, config, use, error, &output);
		break;
	case CONFIG_OUTPUT_CHIP_PWM:
		r = open_chip_pwm(source, config, use, error, &output);
		break;
	case CONFIG_OUTPUT_SOC_PWM:
		r = open_soc_pwm(source, config, use, error, &output);
		break;
	case CONFIG_OUTPUT_KERNEL_LED:
		r = open_kernel_led(source, config, error, &output);
		break;
	}
	if (r < 0)
		return r;
	*ret_output = output;
	return 0;
}
