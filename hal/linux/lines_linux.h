/* SPDX-License-Identifier: MIT */
/*
 * Inputs go through the kernel's own interface, version 2 (linux/gpio.h, Linux 5.10 and later), and
 * not through libgpiod: its version 1.6 speaks the first interface, which has no sequence numbers
 * and a small buffer of edges. Where a line is, is found as for outputs (gpio_linux.h).
 */
#pragma once

#include "gpio_linux.h"
#include "lines.h"

struct lines_linux {
	int (*open)(const char *path); /* of a chip: a file descriptor, or a negative errno */
	/* Of either file. 0, or a negative errno as the kernel has it. */
	int (*control)(int fd, unsigned long request, void *argument);
};

/* The kernel itself. */
extern const struct lines_linux lines_linux_kernel;

/* See board_open_lines(). The lines of one part are on one chip, or it is -EINVAL. */
int lines_linux_open(const struct lines_linux *kernel, const struct gpio_linux *gpio,
	const struct lines_request *request, struct hal_error *error, struct lines **ret_lines);
