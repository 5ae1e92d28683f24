/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "outputs_internal.h"
#include <stdlib.h>
#include <string.h>

/* An open LED of the old map that has the same settings goes on under its new index. */
static void move_leds(struct output_led *from, size_t n_from, struct output_led *to, size_t n_to)
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
	struct output_motor *from, size_t n_from, struct output_motor *to, size_t n_to)
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

int outputs_reload(struct outputs *outputs, const struct config *config)
{
	struct outputs old;
	struct outputs next;
	int r;

	outputs->now_us = clock_now_us();
	old = *outputs;
	next = *outputs;
	r = outputs_allocate(&next, config);
	if (r < 0)
		return r;
	r = output_chips_take_over(old.parts, old.settings.board, config, &next.parts);
	if (r < 0) {
		free(next.leds);
		free(next.motors);
		return r;
	}
	move_motors(old.motors, old.n_motors, next.motors, next.n_motors);
	move_leds(old.leds, old.n_leds, next.leds, next.n_leds);
	*outputs = next;
	for (size_t i = 0; i < old.n_motors; i++)
		output_motor_close(&old.motors[i]);
	for (size_t i = 0; i < old.n_leds; i++)
		old.leds[i].led = led_close(old.leds[i].led, true);
	free(old.motors);
	free(old.leds);
	output_chips_free(old.parts);
	outputs_open_all(outputs);
	outputs_tell_state(outputs);
	return 0;
}
