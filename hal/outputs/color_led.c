/* SPDX-License-Identifier: MIT */
#include "color_led.h"
#include "led_ramp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PART_MAX = 0xff };

struct color_led {
	struct pwm_output *pwms[COLOR_LED_N]; /* owned */
	struct led_settings settings;
	struct led_ramp ramp;
	unsigned failed;
};

int color_led_new(struct pwm_output *const pwms[COLOR_LED_N], const struct led_settings *settings,
	struct color_led **ret_led)
{
	struct color_led *led = calloc(1, sizeof(*led));
	bool fits = led_settings_are_valid(settings);

	for (unsigned i = 0; i < COLOR_LED_N; i++)
		fits = fits && pwms[i];
	if (!led || !fits) {
		free(led);
		for (unsigned i = 0; i < COLOR_LED_N; i++)
			pwm_close(pwms[i]);
		return fits ? -ENOMEM : -EINVAL;
	}
	memcpy(led->pwms, pwms, sizeof(led->pwms));
	led->settings = *settings;
	led->ramp.n = COLOR_LED_N;
	for (unsigned i = 0; i < COLOR_LED_N; i++)
		led->ramp.channels[i].steps = pwms[i]->steps;
	*ret_led = led;
	return 0;
}

/* Attempts all three, whatever fails. */
static int go_dark(struct color_led *led)
{
	static const struct led_light DARK[COLOR_LED_N];
	int error = 0;

	led_ramp_set(&led->ramp, DARK);
	for (unsigned i = 0; i < COLOR_LED_N; i++) {
		int r = pwm_set_soon(led->pwms[i], 0);

		if (r < 0 && error == 0) {
			error = r;
			led->failed = i;
		}
	}
	return error;
}

/* A part of a color is as bright as that share of the level, so that the eye sees the same color at
 * each level. */
static struct led_light light_of(
	const struct color_led *led, unsigned index, unsigned fine, unsigned color)
{
	unsigned part = color >> 8 * (COLOR_LED_N - 1 - index) & PART_MAX;
	struct led_light light = {.share = part * fine};

	if (part > 0)
		light.duty = led_share_duty(&led->settings, led->pwms[index]->steps,
			light.share / (double)LED_SHARE_MAX);
	return light;
}

static bool is_valid(unsigned fine, unsigned color)
{
	return fine >= 1 && fine <= LED_FINE_MAX && color >= 1 && color <= 0xffffff;
}

/* Writes the duties of the ramp. before: the duties that are there already; NULL: unknown. */
static int write_all(struct color_led *led, const uint32_t before[])
{
	for (unsigned i = 0; i < COLOR_LED_N; i++) {
		uint32_t duty = led->ramp.channels[i].now.duty;
		int r = before && before[i] == duty ? 0 : pwm_set_soon(led->pwms[i], duty);

		if (r < 0) {
			(void)go_dark(led);
			led->failed = i;
			return r;
		}
	}
	return 0;
}

int color_led_set(struct color_led *led, bool on, unsigned fine, unsigned color)
{
	struct led_light lights[COLOR_LED_N];

	if (!on)
		return go_dark(led);
	if (!is_valid(fine, color))
		return -EINVAL;
	for (unsigned i = 0; i < COLOR_LED_N; i++)
		lights[i] = light_of(led, i, fine, color);
	led_ramp_set(&led->ramp, lights);
	return write_all(led, NULL);
}

int color_led_fade(struct color_led *led, bool on, unsigned fine, unsigned color,
	uint64_t length_us, uint64_t now_us)
{
	struct led_light goals[COLOR_LED_N] = {{0, 0}};

	if (on && !is_valid(fine, color))
		return -EINVAL;
	for (unsigned i = 0; i < COLOR_LED_N && on; i++)
		goals[i] = light_of(led, i, fine, color);
	led_ramp_begin(&led->ramp, &led->settings, goals, length_us, now_us);
	return write_all(led, NULL);
}

int color_led_poll(struct color_led *led, uint64_t now_us, uint64_t *ret_next_us)
{
	uint32_t before[COLOR_LED_N];
	int r = 0;

	for (unsigned i = 0; i < COLOR_LED_N; i++)
		before[i] = led->ramp.channels[i].now.duty;
	if (now_us >= led_ramp_next_us(&led->ramp)) {
		led_ramp_step(&led->ramp, &led->settings, now_us);
		r = write_all(led, before);
	}
	*ret_next_us = led_ramp_next_us(&led->ramp);
	return r;
}

unsigned color_led_failed(const struct color_led *led)
{
	return led->failed;
}

struct color_led *color_led_close(struct color_led *led)
{
	if (!led)
		return NULL;
	for (unsigned i = 0; i < COLOR_LED_N; i++)
		pwm_close(led->pwms[i]);
	free(led);
	return NULL;
}
