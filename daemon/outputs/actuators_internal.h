/* SPDX-License-Identifier: MIT */
/* Shared by the files of the actuators. */
#pragma once

#include "actuator.h"
#include "actuators.h"
#include "pwm_parts.h"

struct actuators {
	struct actuators_settings settings;
	const struct config *config;
	struct pwm_parts *parts;
	struct soft_pwm *soft;
	struct actuator_led *leds;
	size_t n_leds;
	struct actuator_motor *motors;
	size_t n_motors;
	uint64_t now_us;   /* of the running call */
	uint64_t watch_us; /* when the parts are looked at next */
};

/* Everything that the map has, unopened. -ENOMEM leaves *actuators alone. */
int actuators_allocate(struct actuators *actuators, const struct config *config);

/* Tries to open what is not open. Motors first: until they are requested, their inputs float. */
void actuators_open_all(struct actuators *actuators);

/* The failure of the PWM part that it sits on: closed or stopped, told, and tried again. */
void actuators_led_failed(struct actuators *actuators, struct actuator_led *led, int code);
void actuators_motor_failed(
	struct actuators *actuators, struct actuator_motor *motor, size_t chip, int code);

/* The first of its inputs that is a channel of this PWM part, or HBRIDGE_N_INPUTS: none; and
 * whether there is one. */
enum hbridge_input actuators_motor_input_on(const struct actuator_motor *motor, size_t chip);
bool actuators_motor_sits_on(const struct actuator_motor *motor, size_t chip);

/* Looks at the PWM parts if that is due. Returns when it is next. */
uint64_t actuators_watch(struct actuators *actuators);

/* Opens a motor, or writes the stop of one that failed again; if its PWM part is due. */
void actuators_try_motor(struct actuators *actuators, struct actuator_motor *motor);

/* Writes the stop on every output of an open motor. */
int actuators_stop_motor(struct actuators *actuators, struct actuator_motor *motor);

/* Whether any of its inputs is a channel of a PWM part. */
bool actuators_needs_part(const struct actuator_motor *motor);

void actuators_tell_state(const struct actuators *actuators);
