/* SPDX-License-Identifier: MIT */
/*
 * The inputs of an H-bridge: which ones are written, with what, in which order. There is no time
 * and no decision here; those are in motor.c. The truth tables and their parts are in hbridge.c.
 *
 * Everything follows from one rule: a direction or a brake is only switched on from off, while
 * every input that could drive the motor is known to be inactive.
 *
 *      off --drive--> driven --duty--> driven --off--> off
 *      off --brake--> braked --hold--> braked --release--> off
 *
 * If drive, duty or brake fails, call off. If release fails, call hold: with one input that cannot
 * be released, the other one keeps the motor braked, and alone it would drive it.
 *
 * Inputs are written one after the other, so on the way into and out of a brake the motor is driven
 * for the time of one write. The caller says in which direction it may be pushed.
 *
 * Belongs to one thread.
 */
#pragma once

#include "gpio.h"
#include "pwm.h"
#include <stdbool.h>
#include <stdint.h>

/* The direction in which the motor is driven. */
enum motor_direction { MOTOR_STOP, MOTOR_FORWARD, MOTOR_BACKWARD };

/* The bridge's inputs. */
enum hbridge_input {
	HBRIDGE_FORWARD,  /* IN1 */
	HBRIDGE_BACKWARD, /* IN2 */
	HBRIDGE_PHASE,
	HBRIDGE_ENABLE,
	HBRIDGE_N_INPUTS,
};

/* The wires of the bridge's inputs; NULL if there is none. All must be opened inactive. */
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
	bool drives;               /* the last writes may drive the motor */
	enum hbridge_input failed; /* the first one that failed in the last call */
};

/*
 * -EINVAL if the outputs form no bridge. Takes over the outputs on success only. Writes nothing.
 */
int hbridge_init(struct hbridge *bridge, const struct hbridge_outputs *outputs);

/* False for backward on what only turns one way. */
bool hbridge_turns(const struct hbridge *bridge, enum motor_direction direction);

/* The number of steps of the speed: those of the PWM input; 0 if it is on or off only. */
uint32_t hbridge_steps(const struct hbridge *bridge);

/*
 * Makes every driving input inactive. Attempts all of them, whatever fails, and returns the first
 * error. The motor coasts; a phase/enable bridge has no coast and brakes. turned is the direction
 * in which it turns or last turned, or MOTOR_STOP: the input of that direction is written last, in
 * case a brake was half written.
 */
int hbridge_off(struct hbridge *bridge, enum motor_direction turned);

/*
 * Sets the direction, then the duty, 0..1 (full without a PWM input). A duty above 0 is at least
 * one step. Stops at the first error.
 */
int hbridge_drive(struct hbridge *bridge, enum motor_direction direction, double duty);

/* Sets the duty alone. Does nothing without a PWM input. */
int hbridge_duty(struct hbridge *bridge, enum motor_direction direction, double duty);

/*
 * Brakes by shorting the motor: both inputs are active at the end. push is the direction in which
 * it last turned. Stops at the first error.
 */
int hbridge_brake(struct hbridge *bridge, enum motor_direction push);

/* Writes the brake again. Attempts all inputs and returns the first error. */
int hbridge_hold(struct hbridge *bridge, enum motor_direction push);

/* Ends the brake. push is the direction that comes next. Stops at the first error. */
int hbridge_release(struct hbridge *bridge, enum motor_direction push);

/* Releases the outputs as they are. Call hbridge_off() first, see motor_close(). */
void hbridge_close(struct hbridge *bridge);
