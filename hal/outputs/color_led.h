/* SPDX-License-Identifier: MIT */
/*
 * An LED of three colors, each on a PWM output. Belongs to one thread.
 */
#pragma once

#include "led.h"

enum { COLOR_LED_RED, COLOR_LED_GREEN, COLOR_LED_BLUE, COLOR_LED_N };

struct color_led;

/*
 * Takes over the outputs (also on failure: then they are closed; those that are NULL are passed
 * over). -EINVAL when one is missing or a setting is out of its range; -ENOMEM. Writes nothing: the
 * outputs were opened dark.
 */
int color_led_new(struct pwm_output *const pwms[COLOR_LED_N], const struct led_settings *settings,
	struct color_led **ret_led);

/*
 * fine: the level, 1 to LED_FINE_MAX; color: 0x000001 to 0xffffff, red highest; else -EINVAL. Both
 * are ignored when off. If one of the writes fails, all three go dark as far as they can, and the
 * first error is returned, one of hal_error.h.
 */
int color_led_set(struct color_led *led, bool on, unsigned fine, unsigned color);

/* The same, on the way for length_us (above 0): color_led_poll() does the steps. It begins with
 * what is shown. color_led_set() ends it, and so does a write that fails. */
int color_led_fade(struct color_led *led, bool on, unsigned fine, unsigned color,
	uint64_t length_us, uint64_t now_us);

/* Does the step that is due. *ret_next_us: when to call again, or UINT64_MAX; also set on an error.
 * Errors as of color_led_set(). */
int color_led_poll(struct color_led *led, uint64_t now_us, uint64_t *ret_next_us);

/* The output whose write failed first in the last call that returned an error. */
unsigned color_led_failed(const struct color_led *led);

/* Releases it as it is. Returns NULL; led may be NULL. */
struct color_led *color_led_close(struct color_led *led);
