/* SPDX-License-Identifier: MIT */
/*
 * Software PWM: GPIO lines switched by one thread of their own, which exists only while there is
 * such an output. The thread asks for real-time priority and works without it too.
 *
 * soft_pwm_output() and pwm_set() may be called from one other thread. Duty 0 and full duty are
 * written by the caller, before pwm_set() returns: a stop never waits for the thread.
 */
#pragma once

#include "gpio.h"
#include "hal_error.h"
#include "pwm.h"

enum {
	SOFT_PWM_STEPS = 1000,
	SOFT_PWM_PERIOD_MIN_US = 1000,   /* 1 kHz */
	SOFT_PWM_PERIOD_MAX_US = 100000, /* 10 Hz */
};

struct soft_pwm;

/*
 * Starts nothing yet: the thread comes with the first output and goes with the last. -ENOMEM, or
 * -ENOTSUP on a kernel without priority inheritance.
 */
int soft_pwm_new(struct soft_pwm **ret_soft);

/*
 * Takes over line (also on failure: then it is closed). period_us is within the bounds above, else
 * -EINVAL; other errors are those of the line's first write and of starting the thread. The output
 * starts at duty 0 and ends with pwm_close(), which drives the line to duty 0 first.
 *
 * Where the thread could not write an edge, the next pwm_set() returns that error. It has set its
 * own duty all the same.
 */
int soft_pwm_output(struct soft_pwm *soft, struct gpio_line *line, uint32_t period_us,
	struct pwm_output **ret_output);

/* All outputs are closed before. Returns NULL; soft may be NULL. */
struct soft_pwm *soft_pwm_free(struct soft_pwm *soft);
