/* SPDX-License-Identifier: MIT */
/*
 * The GPIO lines of a Raspberry Pi's 40-pin header, GPIO0 to GPIO27, by all the names that its
 * kernels give them. A line's number is also its offset on its chip. Pure.
 */
#pragma once

#include "gpio.h"
#include <stdbool.h>

enum { PI_LINES = 28 };

/* How certain it is that a place is a line of the header. */
enum pi_line_match {
	PI_LINE_NONE,
	PI_LINE_LIKELY,  /* gpiochip0:17: some kernels number the chip differently */
	PI_LINE_CERTAIN, /* if this is a Raspberry Pi: GPIO17, pinctrl-rp1:17, SPI_CE1_N */
};

/* *ret_number is set unless the result is PI_LINE_NONE. */
enum pi_line_match pi_line_find(const struct gpio_place *place, unsigned *ret_number);

/* True if a kernel has that name for the line of that number. */
bool pi_line_has_name(unsigned number, const char *name);

/* True if a chip with that label holds the header's lines on some model. */
bool pi_line_chip_has_label(const char *label);

/* True if the line is pulled up from power-on until a program takes it; others are pulled down. */
bool pi_line_pulled_up(unsigned number);

/* The number of the line at a pin of the header, 1 to 40, or -ENOENT: ground, supply, no pin. */
int pi_line_at_pin(unsigned pin);
