/* SPDX-License-Identifier: MIT */
/*
 * A PWM part that loses its power for a moment, as parts beside a motor do, turns all its outputs
 * off and says nothing. While something on it is on, it is asked every few seconds whether it still
 * has its settings: or else the state would say for days that a motor runs.
 */
#include "actuators_internal.h"

enum { WATCH_US = 2000000 };

static bool led_is_lit(const struct actuator_led *led, size_t chip)
{
	const struct config_output *output = &led->config->output;

	return led->led && led->on && output->kind == CONFIG_OUTPUT_CHIP_PWM &&
		output->chip == chip;
}

static bool motor_is_on(const struct actuator_motor *motor, size_t chip)
{
	return motor->motor && motor->direction != MOTOR_STOP &&
		actuators_motor_sits_on(motor, chip);
}

static bool is_in_use(const struct actuators *actuators, size_t chip)
{
	for (size_t i = 0; i < actuators->n_leds; i++)
		if (led_is_lit(&actuators->leds[i], chip))
			return true;
	for (size_t i = 0; i < actuators->n_motors; i++)
		if (motor_is_on(&actuators->motors[i], chip))
			return true;
	return false;
}

/* Motors first: one of them may still be driven by its lines alone. */
static void part_failed(struct actuators *actuators, size_t chip, int code)
{
	for (size_t i = 0; i < actuators->n_motors; i++)
		if (motor_is_on(&actuators->motors[i], chip))
			actuators_motor_failed(actuators, &actuators->motors[i], chip, code);
	for (size_t i = 0; i < actuators->n_leds; i++)
		if (led_is_lit(&actuators->leds[i], chip))
			actuators_led_failed(actuators, &actuators->leds[i], code);
}

uint64_t actuators_watch(struct actuators *actuators)
{
	bool due = actuators->now_us >= actuators->watch_us;
	bool used = false;

	for (size_t i = 0; i < actuators->config->n_chips; i++) {
		int r;

		if (!is_in_use(actuators, i))
			continue;
		used = true;
		r = due ? pwm_parts_probe(actuators->parts, i) : 0;
		if (r < 0)
			part_failed(actuators, i, r);
	}
	if (due && used)
		actuators->watch_us = actuators->now_us + WATCH_US;
	return used ? actuators->watch_us : UINT64_MAX;
}
