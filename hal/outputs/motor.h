/* SPDX-License-Identifier: MIT */
/*
 * A DC motor on an H-bridge. Belongs to one thread. The caller brings the time and calls
 * motor_poll() when it is due.
 *
 * Three kinds of bridge, and one driver without:
 *   two lines and an enable PWM   L298N, TB6612FNG (enable may be missing: then full speed only)
 *   two PWM inputs                DRV8833, DRV8871
 *   phase line and enable PWM     DRV8835 in PHASE/ENABLE mode, DRV8838: phase high is backward
 *   enable alone                  a transistor: forward only
 * Whatever happens in between, both inputs are never active at the same time, except as the brake
 * of a map that asks for it. A reversal always passes through stop and rests there for
 * reverse_pause_us. A write that fails ends in stop; where even that stop cannot be written, it is
 * tried again by motor_poll() until it is.
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
	MOTOR_COAST, /* a phase/enable bridge cannot, it always brakes */
	MOTOR_BRAKE,
};

struct motor_settings {
	enum motor_stop_mode stop_mode;
	double min_duty;  /* 0..1: the duty below which the motor does not turn; ramps begin here */
	uint32_t ramp_us; /* from stop to full speed; 0: at once. Without a PWM always at once */
	/*
	 * The least time between the end of one direction and the beginning of the other, also
	 * with a stop in between. No shorter than a period of a PWM that works a new duty in at
	 * its period's end.
	 */
	uint32_t reverse_pause_us;
};

struct motor;

/*
 * Takes over the outputs (also on failure: then they are closed). -EINVAL when they make no bridge
 * or min_duty is not within 0..1; -ENOMEM. Writes nothing: the outputs were opened inactive, and
 * the motor begins stopped.
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
 * Does what is due; nothing when called too early. *ret_next_us: the time of the next call, or
 * UINT64_MAX when there is nothing to do; it is set on an error, too. It may be over already: then
 * call again, with the time as it is then (a rest counts from the end of the stop's writes, which
 * only that call can tell). Errors as motor_set(). now_us of both functions is of one clock that
 * does not go back.
 */
int motor_poll(struct motor *motor, uint64_t now_us, uint64_t *ret_next_us);

/*
 * True from a motor_set() to a direction until it is told to stop or an error stopped it; also
 * during a reversal's rest.
 */
bool motor_running(const struct motor *motor);

/*
 * The direction in which the bridge drives, as far as what was written tells; MOTOR_STOP when it
 * surely does not. After a stop that failed this is the direction that could not be ended.
 */
enum motor_direction motor_driven(const struct motor *motor);

/* The input whose write failed first in the last call that returned an error. */
enum hbridge_input motor_failed_input(const struct motor *motor);

/*
 * Writes every driving input inactive, even when it is believed to be; goes on after an error and
 * returns the first one. For the ends of the process: it never brakes, because lines are released
 * one by one afterwards, and one half of a brake is a drive. The motor is stopped then.
 */
int motor_safe(struct motor *motor);

/* motor_safe(), releases and returns NULL; motor may be NULL. */
struct motor *motor_close(struct motor *motor);
