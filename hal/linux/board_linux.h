/* SPDX-License-Identifier: MIT */
/*
 * The kernel's board: /dev/gpiochip*, /dev/i2c-*, /dev/spidev*, /sys/class/pwm, /sys/class/leds,
 * IIO and hwmon.
 */
#pragma once

#include "board.h"

struct board_linux_roots {
	const char *dev; /* "/dev"; another folder in tests */
	const char *sys; /* "/sys" */
};

/* roots may be NULL for the real ones; trace may be NULL. Both are borrowed for the board's life.
 * Opens nothing yet. */
int board_linux_new(const struct board_linux_roots *roots, const struct hal_trace *trace,
	struct board **ret_board);
