/* SPDX-License-Identifier: MIT */
/*
 * A board: where buses, lines and channels come from. There are two, chosen by name: the Linux
 * kernel's (linux/board_linux.h) and the simulated one (sim/board_sim.h). What lies above cannot
 * tell them apart.
 *
 * Opening may be done from any thread; what was opened belongs to the thread that uses it.
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
	bool inverted;      /* the output is opened at logical duty 0 either way */
};

/* What a kernel LED's output is called in traces and on the simulated wires. */
#define BOARD_LED_NAME "leds/%.58s"

struct board;

/* Each fills *error in the user's words on failure and leaves the output alone. */
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
	void (*close)(
		struct board *board); /* frees it; everything opened from it is closed before */
};

/* Backends embed this as their first member. */
struct board {
	const struct board_ops *ops;
	const struct hal_trace *trace; /* borrowed, may be NULL; handed to everything opened */
};

int board_open_i2c(
	struct board *board, const char *path, struct hal_error *error, struct i2c_bus **ret_bus);
int board_open_spi(struct board *board, const char *path, const struct spi_settings *settings,
	struct hal_error *error, struct spi_device **ret_device);
int board_open_line(struct board *board, const struct gpio_request *request,
	struct hal_error *error, struct gpio_line **ret_line);
int board_open_pwm(struct board *board, const struct pwm_request *request, struct hal_error *error,
	struct pwm_output **ret_output);
/* An LED that the kernel drives, by the kernel's name for it ("ACT"): dark, in as many steps of
 * brightness as it has. */
int board_open_led(struct board *board, const char *name, struct hal_error *error,
	struct pwm_output **ret_output);
/* A measuring device of the kernel's, by its name or its device node ("cpu_thermal", "1-0076"). */
int board_open_attributes(struct board *board, const struct attributes_class *class,
	const char *device, struct hal_error *error, struct attributes **ret_attributes);
/* The lines of a part, as inputs. -EINVAL: one of the names is none, or there are too many. */
int board_open_lines(struct board *board, const struct lines_request *request,
	struct hal_error *error, struct lines **ret_lines);

/* Closes and returns NULL; board may be NULL. */
struct board *board_close(struct board *board);
