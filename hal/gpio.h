/* SPDX-License-Identifier: MIT */
/*
 * GPIO output lines. A handle belongs to one thread (a line under software PWM: to its thread).
 *
 * A line is named as in the device map: "GPIO17" is a line's own name, looked up on all chips, and
 * "<chip label or name>:<offset>" is a place, as in "pinctrl-rp1:17" or "gpiochip0:17". Chip
 * numbers move between kernels, so a number is never assumed. Lines of a Raspberry Pi's header are
 * found by any of the names that its kernels have for them.
 */
#pragma once

#include "hal_trace.h"
#include <stdbool.h>
#include <stdint.h>

struct gpio_request {
	const char *line;     /* borrowed for the call */
	const char *consumer; /* shown by gpioinfo: "tosd led.red" */
	bool value;      /* logical level from the first moment on: requested and set in one call */
	bool active_low; /* logical 1 is electrical 0 */
};

struct gpio_line;

struct gpio_line_ops {
	int (*set)(struct gpio_line *line, bool value); /* logical level */
	void (*close)(struct gpio_line *line); /* releases and frees; the level is not touched */
};

/* Backends embed this as their first member. */
struct gpio_line {
	const struct gpio_line_ops *ops;
	const struct hal_trace *trace; /* borrowed, may be NULL */
	char name[64];                 /* as the map names it */
	char place[64];                /* where it was found: "/dev/gpiochip0 line 17" */
};

/* A line's name taken apart. Pure. */
struct gpio_place {
	char chip[64];   /* "" when the line goes by its own name */
	char name[64];   /* "" when it goes by chip and offset */
	uint32_t offset; /* valid with chip */
};

/* -EINVAL when the text is neither form. */
int gpio_place_parse(const char *text, struct gpio_place *ret_place);

/* Sets the logical level. 0 or an error of hal_error.h. */
int gpio_line_set(struct gpio_line *line, bool value);

/* Releases and returns NULL; line may be NULL. Drive the safe level first: kernels keep or reset it
 * as they like. */
struct gpio_line *gpio_line_close(struct gpio_line *line);
