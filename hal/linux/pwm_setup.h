/* SPDX-License-Identifier: MIT */
/*
 * In which order the kernel takes a PWM channel's new settings. Pure.
 *
 * Source: drivers/pwm/core.c and sysfs.c of Linux 6.1. Every write of one file applies the whole
 * state, and a state without a period, or with a duty cycle longer than its period, is refused
 * (EINVAL), be it enabled or not. Many drivers change the polarity only while disabled.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The files of a channel. Polarity: 0 normal, 1 inversed. */
enum pwm_file { PWM_FILE_ENABLE, PWM_FILE_PERIOD, PWM_FILE_DUTY_CYCLE, PWM_FILE_POLARITY };

struct pwm_state {
	uint64_t period_ns; /* 0 on a channel that was never used */
	uint64_t duty_cycle_ns;
	bool enabled;
	bool inversed;
};

struct pwm_write {
	enum pwm_file file;
	uint64_t value;
};

enum { PWM_WRITES_MAX = 6 };

/*
 * The writes that take a channel from any state to an enabled, not inversed one that is constantly
 * low, or constantly high. What may still be turning behind a running channel is stopped by the
 * first write, before its period is touched. Returns their number.
 */
size_t pwm_setup(const struct pwm_state *now, uint64_t period_ns, bool high,
	struct pwm_write ret_writes[PWM_WRITES_MAX]);
