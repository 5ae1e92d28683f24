/* SPDX-License-Identifier: MIT */
/*
 * A PWM part that loses its power for a moment, as parts beside a motor do, turns all its outputs
 * off and says nothing. While something on it is on, it is asked every few seconds whether it still
 * has its settings: or else the state would say for days that a motor runs.
 */
#include "outputs_internal.h"

enum { WATCH_US = 2000000 };

static bool led_is_lit(const struct output_led *led, size_t chip)
{
	const struct config_port *output = &led->config->port;

	return led->led && led->on && output->kind == CONFIG_PORT_CHIP_PWM && output->chip == chip;
}

static bool motor_is_on(const struct output_motor *motor, size_t chip)
{
	return motor->motor && motor->direction != MOTOR_STOP && outputs_motor_sits_on(motor, chip);
}

static bool is_in_use(const struct outputs *outputs, size_t chip)
{
	for (size_t i = 0; i < outputs->n_leds; i++)
		if (led_is_lit(&outputs->leds[i], chip))
			return true;
	for (size_t i = 0; i < outputs->n_motors; i++)
		if (motor_is_on(&outputs->motors[i], chip))
			return true;
	return false;
}

/* Motors first: one of them may still be driven by its lines alone. */
static void part_failed(struct outputs *outputs, size_t chip, int code)
{
	for (size_t i = 0; i < outputs->n_motors; i++)
		if (motor_is_on(&outputs->motors[i], chip))
			outputs_motor_failed(outputs, &outputs->motors[i], chip, code);
	for (size_t i = 0; i < outputs->n_leds; i++)
		if (led_is_lit(&outputs->leds[i], chip))
			outputs_led_failed(outputs, &outputs->leds[i], code);
}

uint64_t outputs_watch(struct outputs *outputs)
{
	bool due = outputs->now_us >= outputs->watch_us;
	bool used = false;

	for (size_t i = 0; i < outputs->config->n_chips; i++) {
		int r;

		if (!is_in_use(outputs, i))
			continue;
		used = true;
		r = due ? output_chips_probe(outputs->parts, i) : 0;
		if (r < 0)
			part_failed(outputs, i, r);
	}
	if (due && used)
		outputs->watch_us = outputs->now_us + WATCH_US;
	return used ? outputs->watch_us : UINT64_MAX;
}
