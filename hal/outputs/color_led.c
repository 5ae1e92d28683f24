/* SPDX-License-Identifier: MIT */
#include "color_led.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PART_MAX = 0xff };

struct color_led {
	struct pwm_output *pwms[COLOR_LED_N]; /* owned */
	struct led_settings settings;
	unsigned failed;
};

int color_led_new(struct pwm_output *const pwms[COLOR_LED_N], const struct led_settings *settings,
	struct color_led **ret_led)
{
	struct color_led *led = calloc(1, sizeof(*led));
	bool is_valid = led_settings_are_valid(settings);

	for (unsigned i = 0; i < COLOR_LED_N; i++)
		is_valid = is_valid && pwms[i];
	if (!led || !is_valid) {
		free(led);
		for (unsigned i = 0; i < COLOR_LED_N; i++)
			pwm_close(pwms[i]);
		return is_valid ? -ENOMEM : -EINVAL;
	}
	memcpy(led->pwms, pwms, sizeof(led->pwms));
	led->settings = *settings;
	*ret_led = led;
	return 0;
}

/* Attempts all three, whatever fails. */
static int go_dark(struct color_led *led)
{
	int error = 0;

	for (unsigned i = 0; i < COLOR_LED_N; i++) {
		int r = pwm_set(led->pwms[i], 0);

		if (r < 0 && error == 0) {
			error = r;
			led->failed = i;
		}
	}
	return error;
}

/* A part of a color is as bright as that share of the level, so that the eye sees the same color at
 * each level. */
static uint32_t duty_of(const struct color_led *led, unsigned index, unsigned fine, unsigned color)
{
	unsigned part = color >> 8 * (COLOR_LED_N - 1 - index) & PART_MAX;
	double share = part / (double)PART_MAX * fine / (double)LED_FINE_MAX;

	return part == 0 ? 0 : led_share_duty(&led->settings, led->pwms[index]->steps, share);
}

int color_led_set(struct color_led *led, bool on, unsigned fine, unsigned color)
{
	if (!on)
		return go_dark(led);
	if (fine < 1 || fine > LED_FINE_MAX || color < 1 || color > 0xffffff)
		return -EINVAL;
	for (unsigned i = 0; i < COLOR_LED_N; i++) {
		int r = pwm_set(led->pwms[i], duty_of(led, i, fine, color));

		if (r < 0) {
			(void)go_dark(led);
			led->failed = i;
			return r;
		}
	}
	return 0;
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
