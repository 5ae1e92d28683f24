/* SPDX-License-Identifier: MIT */
/* Shared by the files of the outputs. */
#pragma once

#include "output.h"
#include "output_chips.h"
#include "outputs.h"

struct outputs {
	struct outputs_settings settings;
	const struct config *config;
	struct output_chips *parts;
	struct soft_pwm *soft;
	struct output_led *leds;
	size_t n_leds;
	struct output_motor *motors;
	size_t n_motors;
	uint64_t now_us;   /* of the running call */
	uint64_t watch_us; /* when the parts are looked at next */
};

/* Everything that the map has, unopened. -ENOMEM leaves *outputs alone. */
int outputs_allocate(struct outputs *outputs, const struct config *config);

/* Tries to open what is not open. Motors first: until they are requested, their inputs float. */
void outputs_open_all(struct outputs *outputs);

/* The failure of the PWM part that it sits on: closed or stopped, told, and tried again. */
void outputs_led_failed(struct outputs *outputs, struct output_led *led, int code);
void outputs_motor_failed(
	struct outputs *outputs, struct output_motor *motor, size_t chip, int code);

/* The first of its inputs that is a channel of this PWM part, or HBRIDGE_N_INPUTS: none; and
 * whether there is one. */
enum hbridge_input outputs_motor_input_on(const struct output_motor *motor, size_t chip);
bool outputs_motor_sits_on(const struct output_motor *motor, size_t chip);

/* Looks at the PWM parts if that is due. Returns when it is next. */
uint64_t outputs_watch(struct outputs *outputs);

/* Opens a motor, or writes the stop of one that failed again; if its PWM part is due. */
void outputs_try_motor(struct outputs *outputs, struct output_motor *motor);

/* Writes the stop on every output of an open motor. */
int outputs_stop_motor(struct outputs *outputs, struct output_motor *motor);

/* Whether any of its inputs is a channel of a PWM part. */
bool outputs_needs_part(const struct output_motor *motor);

void outputs_tell_state(const struct outputs *outputs);
