/* SPDX-License-Identifier: MIT */
#include "led.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct led {
	struct gpio_line *line; /* one of the two, owned */
	struct pwm_output *pwm;
	uint32_t duties[LED_LEVEL_MAX]; /* steps, by level - 1 */
};

void led_levels(
	const struct led_settings *settings, uint32_t steps, uint32_t ret_duties[LED_LEVEL_MAX])
{
	uint32_t dark = (uint32_t)(settings->min_duty * steps); /* the brightest that is not seen */

	for (uint32_t i = 0; i < LED_LEVEL_MAX; i++) {
		double share = pow((i + 1.0) / (double)LED_LEVEL_MAX, settings->gamma);
		double duty = settings->min_duty + (1 - settings->min_duty) * share;
		uint64_t above = LED_LEVEL_MAX - 1 - i; /* each wants a step of its own */
		uint64_t highest = steps >= LED_LEVEL_MAX ? steps - above : steps;
		uint64_t lowest = i > 0 ? ret_duties[i - 1] : dark;
		uint64_t value = (uint64_t)llround(duty * steps);

		/*
		 * Small steps and a large gamma round neighbours to one duty: push each up to above
		 * the one below it, but never so far that those above find no room. The room comes
		 * first, since min_duty may leave none.
		 */
		if (value <= lowest)
			value = lowest + 1;
		if (value > highest)
			value = highest;
		ret_duties[i] = (uint32_t)value;
	}
}

int led_new(struct gpio_line *line, struct pwm_output *pwm, const struct led_settings *settings,
	struct led **ret_led)
{
	struct led *led = calloc(1, sizeof(*led));
	/* Written so that a NaN does not pass. */
	bool valid = !line != !pwm && settings->min_duty >= 0 && settings->min_duty <= 1 &&
		settings->gamma > 0 && isfinite(settings->gamma);

	if (!led || !valid) {
		free(led);
		gpio_line_close(line);
		pwm_close(pwm);
		return valid ? -ENOMEM : -EINVAL;
	}
	led->line = line;
	led->pwm = pwm;
	if (pwm)
		led_levels(settings, pwm->steps, led->duties);
	*ret_led = led;
	return 0;
}

int led_set(struct led *led, bool on, unsigned level)
{
	if (on && (level < LED_LEVEL_MIN || level > LED_LEVEL_MAX))
		return -EINVAL;
	if (led->line)
		return gpio_line_set(led->line, on);
	return pwm_set(led->pwm, on ? led->duties[level - LED_LEVEL_MIN] : 0);
}

struct led *led_close(struct led *led, bool dark)
{
	if (!led)
		return NULL;
	if (dark)
		led_set(led, false, 0);
	gpio_line_close(led->line);
	pwm_close(led->pwm);
	free(led);
	return NULL;
}
