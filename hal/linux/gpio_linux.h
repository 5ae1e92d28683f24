/* SPDX-License-Identifier: MIT */
/*
 * GPIO lines of the kernel's chips, /dev/gpiochipN: finds the line that the device map names, and
 * says what is wrong if it cannot be had. One chip is used through libgpiod. Its versions 1 and 2
 * have nothing in common, so there are gpio_v1.c and gpio_v2.c, and one of them is built.
 */
#pragma once

#include "board.h"

enum { GPIO_CHIP_TEXT_BYTES = 32 }; /* GPIO_MAX_NAME_SIZE of linux/gpio.h */

struct gpio_chip;

struct gpio_line_state {
	char name[GPIO_CHIP_TEXT_BYTES];     /* "" if it has none */
	char consumer[GPIO_CHIP_TEXT_BYTES]; /* the line's holder; "" if the holder gave no name */
	bool is_held;
};

struct gpio_chip_ops {
	/* offset is below n_lines. */
	int (*line_state)(
		struct gpio_chip *chip, uint32_t offset, struct gpio_line_state *ret_state);
	/*
	 * Requests the line as an output that has request->value from the first moment on. After
	 * success the chip can only be closed; the line lives on. The caller fills the line's name
	 * and place.
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

/* Opens a chip with libgpiod. Errors as in hal_error.h; -EOPNOTSUPP if the file is no GPIO chip. */
int gpio_chip_open(const char *path, struct gpio_chip **ret_chip);

struct gpio_linux {
	const char *dev; /* the folder that stands for /dev */
	int (*chip_open)(const char *path, struct gpio_chip **ret_chip);
};

/*
 * See board_open_line(). If a line's own name or a chip's label fits more than once, it is refused
 * with -EINVAL and the choices: the first match could be a different one on the next kernel, and
 * there may be a motor on it. Symbolic links do not count: on a Raspberry Pi 5, Raspberry Pi OS has
 * gpiochip4 as a link to gpiochip0, for programs written for its first kernels.
 *
 * Some kernels have another name for a line of a Raspberry Pi's header: GPIO2 is SDA1 on some. If
 * no chip has the map's name, the line's other names are tried (pi_lines.h).
 */
int gpio_linux_open(const struct gpio_linux *gpio, const struct gpio_request *request,
	struct hal_error *error, struct gpio_line **ret_line);

/* See board_list(), GPIO_CHIP and GPIO_LINE. */
int gpio_linux_list(
	const struct gpio_linux *gpio, bool is_lines, board_found *found, void *userdata);

enum { GPIO_PATH_BYTES = 4096 };

/* The place of a line. */
struct gpio_found {
	char path[GPIO_PATH_BYTES]; /* of the chip */
	uint32_t offset;            /* below the number of the chip's lines */
};

/* The same search without a request, for callers that request the line in another way. */
int gpio_linux_find(const struct gpio_linux *gpio, const char *line, struct hal_error *error,
	struct gpio_found *ret_found);
