/* SPDX-License-Identifier: MIT */
/*
 * One GPIO chip through libgpiod 1.6 (Debian 12). In this library a line lives in its chip, so a
 * line that is requested takes over the chip.
 */
#include "gpio_linux.h"
#include "linux_error.h"
#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <stdlib.h>

struct chip_v1 {
	struct gpio_chip base;
	struct gpiod_chip *chip; /* owned, or NULL once it belongs to a line */
};

struct line_v1 {
	struct gpio_line base;
	struct gpiod_chip *chip; /* owned */
	struct gpiod_line *line; /* lives in chip */
};

static int set(struct gpio_line *base, bool value)
{
	struct line_v1 *line = (struct line_v1 *)base;

	return gpiod_line_set_value(line->line, value) < 0 ? linux_error(errno) : 0;
}

static void close_line(struct gpio_line *base)
{
	struct line_v1 *line = (struct line_v1 *)base;

	gpiod_line_release(line->line);
	gpiod_chip_close(line->chip);
	free(line);
}

static const struct gpio_line_ops LINE_OPS = {set, close_line};

static int line_state(struct gpio_chip *base, uint32_t offset, struct gpio_line_state *ret_state)
{
	struct chip_v1 *chip = (struct chip_v1 *)base;
	struct gpiod_line *line = gpiod_chip_get_line(chip->chip, offset);

	/* The library caches the state of a line, which may be held by now. */
	if (!line || gpiod_line_update(line) < 0)
		return linux_error(errno);
	const char *name = gpiod_line_name(line);
	const char *consumer = gpiod_line_consumer(line);
	(void)snprintf(ret_state->name, sizeof(ret_state->name), "%s", name ? name : "");
	(void)snprintf(
		ret_state->consumer, sizeof(ret_state->consumer), "%s", consumer ? consumer : "");
	ret_state->is_held = gpiod_line_is_used(line);
	return 0;
}

static int flags_of(const struct gpio_request *request)
{
	static const int DRIVES[] = {
		[GPIO_DRIVE_PUSH_PULL] = 0,
		[GPIO_DRIVE_OPEN_DRAIN] = GPIOD_LINE_REQUEST_FLAG_OPEN_DRAIN,
		[GPIO_DRIVE_OPEN_SOURCE] = GPIOD_LINE_REQUEST_FLAG_OPEN_SOURCE,
	};
	static const int BIASES[] = {
		[LINES_BIAS_AS_IS] = 0,
		[LINES_BIAS_PULL_UP] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP,
		[LINES_BIAS_PULL_DOWN] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN,
		[LINES_BIAS_OFF] = GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE,
	};

	return (request->active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0) |
		DRIVES[request->drive] | BIASES[request->bias];
}

static int request_output(struct gpio_chip *base, uint32_t offset,
	const struct gpio_request *request, struct gpio_line **ret_line)
{
	struct chip_v1 *chip = (struct chip_v1 *)base;
	const struct gpiod_line_request_config config = {
		.consumer = request->consumer,
		.request_type = GPIOD_LINE_REQUEST_DIRECTION_OUTPUT,
		.flags = flags_of(request),
	};
	struct line_v1 *line = calloc(1, sizeof(*line));

	if (!line)
		return -ENOMEM;
	line->line = gpiod_chip_get_line(chip->chip, offset);
	if (!line->line || gpiod_line_request(line->line, &config, request->value) < 0) {
		int r = linux_error(errno);
		free(line);
		return r;
	}
	line->base.ops = &LINE_OPS;
	line->chip = chip->chip;
	chip->chip = NULL;
	*ret_line = &line->base;
	return 0;
}

static void close_chip(struct gpio_chip *base)
{
	struct chip_v1 *chip = (struct chip_v1 *)base;

	if (chip->chip)
		gpiod_chip_close(chip->chip);
	free(chip);
}

static const struct gpio_chip_ops CHIP_OPS = {line_state, request_output, close_chip};

int gpio_chip_open(const char *path, struct gpio_chip **ret_chip)
{
	struct chip_v1 *chip = calloc(1, sizeof(*chip));

	if (!chip)
		return -ENOMEM;
	chip->chip = gpiod_chip_open(path);
	if (!chip->chip) {
		int r = linux_error(errno);
		free(chip);
		return r;
	}
	chip->base.ops = &CHIP_OPS;
	chip->base.n_lines = gpiod_chip_num_lines(chip->chip);
	(void)snprintf(
		chip->base.label, sizeof(chip->base.label), "%s", gpiod_chip_label(chip->chip));
	*ret_chip = &chip->base;
	return 0;
}
