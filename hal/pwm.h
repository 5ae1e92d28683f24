/* SPDX-License-Identifier: MIT */
/*
 * One PWM output: a channel of the SoC's PWM, a channel of a PWM part, or a GPIO line under
 * software PWM. A handle belongs to one thread.
 */
#pragma once

#include "hal_trace.h"
#include <stdbool.h>
#include <stdint.h>

struct pwm_output;

struct pwm_ops {
	/*
	 * Sets the electrical duty: 0 (always low) to steps (always high); at both ends there are
	 * no pulses. Takes effect at once or at the end of the running period. Returns 1 instead of
	 * 0 if set_soon() could have waited and the output has this duty already: it is written
	 * again with the others.
	 */
	int (*set)(struct pwm_output *output, uint32_t duty_steps);
	/* The same, but the write may wait for others: then it returns 1. NULL: it never waits. */
	int (*set_soon)(struct pwm_output *output, uint32_t duty_steps);
	/* Sets a period of the output's own. Called at duty 0. NULL: it shares one, or cannot. */
	int (*set_period)(struct pwm_output *output, uint32_t period_ns);
	void (*close)(struct pwm_output *output); /* releases and frees; the level is not touched */
};

/* Backends embed this as their first member. */
struct pwm_output {
	const struct pwm_ops *ops;
	const struct hal_trace *trace; /* borrowed, may be NULL */
	uint32_t steps;                /* how finely the duty can be set, at least 1 */
	uint32_t period_ns;            /* 0: unknown, as for the kernel's LEDs */
	bool inverted;                 /* logical duty d is electrical duty 1 - d */
	char name[64];                 /* as the map names it: "board.3", "pwmchip0.1" */
};

/* Sets the logical duty, 0 to steps. -EINVAL above steps, else 0 or an error of hal_error.h. */
int pwm_set(struct pwm_output *output, uint32_t duty_steps);

/*
 * The same, together with other outputs: on a part that collects (chip_pwm.h) the write waits, and
 * its result is known when the collection ends. Never for a stop.
 */
int pwm_set_soon(struct pwm_output *output, uint32_t duty_steps);

/*
 * Sets duty 0, then the period. The steps stay as they are. 0, -EOPNOTSUPP if the output has no
 * period of its own, or an error of hal_error.h.
 */
int pwm_set_period(struct pwm_output *output, uint32_t period_ns);

/* Releases and returns NULL; output may be NULL. Set a safe duty first. */
struct pwm_output *pwm_close(struct pwm_output *output);
