/* SPDX-License-Identifier: MIT */
#include "actuators_internal.h"
#include "clock.h"

static int first_error(int earlier, int r)
{
	return earlier < 0 ? earlier : r;
}

/* What the map's failsafe says of the LEDs. */
static int leds_failsafe(struct actuators *actuators)
{
	enum config_failsafe_leds leds = actuators->config->failsafe.leds;
	int r = 0;

	if (leds == CONFIG_FAILSAFE_LEDS_KEEP)
		return 0;
	for (size_t i = 0; i < actuators->n_leds; i++) {
		struct actuator_led *led = &actuators->leds[i];

		/* One that is not open is tried again by itself; here nothing may block for long.
		 */
		if (led->led)
			r = first_error(r,
				actuators_set_led(actuators, i, leds == CONFIG_FAILSAFE_LEDS_ON,
					led->level, NULL));
	}
	return r;
}

/*
 * Stops by writing, also what is believed to stand. Motors that need no PWM part come first: a part
 * may sit on a bus that is stuck, and costs time then.
 */
static int motors_stop(struct actuators *actuators)
{
	int r = 0;

	actuators->now_us = clock_now_us();
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < actuators->n_motors; i++) {
			struct actuator_motor *motor = &actuators->motors[i];

			if (motor->motor && actuators_needs_part(motor) == (pass == 1))
				r = first_error(r, actuators_stop_motor(actuators, motor));
		}
	}
	return r;
}

int actuators_failsafe(struct actuators *actuators)
{
	int r = actuators->config->failsafe.stop_motors ? motors_stop(actuators) : 0;

	r = first_error(r, leds_failsafe(actuators));
	actuators_tell_state(actuators);
	return r;
}

int actuators_safe(struct actuators *actuators)
{
	int r = motors_stop(actuators);

	return first_error(r, leds_failsafe(actuators));
}

bool actuators_safe_again(struct actuators *actuators)
{
	bool also_closed = actuators->settings.safe_only;
	bool safe = true;

	actuators->now_us = clock_now_us();
	pwm_parts_hurry(actuators->parts);
	for (size_t i = 0; i < actuators->n_motors; i++) {
		struct actuator_motor *motor = &actuators->motors[i];

		if (motor->base.ok || !(motor->motor || also_closed))
			continue;
		actuators_try_motor(actuators, motor);
		safe = safe && motor->base.ok;
	}
	return safe;
}
