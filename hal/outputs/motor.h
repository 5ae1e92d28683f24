/* SPDX-License-Identifier: MIT */
/*
 * A DC motor on an H-bridge. Belongs to one thread. The caller supplies the time, and calls
 * motor_poll() when it is due.
 *
 * Three kinds of bridge, and one driver without:
 *   two lines and an enable PWM   L298N, TB6612FNG (enable may be missing: then full speed only)
 *   two PWM inputs                DRV8833, DRV8871
 *   phase line and enable PWM     DRV8835 in PHASE/ENABLE mode, DRV8838: phase high is backward
 *   enable alone                  a transistor: forward only
 * Whatever happens in between, both inputs are never active at the same time, except as the brake
 * of a map that asks for it. A reversal always passes through stop, and rests there for
 * reverse_pause_us. A write that fails ends in a stop. If even the stop cannot be written,
 * motor_poll() repeats it until it works.
 */
#pragma once

#include "hbridge.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	MOTOR_SPEED_MIN = 1,
	MOTOR_SPEED_MAX = 10,
	MOTOR_FINE_PER_SPEED = 100, /* tenths of a percent */
	MOTOR_FINE_MAX = MOTOR_SPEED_MAX * MOTOR_FINE_PER_SPEED,
};

enum motor_stop_mode {
	MOTOR_COAST, /* not possible with a phase/enable bridge, which always brakes */
	MOTOR_BRAKE,
};

struct motor_settings {
	enum motor_stop_mode stop_mode;
	double min_duty;  /* 0..1: below this duty the motor does not turn; ramps begin here */
	uint32_t ramp_us; /* from stop to full speed; 0: at once. Without a PWM always at once */
	/*
	 * The shortest time between the end of one direction and the beginning of the other, even
	 * with a stop in between. At least one period of a PWM that applies a new duty at the end
	 * of its period.
	 */
	uint32_t reverse_pause_us;
};

struct motor;

/*
 * Takes over the outputs; on failure it closes them. -EINVAL if they form no bridge or min_duty is
 * not within 0..1; -ENOMEM. Writes nothing: the outputs were opened inactive, and the motor begins
 * stopped.
 */
int motor_new(const struct hbridge_outputs *outputs, const struct motor_settings *settings,
	struct motor **ret_motor);

/*
 * Sets the goal. fine is the speed, 1 to MOTOR_FINE_MAX (ignored by MOTOR_STOP), else -EINVAL and
 * nothing changes; so for a direction that the motor does not have. The duty is
 * min_duty + (1 - min_duty) * fine / MOTOR_FINE_MAX. The first write is done before it returns; the
 * rest of a ramp or a reversal comes with motor_poll(), so call that next, also after an error.
 * MOTOR_STOP is done whole, at once, without a ramp. On an error the motor is stopped as far as it
 * still can be, and the first error is returned.
 */
int motor_set(struct motor *motor, enum motor_direction direction, unsigned fine, uint64_t now_us);

/*
 * Does the steps that are due, or nothing if it is called too early. *ret_next_us: the time of the
 * next call, or UINT64_MAX if there is nothing to do; it is also set on an error. That time may
 * have passed already: then call again, with the present time (a rest counts from the end of the
 * stop's writes, which only that call can tell). Errors as with motor_set(). now_us of both
 * functions comes from one clock that does not go back.
 */
int motor_poll(struct motor *motor, uint64_t now_us, uint64_t *ret_next_us);

/*
 * True from a motor_set() with a direction until it is stopped, by a goal or by an error; also
 * during the rest of a reversal.
 */
bool motor_running(const struct motor *motor);

/*
 * The direction in which the bridge drives, as far as the writes tell; MOTOR_STOP if it surely does
 * not. After a stop that failed, this is the direction that could not be ended.
 */
enum motor_direction motor_driven(const struct motor *motor);

/* The input whose write failed first in the last call that returned an error. */
enum hbridge_input motor_failed_input(const struct motor *motor);

/*
 * Makes every driving input inactive, even if it is believed to be. Goes on after an error and
 * returns the first one. For the end of the process: it never brakes, because lines are released
 * one by one afterwards, and one half of a brake is a drive. The motor is stopped then.
 */
int motor_safe(struct motor *motor);

/* Calls motor_safe(), releases the motor and returns NULL; motor may be NULL. */
struct motor *motor_close(struct motor *motor);
