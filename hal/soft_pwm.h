/* SPDX-License-Identifier: MIT */
/*
 * Software PWM: one thread switches the GPIO lines. It exists only while there is such an output.
 * It asks for real-time priority, and works without it too.
 *
 * soft_pwm_output() and pwm_set() may be called from one other thread. The caller writes duty 0 and
 * full duty itself, before pwm_set() returns: a stop never waits for the thread.
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
 * Starts no thread yet: the thread comes with the first output and goes with the last. -ENOMEM, or
 * another error of making the lock.
 */
int soft_pwm_new(struct soft_pwm **ret_soft);

/*
 * Takes over line; on failure it closes the line. -EINVAL unless period_us is within the bounds
 * above; other errors come from the line's first write and from starting the thread. The output
 * starts at duty 0. pwm_close() drives the line to duty 0 before it ends the output.
 *
 * If the thread could not write an edge, the next pwm_set() returns that error. Its own duty is set
 * all the same.
 */
int soft_pwm_output(struct soft_pwm *soft, struct gpio_line *line, uint32_t period_us,
	struct pwm_output **ret_output);

/* Close all outputs before. Returns NULL; soft may be NULL. */
struct soft_pwm *soft_pwm_free(struct soft_pwm *soft);
