/* SPDX-License-Identifier: MIT */
#include "led_ramp.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct led {
	struct gpio_line *line; /* one of the two, owned */
	struct pwm_output *pwm;
	struct led_settings settings;
	uint32_t duties[LED_LEVEL_MAX]; /* steps, by level - 1 */
	struct led_ramp ramp;
};

/* The highest duty that is not visible. */
static uint32_t dark_duty(const struct led_settings *settings, uint32_t steps)
{
	return (uint32_t)(settings->min_duty * steps);
}

/* share: of the full level, 0..1. */
static uint64_t exact_duty(const struct led_settings *settings, uint32_t steps, double share)
{
	double duty = settings->min_duty + (1 - settings->min_duty) * pow(share, settings->gamma);

	return (uint64_t)llround(duty * steps);
}

void led_levels(
	const struct led_settings *settings, uint32_t steps, uint32_t ret_duties[LED_LEVEL_MAX])
{
	uint32_t dark = dark_duty(settings, steps);

	for (uint32_t i = 0; i < LED_LEVEL_MAX; i++) {
		uint64_t above = LED_LEVEL_MAX - 1 - i; /* each needs a step of its own */
		uint64_t highest = steps >= LED_LEVEL_MAX ? steps - above : steps;
		uint64_t lowest = i > 0 ? ret_duties[i - 1] : dark;
		uint64_t value = exact_duty(settings, steps, (i + 1.0) / LED_LEVEL_MAX);

		/*
		 * With few steps and a large gamma, neighbours round to the same duty. So each is
		 * raised above the one below it, but not so far that those above find no room. The
		 * room has priority, since min_duty may leave none.
		 */
		if (value <= lowest)
			value = lowest + 1;
		if (value > highest)
			value = highest;
		ret_duties[i] = (uint32_t)value;
	}
}

uint32_t led_duty(const struct led_settings *settings, uint32_t steps,
	const uint32_t duties[LED_LEVEL_MAX], unsigned fine)
{
	unsigned level = fine / LED_FINE_PER_LEVEL;
	uint32_t lowest = level > 0 ? duties[level - 1] : dark_duty(settings, steps) + 1;
	uint64_t duty;

	if (level > 0 && fine % LED_FINE_PER_LEVEL == 0)
		return duties[level - 1];
	duty = exact_duty(settings, steps, fine / (double)LED_FINE_MAX);
	if (duty < lowest)
		duty = lowest;
	return duty > duties[level] ? duties[level] : (uint32_t)duty;
}

uint32_t led_share_duty(const struct led_settings *settings, uint32_t steps, double share)
{
	uint64_t lowest = dark_duty(settings, steps) + 1;
	uint64_t duty = exact_duty(settings, steps, share);

	if (duty < lowest)
		duty = lowest;
	return duty > steps ? steps : (uint32_t)duty;
}

bool led_settings_are_valid(const struct led_settings *settings)
{
	/* Written so that NaN does not pass. */
	return settings->min_duty >= 0 && settings->min_duty <= 1 && settings->gamma > 0 &&
		isfinite(settings->gamma);
}

int led_new(struct gpio_line *line, struct pwm_output *pwm, const struct led_settings *settings,
	struct led **ret_led)
{
	struct led *led = calloc(1, sizeof(*led));
	bool valid = !line != !pwm && led_settings_are_valid(settings);

	if (!led || !valid) {
		free(led);
		gpio_line_close(line);
		pwm_close(pwm);
		return valid ? -ENOMEM : -EINVAL;
	}
	led->line = line;
	led->pwm = pwm;
	led->settings = *settings;
	led->ramp.n = 1;
	if (pwm) {
		led_levels(settings, pwm->steps, led->duties);
		led->ramp.channels[0].steps = pwm->steps;
	}
	*ret_led = led;
	return 0;
}

/* on: fine is within its range. */
static struct led_light light_of(const struct led *led, bool on, unsigned fine)
{
	if (!on)
		return (struct led_light){0};
	return (struct led_light){
		.share = fine * (LED_SHARE_MAX / LED_FINE_MAX),
		.duty = led_duty(&led->settings, led->pwm->steps, led->duties, fine),
	};
}

int led_set(struct led *led, bool on, unsigned fine)
{
	struct led_light light;
	int r;

	if (on && (fine < 1 || fine > LED_FINE_MAX))
		return -EINVAL;
	if (led->line)
		return gpio_line_set(led->line, on);
	light = light_of(led, on, fine);
	led_ramp_end(&led->ramp);
	r = pwm_set_soon(led->pwm, light.duty);
	if (r == 0)
		led_ramp_set(&led->ramp, &light);
	return r;
}

static int write_step(struct led *led)
{
	int r = pwm_set_soon(led->pwm, led->ramp.channels[0].now.duty);

	if (r < 0)
		led_ramp_end(&led->ramp);
	return r;
}

int led_fade(struct led *led, bool on, unsigned fine, uint64_t length_us, uint64_t now_us)
{
	struct led_light goal;

	if (on && (fine < 1 || fine > LED_FINE_MAX))
		return -EINVAL;
	if (led->line || led->pwm->steps < 2)
		return led_set(led, on, fine);
	goal = light_of(led, on, fine);
	led_ramp_begin(&led->ramp, &led->settings, &goal, length_us, now_us);
	return write_step(led);
}

int led_poll(struct led *led, uint64_t now_us, uint64_t *ret_next_us)
{
	uint32_t before = led->ramp.channels[0].now.duty;
	int r = 0;

	if (now_us >= led_ramp_next_us(&led->ramp)) {
		led_ramp_step(&led->ramp, &led->settings, now_us);
		if (led->ramp.channels[0].now.duty != before)
			r = write_step(led);
	}
	*ret_next_us = led_ramp_next_us(&led->ramp);
	return r;
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
