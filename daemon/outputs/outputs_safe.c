/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "outputs_internal.h"

static int first_error(int earlier, int r)
{
	return earlier < 0 ? earlier : r;
}

/* What the map's failsafe says of the LEDs. */
static int leds_failsafe(struct outputs *outputs)
{
	enum config_failsafe_leds leds = outputs->config->failsafe.leds;
	int r = 0;

	if (leds == CONFIG_FAILSAFE_LEDS_KEEP)
		return 0;
	for (size_t i = 0; i < outputs->n_leds; i++) {
		struct output_led *led = &outputs->leds[i];

		/* One that is not open is tried again by itself; here nothing may block for long.
		 */
		if (led->led)
			r = first_error(r,
				outputs_set_led(outputs, i, leds == CONFIG_FAILSAFE_LEDS_ON,
					led->level, NULL));
	}
	return r;
}

/*
 * Stops by writing, also what is believed to stand. Motors that need no PWM part come first: a part
 * may sit on a bus that is stuck, and costs time then.
 */
static int motors_stop(struct outputs *outputs)
{
	int r = 0;

	outputs->now_us = clock_now_us();
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < outputs->n_motors; i++) {
			struct output_motor *motor = &outputs->motors[i];

			if (motor->motor && outputs_needs_part(motor) == (pass == 1))
				r = first_error(r, outputs_stop_motor(outputs, motor));
		}
	}
	return r;
}

int outputs_failsafe(struct outputs *outputs)
{
	int r = outputs->config->failsafe.stop_motors ? motors_stop(outputs) : 0;

	r = first_error(r, leds_failsafe(outputs));
	outputs_tell_state(outputs);
	return r;
}

int outputs_safe(struct outputs *outputs)
{
	int r = motors_stop(outputs);

	return first_error(r, leds_failsafe(outputs));
}

bool outputs_safe_again(struct outputs *outputs)
{
	bool also_closed = outputs->settings.safe_only;
	bool safe = true;

	outputs->now_us = clock_now_us();
	output_chips_hurry(outputs->parts);
	for (size_t i = 0; i < outputs->n_motors; i++) {
		struct output_motor *motor = &outputs->motors[i];

		if (motor->base.ok || !(motor->motor || also_closed))
			continue;
		outputs_try_motor(outputs, motor);
		safe = safe && motor->base.ok;
	}
	return safe;
}
