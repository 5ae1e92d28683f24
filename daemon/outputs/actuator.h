/* SPDX-License-Identifier: MIT */
/*
 * One LED or one motor of the map, with the outputs that it is wired to: opening, writing, failing
 * and coming back. Internal to the actuators; main thread.
 */
#pragma once

#include "actuators.h"
#include "output.h"
#include "retry.h"

/* What an LED and a motor have in common. All zero but for the object: never tried. */
struct actuator {
	char object[80]; /* "led.red" */
	bool ok;
	struct retry retry;
	struct hal_error error; /* when not ok */
	uint64_t since_ms;
};

struct actuator_led {
	struct actuator base;
	const struct config_led *config;
	struct led *led; /* NULL: not open */
	char place[128]; /* what it is wired to, as last opened */
	bool on;
	unsigned level;
};

struct actuator_motor {
	struct actuator base;
	const struct config_motor *config;
	struct motor *motor; /* NULL: not open */
	char places[HBRIDGE_N_INPUTS][128];
	enum motor_direction direction;
	unsigned speed;
};

/* As they are before anything was opened: an LED dark, a motor stopped, both at their highest
 * level. */
void actuator_led_init(struct actuator_led *led, const struct config_led *config);
void actuator_motor_init(struct actuator_motor *motor, const struct config_motor *config);

/* What an input of the bridge is wired to, as the map has it. */
const struct config_output *actuator_motor_input(
	const struct actuator_motor *motor, enum hbridge_input input);

/* Opens, inactive. The PWM parts that it sits on are ready. 0 or an error with the words in
 * base.error. */
int actuator_led_open(struct actuator_led *led, const struct output_source *source);
int actuator_motor_open(struct actuator_motor *motor, const struct output_source *source);

/* Writes to an open one. On success the state is the new one; otherwise the words are in
 * base.error, and a motor's direction is the one in which it is still driven. */
int actuator_led_write(struct actuator_led *led, bool on, unsigned level);
int actuator_motor_write(
	struct actuator_motor *motor, enum motor_direction direction, unsigned speed);

/* Writes the stop again, on every output. */
int actuator_motor_stop(struct actuator_motor *motor);

/* What motor_poll() has to say: errors as above; also when a stop that had failed was written. */
int actuator_motor_poll(struct actuator_motor *motor, uint64_t now_us, uint64_t *ret_next_us);

/* Writes what the state says again. */
int actuator_led_restore(struct actuator_led *led);

/* Releases: an LED as it is, a motor made safe. */
void actuator_led_close(struct actuator_led *led);
void actuator_motor_close(struct actuator_motor *motor);
