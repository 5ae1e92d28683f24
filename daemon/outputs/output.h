/* SPDX-License-Identifier: MIT */
/*
 * One LED or one motor of the map, with the outputs that it is wired to: opening, writing, failing
 * and coming back. Internal to the outputs; main thread.
 */
#pragma once

#include "outputs.h"
#include "port.h"
#include "retry.h"

/* What an LED and a motor have in common. All zero but for the object: never tried. */
struct output {
	char object[80]; /* "led.red" */
	bool ok;
	struct retry retry;
	struct hal_error error; /* when not ok */
	uint64_t since_ms;
};

struct output_led {
	struct output base;
	const struct config_led *config;
	struct led *led; /* NULL: not open */
	char place[128]; /* what it is wired to, as last opened */
	bool on;
	unsigned level;
};

struct output_motor {
	struct output base;
	const struct config_motor *config;
	struct motor *motor; /* NULL: not open */
	char places[HBRIDGE_N_INPUTS][128];
	enum motor_direction direction;
	unsigned speed;
};

/* As they are before anything was opened: an LED dark, a motor stopped, both at their highest
 * level. */
void output_led_init(struct output_led *led, const struct config_led *config);
void output_motor_init(struct output_motor *motor, const struct config_motor *config);

/* What an input of the bridge is wired to, as the map has it. */
const struct config_port *output_motor_input(
	const struct output_motor *motor, enum hbridge_input input);

/* Opens, inactive. The PWM parts that it sits on are ready. 0 or an error with the words in
 * base.error. */
int output_led_open(struct output_led *led, const struct port_source *source);
int output_motor_open(struct output_motor *motor, const struct port_source *source);

/* Writes to an open one. On success the state is the new one; otherwise the words are in
 * base.error, and a motor's direction is the one in which it is still driven. */
int output_led_write(struct output_led *led, bool on, unsigned level);
int output_motor_write(struct output_motor *motor, enum motor_direction direction, unsigned speed);

/* Writes the stop again, on every output. */
int output_motor_stop(struct output_motor *motor);

/* What motor_poll() has to say: errors as above; also when a stop that had failed was written. */
int output_motor_poll(struct output_motor *motor, uint64_t now_us, uint64_t *ret_next_us);

/* Writes what the state says again. */
int output_led_restore(struct output_led *led);

/* Releases: an LED as it is, a motor made safe. */
void output_led_close(struct output_led *led);
void output_motor_close(struct output_motor *motor);
