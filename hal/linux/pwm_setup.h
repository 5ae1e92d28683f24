/* SPDX-License-Identifier: MIT */
/*
 * The order in which the kernel accepts a PWM channel's new settings. Pure.
 *
 * Source: drivers/pwm/core.c and sysfs.c of Linux 6.1. Every write to one of the files applies the
 * whole state. A state without a period, or with a duty cycle longer than its period, is refused
 * (EINVAL), whether it is enabled or not. Many drivers change the polarity only while disabled.
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
 * Plans the writes that take a channel from any state to an enabled, not inversed one that is
 * constantly low or constantly high. If the channel is running, the first write stops its pulses,
 * before the period is touched: something may still be turning. Returns the number of writes.
 */
size_t pwm_setup(const struct pwm_state *now, uint64_t period_ns, bool high,
	struct pwm_write ret_writes[PWM_WRITES_MAX]);
