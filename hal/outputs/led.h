/* SPDX-License-Identifier: MIT */
/*
 * An LED: on a GPIO line (on and off only) or on a PWM output (with brightness). Belongs to one
 * thread.
 */
#pragma once

#include "gpio.h"
#include "pwm.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	LED_LEVEL_MIN = 1,
	LED_LEVEL_MAX = 10,
	LED_FINE_PER_LEVEL = 100, /* tenths of a percent */
	LED_FINE_MAX = LED_LEVEL_MAX * LED_FINE_PER_LEVEL,
};

struct led_settings {
	double min_duty; /* 0..1: below this duty the LED is dark; level 1 is above it */
	double gamma;    /* 1 = linear in duty; about 2.2 looks even to the eye */
};

/*
 * Computes the duty of each level, in steps. Duties rise strictly, as far as steps >= LED_LEVEL_MAX
 * allows, else they never fall. Level 1 is at least one step, level 10 is all of them. Pure.
 * ret_duties[0] is level 1.
 *   duty(level) = min_duty + (1 - min_duty) * (level / 10)^gamma
 */
void led_levels(
	const struct led_settings *settings, uint32_t steps, uint32_t ret_duties[LED_LEVEL_MAX]);

/*
 * The same for a level in tenths of a percent, 1 to LED_FINE_MAX. At a whole level it is that
 * level's duty. Between two levels it follows the same formula, and stays between their duties.
 * Pure. duties: from led_levels().
 */
uint32_t led_duty(const struct led_settings *settings, uint32_t steps,
	const uint32_t duties[LED_LEVEL_MAX], unsigned fine);

/* The duty of any share of the full level, above 0 and up to 1: at least one step above dark.
 * Pure. */
uint32_t led_share_duty(const struct led_settings *settings, uint32_t steps, double share);

/* min_duty is within 0..1 and gamma above 0. */
bool led_settings_are_valid(const struct led_settings *settings);

struct led;

/*
 * Takes over the one that is not NULL; on failure it closes it. -EINVAL if both or neither are
 * given, or a setting is out of its range (gamma: above 0); -ENOMEM. Writes nothing: the output was
 * opened dark.
 */
int led_new(struct gpio_line *line, struct pwm_output *pwm, const struct led_settings *settings,
	struct led **ret_led);

/* Sets the level. fine: 1 to LED_FINE_MAX, else -EINVAL; ignored when off. 0 or an error of
 * hal_error.h. */
int led_set(struct led *led, bool on, unsigned fine);

/*
 * The same, on the way for length_us (above 0): led_poll() does the steps. It begins with what is
 * shown. A line, and a PWM output of one step, change at once. led_set() ends it, and so does a
 * write that fails.
 */
int led_fade(struct led *led, bool on, unsigned fine, uint64_t length_us, uint64_t now_us);

/* Does the step that is due. *ret_next_us: when to call again, or UINT64_MAX; also set on an error.
 * 0 or an error of hal_error.h. */
int led_poll(struct led *led, uint64_t now_us, uint64_t *ret_next_us);

/* Releases the output, dark if dark is true, otherwise as it is (software PWM always ends dark).
 * Returns NULL; led may be NULL. */
struct led *led_close(struct led *led, bool dark);
