/* SPDX-License-Identifier: MIT */
/*
 * A board is the source of buses, lines and channels. There are two, chosen by name: the Linux
 * kernel's (linux/board_linux.h) and the simulated one (sim/board_sim.h). The layers above cannot
 * tell them apart.
 *
 * Any thread may open something. The thread that uses it then owns it.
 */
#pragma once

#include "attributes.h"
#include "gpio.h"
#include "hal_error.h"
#include "hal_trace.h"
#include "i2c.h"
#include "lines.h"
#include "pwm.h"
#include "spi.h"

struct pwm_request {
	const char *chip; /* "pwmchip0", or the device node that the chip sits on: "fe20c000.pwm" */
	uint32_t channel; /* from 0 */
	uint32_t period_ns; /* length of one period */
	bool inverted;      /* the output is opened at logical duty 0 in either case */
	bool may_wait;      /* up to a second, for udev; otherwise one look has to do: -EAGAIN */
};

/* The name of a kernel LED's output in traces and on the simulated wires. */
#define BOARD_LED_NAME "leds/%.58s"

/* The kinds of things that board_list() lists. */
enum board_kind {
	BOARD_I2C,       /* buses */
	BOARD_I2C_HELD,  /* addresses that the kernel's drivers hold */
	BOARD_SPI,       /* devices */
	BOARD_GPIO_CHIP, /* also those that may not be opened */
	BOARD_GPIO_LINE,
	BOARD_PWM, /* chips */
	BOARD_LED,
	BOARD_ATTRIBUTE, /* channels of the class's devices */
};

enum { BOARD_ITEM_BYTES = 64 };

struct board_item {
	/* As the map has it: "/dev/i2c-1", "gpiochip0", "GPIO17", "fe20c000.pwm", "ACT", "temp1".
	 * A line may have none: "". I2C_HELD: the kernel's name, "1-0076". */
	char name[BOARD_ITEM_BYTES];
	char of[BOARD_ITEM_BYTES]; /* I2C_HELD, GPIO_LINE, ATTRIBUTE: what it is on */
	char words
		[BOARD_ITEM_BYTES]; /* the kernel's own: adapter, label, holder, driver, trigger */
	uint32_t number; /* lines, channels, or steps of brightness; the address; the offset */
	bool is_held;    /* GPIO_LINE: words names the holder, if known */
	int error;       /* 0; why it cannot be used: -EACCES; -ENOENT: it has no device file */
};

typedef void board_found(void *userdata, const struct board_item *item);

struct board;
struct lines_share;

/* On failure, each fills *error with words for the user and leaves its result untouched. */
struct board_ops {
	int (*open_i2c)(struct board *board, const char *path, struct hal_error *error,
		struct i2c_bus **ret_bus);
	int (*open_spi)(struct board *board, const char *path, const struct spi_settings *settings,
		struct hal_error *error, struct spi_device **ret_device);
	int (*open_line)(struct board *board, const struct gpio_request *request,
		struct hal_error *error, struct gpio_line **ret_line);
	int (*open_pwm)(struct board *board, const struct pwm_request *request,
		struct hal_error *error, struct pwm_output **ret_output);
	int (*open_led)(struct board *board, const char *name, struct hal_error *error,
		struct pwm_output **ret_output);
	int (*open_attributes)(struct board *board, const struct attributes_class *class,
		const char *device, struct hal_error *error, struct attributes **ret_attributes);
	int (*open_lines)(struct board *board, const struct lines_request *request,
		struct hal_error *error, struct lines **ret_lines);
	void (*close)(struct board *board); /* frees it; close all that was opened from it before */
	int (*list)(struct board *board, enum board_kind kind, const struct attributes_class *class,
		board_found *found, void *userdata);
};

/* Backends embed this as their first member. */
struct board {
	const struct board_ops *ops;
	const struct hal_trace *trace; /* borrowed, may be NULL; handed to everything opened */
	struct lines_share *shares;    /* belongs to lines_share.c; NULL at first */
};

int board_open_i2c(
	struct board *board, const char *path, struct hal_error *error, struct i2c_bus **ret_bus);
int board_open_spi(struct board *board, const char *path, const struct spi_settings *settings,
	struct hal_error *error, struct spi_device **ret_device);
int board_open_line(struct board *board, const struct gpio_request *request,
	struct hal_error *error, struct gpio_line **ret_line);
int board_open_pwm(struct board *board, const struct pwm_request *request, struct hal_error *error,
	struct pwm_output **ret_output);
/* Opens an LED that the kernel drives, by the kernel's name for it ("ACT"). It starts dark, and has
 * as many steps of brightness as the kernel gives it. */
int board_open_led(struct board *board, const char *name, struct hal_error *error,
	struct pwm_output **ret_output);
/* Opens a measuring device of the kernel by its name or its device node: "cpu_thermal", "1-0076".
 * */
int board_open_attributes(struct board *board, const struct attributes_class *class,
	const char *device, struct hal_error *error, struct attributes **ret_attributes);
/* Opens the lines of a part as inputs; those that another thread claims, as a tap of
 * lines_share.h. -EINVAL: a malformed name, or too many. */
int board_open_lines(struct board *board, const struct lines_request *request,
	struct hal_error *error, struct lines **ret_lines);

/*
 * Calls found for each thing of that kind, in the order of the kernel's numbers or names; found may
 * not use the board. Nothing is requested or changed. class: for ATTRIBUTE only, otherwise NULL. 0;
 * -EOPNOTSUPP: the board cannot tell; -ENOMEM.
 */
int board_list(struct board *board, enum board_kind kind, const struct attributes_class *class,
	board_found *found, void *userdata);

/* Closes and returns NULL; board may be NULL. */
struct board *board_close(struct board *board);
