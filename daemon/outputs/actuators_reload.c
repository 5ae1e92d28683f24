/* SPDX-License-Identifier: MIT */
#include "actuators_internal.h"
#include "clock.h"
#include <stdlib.h>
#include <string.h>

/* An open LED of the old map that has the same settings goes on under its new index. */
static void move_leds(
	struct actuator_led *from, size_t n_from, struct actuator_led *to, size_t n_to)
{
	for (size_t i = 0; i < n_to; i++) {
		for (size_t j = 0; j < n_from; j++) {
			const struct config_led *config = to[i].config;

			if (!from[j].led ||
				strcmp(from[j].config->fingerprint, config->fingerprint) != 0)
				continue;
			to[i] = from[j];
			to[i].config = config;
			from[j].led = NULL;
			break;
		}
	}
}

static void move_motors(
	struct actuator_motor *from, size_t n_from, struct actuator_motor *to, size_t n_to)
{
	for (size_t i = 0; i < n_to; i++) {
		for (size_t j = 0; j < n_from; j++) {
			const struct config_motor *config = to[i].config;

			if (!from[j].motor ||
				strcmp(from[j].config->fingerprint, config->fingerprint) != 0)
				continue;
			to[i] = from[j];
			to[i].config = config;
			from[j].motor = NULL;
			break;
		}
	}
}

int actuators_reload(struct actuators *actuators, const struct config *config)
{
	struct actuators old;
	struct actuators next;
	int r;

	actuators->now_us = clock_now_us();
	old = *actuators;
	next = *actuators;
	r = actuators_allocate(&next, config);
	if (r < 0)
		return r;
	r = pwm_parts_take_over(old.parts, old.settings.board, config, &next.parts);
	if (r < 0) {
		free(next.leds);
		free(next.motors);
		return r;
	}
	move_motors(old.motors, old.n_motors, next.motors, next.n_motors);
	move_leds(old.leds, old.n_leds, next.leds, next.n_leds);
	*actuators = next;
	for (size_t i = 0; i < old.n_motors; i++)
		actuator_motor_close(&old.motors[i]);
	for (size_t i = 0; i < old.n_leds; i++)
		old.leds[i].led = led_close(old.leds[i].led, true);
	free(old.motors);
	free(old.leds);
	pwm_parts_free(old.parts);
	actuators_open_all(actuators);
	actuators_tell_state(actuators);
	return 0;
}
