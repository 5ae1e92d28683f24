/* SPDX-License-Identifier: MIT */
/*
 * The light of an LED on its way from one level to another, evenly as the eye sees it: the share of
 * the full level changes by the same amount in the same time, and the LED's gamma makes duties of
 * it. Each channel of a color does so for itself, so that colors keep their ratio from and to dark.
 * Pure: the owner writes the duties.
 */
#pragma once

#include "led.h"

enum {
	LED_RAMP_CHANNELS_MAX = 3,
	LED_RAMP_PERIOD_MIN_US = 20000, /* at most 50 steps in a second */
	LED_SHARE_MAX = 255 * LED_FINE_MAX,
};

struct led_light {
	uint32_t share; /* of the full level: 0 is dark, up to LED_SHARE_MAX */
	uint32_t duty;  /* in steps of the PWM */
};

/* All zero: dark, and at rest. */
struct led_ramp {
	size_t n; /* channels in use */
	struct led_ramp_channel {
		uint32_t steps; /* of its PWM */
		struct led_light from, goal, now;
	} channels[LED_RAMP_CHANNELS_MAX];
	bool runs;
	uint64_t start_us, length_us, period_us, next_us;
};

/* Notes what the channels show. A ramp that runs has ended. */
void led_ramp_set(struct led_ramp *ramp, const struct led_light lights[]);

/* Ends it, whatever the channels show now. */
static inline void led_ramp_end(struct led_ramp *ramp)
{
	ramp->runs = false;
}

/* Begins one, from what the channels show, and takes its first step. length_us: above 0; the goals
 * are reached no later. */
void led_ramp_begin(struct led_ramp *ramp, const struct led_settings *settings,
	const struct led_light goals[], uint64_t length_us, uint64_t now_us);

/* Sets `now` of each channel to what it shall show at this time. */
void led_ramp_step(struct led_ramp *ramp, const struct led_settings *settings, uint64_t now_us);

/* When the next step is due; UINT64_MAX: never. */
static inline uint64_t led_ramp_next_us(const struct led_ramp *ramp)
{
	return ramp->runs ? ramp->next_us : UINT64_MAX;
}
