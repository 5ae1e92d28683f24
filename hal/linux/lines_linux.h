/* SPDX-License-Identifier: MIT */
/*
 * Inputs use version 2 of the kernel's own interface (linux/gpio.h, Linux 5.10 and later), and not
 * libgpiod: libgpiod 1.6 speaks version 1, which has no sequence numbers and a small buffer of
 * edges. Lines are found in the same way as outputs (gpio_linux.h).
 */
#pragma once

#include "gpio_linux.h"
#include "lines.h"

struct lines_linux {
	int (*open)(const char *path); /* opens a chip: a file descriptor, or a negative errno */
	/* For a chip's or a request's descriptor. 0, or the kernel's errno, negative. */
	int (*control)(int fd, unsigned long request, void *argument);
};

/* The real kernel. */
extern const struct lines_linux lines_linux_kernel;

/* See board_open_lines(). -EINVAL unless all lines of the part are on one chip. */
int lines_linux_open(const struct lines_linux *kernel, const struct gpio_linux *gpio,
	const struct lines_request *request, struct hal_error *error, struct lines **ret_lines);
