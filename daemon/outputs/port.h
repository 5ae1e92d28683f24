/* SPDX-License-Identifier: MIT */
/* Opens a port of the map. */
#pragma once

#include "board.h"
#include "chip.h"
#include "config.h"
#include "soft_pwm.h"

/* The sources of ports. chips: one pointer for each chip of the map, NULL if it is not a PWM part.
 * */
struct port_source {
	struct board *board;
	struct soft_pwm *soft;
	struct chip *const *chips;
	bool may_wait; /* see board.h */
};

/* One of line and pwm is set on success (both are NULL for PORT_NONE). Inactive from the first
 * moment on. */
struct port {
	struct gpio_line *line;
	struct pwm_output *pwm;
	char place[128]; /* in the user's words: "/dev/gpiochip0 line 17", "pca9685 at 0x40 on
			    /dev/i2c-1 channel 3" */
};

struct port_use {
	const char *consumer; /* "tosd led.red" */
	bool active_low;
	enum gpio_drive drive; /* of a line */
	enum lines_bias bias;
};

/* 0 or an error of hal_error.h with the words in *error. */
int port_open(const struct port_source *source, const struct config_port *config,
	const struct port_use *use, struct hal_error *error, struct port *ret_port);
