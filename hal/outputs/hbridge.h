/* SPDX-License-Identifier: MIT */
/*
 * An H-bridge's inputs: which are written, to what, in which order. No time and no decisions; those
 * are motor.c's. The truth tables and the parts that they come from are in hbridge.c.
 *
 * Everything is built from one rule: a direction or a brake is only switched on from off, that is
 * while every input that could drive the motor is known to be inactive.
 *
 *      off --drive--> driven --duty--> driven --off--> off
 *      off --brake--> braked --hold--> braked --release--> off
 *
 * Where drive, duty or brake fail, call off. Where release fails, call hold: with one input that
 * cannot be let go, the other one keeps the motor braked, and alone it would drive it.
 *
 * Inputs are written one after the other, so on the way into a brake and out of it the motor is
 * driven for the time of one write. The caller says which way it may be pushed.
 *
 * Belongs to one thread.
 */
#pragma once

#include "gpio.h"
#include "pwm.h"
#include <stdbool.h>
#include <stdint.h>

/* Which way the motor is driven. */
enum motor_direction { MOTOR_STOP, MOTOR_FORWARD, MOTOR_BACKWARD };

/* The bridge's inputs. */
enum hbridge_input {
	HBRIDGE_FORWARD,  /* IN1 */
	HBRIDGE_BACKWARD, /* IN2 */
	HBRIDGE_PHASE,
	HBRIDGE_ENABLE,
	HBRIDGE_N_INPUTS,
};

/* What the bridge's inputs are wired to; NULL where there is none. All opened inactive. */
struct hbridge_outputs {
	struct gpio_line *forward_line, *backward_line, *phase_line;
	struct pwm_output *forward_pwm, *backward_pwm, *enable_pwm;
	struct pwm_output *phase_pwm;  /* makes no bridge */
	struct gpio_line *enable_line; /* instead of enable_pwm: full speed only */
};

struct hbridge_table;

struct hbridge {
	const struct hbridge_table *table;
	struct {
		struct gpio_line *line; /* at most one of the two, owned */
		struct pwm_output *pwm;
	} inputs[HBRIDGE_N_INPUTS];
	bool drives;               /* what was written may drive the motor */
	enum hbridge_input failed; /* the first one of the last call that failed */
};

/*
 * -EINVAL when the outputs make no bridge. Takes over the outputs on success only. Writes nothing.
 */
int hbridge_init(struct hbridge *bridge, const struct hbridge_outputs *outputs);

/* False for backward on what only turns one way. */
bool hbridge_turns(const struct hbridge *bridge, enum motor_direction direction);

/* How finely the speed can be set: the steps of the PWM input; 0 when it is on or off only. */
uint32_t hbridge_steps(const struct hbridge *bridge);

/*
 * Every driving input inactive. Attempts all of them, whatever fails, and returns the first error.
 * Coasts; a phase/enable bridge has no coast and brakes. turned is the direction in which it turns
 * or last turned, or MOTOR_STOP: its input goes last, in case a brake was half written.
 */
int hbridge_off(struct hbridge *bridge, enum motor_direction turned);

/*
 * Sets the direction, then the duty, 0..1 (without a PWM input: full). Above 0 it is at least one
 * step. Ends at the first error.
 */
int hbridge_drive(struct hbridge *bridge, enum motor_direction direction, double duty);

/* The duty alone. Nothing to do without a PWM input. */
int hbridge_duty(struct hbridge *bridge, enum motor_direction direction, double duty);

/*
 * Shorts the motor: both inputs are active at the end. push is the direction in which it last
 * turned. Ends at the first error.
 */
int hbridge_brake(struct hbridge *bridge, enum motor_direction push);

/* Writes the brake again. Attempts all inputs and returns the first error. */
int hbridge_hold(struct hbridge *bridge, enum motor_direction push);

/* Ends the brake. push is the direction that comes next. Ends at the first error. */
int hbridge_release(struct hbridge *bridge, enum motor_direction push);

/* Releases the outputs as they are. Call hbridge_off() first, see motor_close(). */
void hbridge_close(struct hbridge *bridge);
