/* SPDX-License-Identifier: MIT */
/*
 * GPIO lines of the kernel's chips, /dev/gpiochipN: finding the line that the device map names, and
 * saying what is wrong when it cannot be had. How to talk to one chip is libgpiod's, whose versions
 * 1 and 2 have nothing in common: gpio_v1.c or gpio_v2.c, one of which is built.
 */
#pragma once

#include "gpio.h"
#include "hal_error.h"

enum { GPIO_CHIP_TEXT_BYTES = 32 }; /* GPIO_MAX_NAME_SIZE of linux/gpio.h */

struct gpio_chip;

struct gpio_line_state {
	char name[GPIO_CHIP_TEXT_BYTES];     /* "" when it has none */
	char consumer[GPIO_CHIP_TEXT_BYTES]; /* who holds it; "" when it does not say */
};

struct gpio_chip_ops {
	/* offset is below n_lines. */
	int (*line_state)(
		struct gpio_chip *chip, uint32_t offset, struct gpio_line_state *ret_state);
	/*
	 * Requests the line as an output that has request->value from the first moment on. After
	 * success the chip can only be closed; the line lives on. name and place of the line are
	 * the caller's to fill.
	 */
	int (*request_output)(struct gpio_chip *chip, uint32_t offset,
		const struct gpio_request *request, struct gpio_line **ret_line);
	void (*close)(struct gpio_chip *chip); /* frees it */
};

/* Backends embed this as their first member. */
struct gpio_chip {
	const struct gpio_chip_ops *ops;
	uint32_t n_lines;
	char label[GPIO_CHIP_TEXT_BYTES]; /* "pinctrl-bcm2711" */
};

/* libgpiod's. Errors as in hal_error.h; -EOPNOTSUPP when the file is no GPIO chip. */
int gpio_chip_open(const char *path, struct gpio_chip **ret_chip);

struct gpio_linux {
	const char *dev; /* the folder that stands for /dev */
	int (*chip_open)(const char *path, struct gpio_chip **ret_chip);
};

/*
 * See board_open_line(). A line's own name, or a chip's label, that fits more than once is refused
 * with -EINVAL and the choices: the first one found would be another one on the next kernel, and
 * there may be a motor on it. Symbolic links do not count: Raspberry Pi OS has gpiochip4 as one to
 * gpiochip0 on a Raspberry Pi 5, for the programs of its first kernels.
 *
 * A name that no chip has, but that another kernel has for a line of a Raspberry Pi's header, is
 * looked for by its other names: GPIO2 is SDA1 on some (pi_lines.h).
 */
int gpio_linux_open(const struct gpio_linux *gpio, const struct gpio_request *request,
	struct hal_error *error, struct gpio_line **ret_line);

enum { GPIO_PATH_BYTES = 4096 };

/* Where a line is. */
struct gpio_found {
	char path[GPIO_PATH_BYTES]; /* of the chip */
	uint32_t offset;            /* below the number of the chip's lines */
};

/* The same search without a request, for who makes it in another way. */
int gpio_linux_find(const struct gpio_linux *gpio, const char *line, struct hal_error *error,
	struct gpio_found *ret_found);
