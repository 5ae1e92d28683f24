/* SPDX-License-Identifier: MIT */
/*
 * One GPIO chip through libgpiod 2 (Debian 13). In this library a request outlives its chip.
 */
#include "gpio_linux.h"
#include "linux_error.h"
#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <stdlib.h>

struct chip_v2 {
	struct gpio_chip base;
	struct gpiod_chip *chip; /* owned */
};

struct line_v2 {
	struct gpio_line base;
	struct gpiod_line_request *request; /* owned */
	uint32_t offset;
};

static enum gpiod_line_value level(bool value)
{
	return value ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
}

static int set(struct gpio_line *base, bool value)
{
	struct line_v2 *line = (struct line_v2 *)base;

	return gpiod_line_request_set_value(line->request, line->offset, level(value)) < 0
		? linux_error(errno)
		: 0;
}

static void close_line(struct gpio_line *base)
{
	struct line_v2 *line = (struct line_v2 *)base;

	gpiod_line_request_release(line->request);
	free(line);
}

static const struct gpio_line_ops LINE_OPS = {set, close_line};

static int line_state(struct gpio_chip *base, uint32_t offset, struct gpio_line_state *ret_state)
{
	struct chip_v2 *chip = (struct chip_v2 *)base;
	struct gpiod_line_info *info = gpiod_chip_get_line_info(chip->chip, offset);

	if (!info)
		return linux_error(errno);
	const char *name = gpiod_line_info_get_name(info);
	const char *consumer = gpiod_line_info_get_consumer(info);
	(void)snprintf(ret_state->name, sizeof(ret_state->name), "%s", name ? name : "");
	(void)snprintf(
		ret_state->consumer, sizeof(ret_state->consumer), "%s", consumer ? consumer : "");
	ret_state->is_held = gpiod_line_info_is_used(info);
	gpiod_line_info_free(info);
	return 0;
}

/* The parts of a request. Each is NULL if memory ran out. */
struct request_parts {
	struct gpiod_line_settings *settings;
	struct gpiod_line_config *lines;
	struct gpiod_request_config *config;
};

static void free_parts(struct request_parts *parts)
{
	if (parts->settings)
		gpiod_line_settings_free(parts->settings);
	if (parts->lines)
		gpiod_line_config_free(parts->lines);
	if (parts->config)
		gpiod_request_config_free(parts->config);
}

static int set_wiring(struct gpiod_line_settings *settings, const struct gpio_request *request)
{
	static const enum gpiod_line_drive DRIVES[] = {
		[GPIO_DRIVE_PUSH_PULL] = GPIOD_LINE_DRIVE_PUSH_PULL,
		[GPIO_DRIVE_OPEN_DRAIN] = GPIOD_LINE_DRIVE_OPEN_DRAIN,
		[GPIO_DRIVE_OPEN_SOURCE] = GPIOD_LINE_DRIVE_OPEN_SOURCE,
	};
	static const enum gpiod_line_bias BIASES[] = {
		[LINES_BIAS_AS_IS] = GPIOD_LINE_BIAS_AS_IS,
		[LINES_BIAS_PULL_UP] = GPIOD_LINE_BIAS_PULL_UP,
		[LINES_BIAS_PULL_DOWN] = GPIOD_LINE_BIAS_PULL_DOWN,
		[LINES_BIAS_OFF] = GPIOD_LINE_BIAS_DISABLED,
	};

	gpiod_line_settings_set_active_low(settings, request->active_low);
	if (gpiod_line_settings_set_drive(settings, DRIVES[request->drive]) < 0 ||
		gpiod_line_settings_set_bias(settings, BIASES[request->bias]) < 0)
		return linux_error(errno);
	return 0;
}

static int request_line(struct gpiod_chip *chip, uint32_t offset,
	const struct gpio_request *request, struct gpiod_line_request **ret_request)
{
	__attribute__((cleanup(free_parts))) struct request_parts parts = {
		gpiod_line_settings_new(),
		gpiod_line_config_new(),
		gpiod_request_config_new(),
	};
	const unsigned offsets[] = {offset};
	int r;

	if (!parts.settings || !parts.lines || !parts.config)
		return -ENOMEM;
	if (gpiod_line_settings_set_direction(parts.settings, GPIOD_LINE_DIRECTION_OUTPUT) < 0 ||
		gpiod_line_settings_set_output_value(parts.settings, level(request->value)) < 0)
		return linux_error(errno);
	r = set_wiring(parts.settings, request);
	if (r < 0)
		return r;
	if (gpiod_line_config_add_line_settings(parts.lines, offsets, 1, parts.settings) < 0)
		return linux_error(errno);
	if (request->consumer)
		gpiod_request_config_set_consumer(parts.config, request->consumer);
	struct gpiod_line_request *requested =
		gpiod_chip_request_lines(chip, parts.config, parts.lines);
	if (!requested)
		return linux_error(errno);
	*ret_request = requested;
	return 0;
}

static int request_output(struct gpio_chip *base, uint32_t offset,
	const struct gpio_request *request, struct gpio_line **ret_line)
{
	struct line_v2 *line = calloc(1, sizeof(*line));

	if (!line)
		return -ENOMEM;
	int r = request_line(((struct chip_v2 *)base)->chip, offset, request, &line->request);
	if (r < 0) {
		free(line);
		return r;
	}
	line->base.ops = &LINE_OPS;
	line->offset = offset;
	*ret_line = &line->base;
	return 0;
}

static void close_chip(struct gpio_chip *base)
{
	struct chip_v2 *chip = (struct chip_v2 *)base;

	gpiod_chip_close(chip->chip);
	free(chip);
}

static const struct gpio_chip_ops CHIP_OPS = {line_state, request_output, close_chip};

static int read_info(struct chip_v2 *chip)
{
	struct gpiod_chip_info *info = gpiod_chip_get_info(chip->chip);

	if (!info)
		return linux_error(errno);
	chip->base.n_lines = (uint32_t)gpiod_chip_info_get_num_lines(info);
	(void)snprintf(
		chip->base.label, sizeof(chip->base.label), "%s", gpiod_chip_info_get_label(info));
	gpiod_chip_info_free(info);
	return 0;
}

int gpio_chip_open(const char *path, struct gpio_chip **ret_chip)
{
	struct chip_v2 *chip = calloc(1, sizeof(*chip));

	if (!chip)
		return -ENOMEM;
	chip->base.ops = &CHIP_OPS;
	chip->chip = gpiod_chip_open(path);
	if (!chip->chip) {
		int r = linux_error(errno);
		free(chip);
		return r;
	}
	int r = read_info(chip);
	if (r < 0) {
		close_chip(&chip->base);
		return r;
	}
	*ret_chip = &chip->base;
	return 0;
}
