/* SPDX-License-Identifier: MIT */
/*
 * GPIO output lines. A handle belongs to one thread; with software PWM, to the PWM thread.
 *
 * The device map names a line either by its own name, which is looked up on all chips ("GPIO17"),
 * or by its place, "<chip label or name>:<offset>" ("pinctrl-rp1:17", "gpiochip0:17"). Chip numbers
 * differ between kernels, so none is ever assumed. Lines of a Raspberry Pi's header are found by
 * any of the names that its kernels give them.
 */
#pragma once

#include "hal_trace.h"
#include "lines.h"
#include <stdbool.h>
#include <stdint.h>

/* How the line makes its two electrical levels. */
enum gpio_drive {
	GPIO_DRIVE_PUSH_PULL,
	GPIO_DRIVE_OPEN_DRAIN,  /* high is left to a pull-up */
	GPIO_DRIVE_OPEN_SOURCE, /* low is left to a pull-down */
};

struct gpio_request {
	const char *line;     /* borrowed for the call */
	const char *consumer; /* shown by gpioinfo: "tosd led.red" */
	bool value;      /* logical level from the first moment on: requested and set in one call */
	bool active_low; /* logical 1 is electrical 0 */
	enum gpio_drive drive;
	enum lines_bias bias; /* a chip that has none ignores it */
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

/* The parts of a line's name in the map. Pure. */
struct gpio_place {
	char chip[64];   /* "" if the line is given by its own name */
	char name[64];   /* "" if it is given by chip and offset */
	uint32_t offset; /* valid if chip is not "" */
};

/* -EINVAL if the text has neither form. */
int gpio_place_parse(const char *text, struct gpio_place *ret_place);

/* Sets the logical level. 0 or an error of hal_error.h. */
int gpio_line_set(struct gpio_line *line, bool value);

/* Releases the line and returns NULL; line may be NULL. Drive the safe level first: some kernels
 * keep the level of a released line, others reset it. */
struct gpio_line *gpio_line_close(struct gpio_line *line);
