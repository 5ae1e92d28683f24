/* SPDX-License-Identifier: MIT */
#include "led_ramp.h"

void led_ramp_set(struct led_ramp *ramp, const struct led_light lights[])
{
	ramp->runs = false;
	for (size_t i = 0; i < ramp->n; i++)
		ramp->channels[i].now = lights[i];
}

static uint32_t distance(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

/* More steps than the largest change has duties would write nothing new. */
static uint64_t period_of(const struct led_ramp *ramp)
{
	uint32_t farthest = 1;
	uint64_t period_us;

	for (size_t i = 0; i < ramp->n; i++) {
		const struct led_ramp_channel *channel = &ramp->channels[i];
		uint32_t far = distance(channel->goal.duty, channel->from.duty);

		if (far > farthest)
			farthest = far;
	}
	period_us = ramp->length_us / farthest;
	return period_us > LED_RAMP_PERIOD_MIN_US ? period_us : LED_RAMP_PERIOD_MIN_US;
}

void led_ramp_begin(struct led_ramp *ramp, const struct led_settings *settings,
	const struct led_light goals[], uint64_t length_us, uint64_t now_us)
{
	for (size_t i = 0; i < ramp->n; i++) {
		ramp->channels[i].from = ramp->channels[i].now;
		ramp->channels[i].goal = goals[i];
	}
	ramp->runs = true;
	ramp->start_us = now_us;
	ramp->length_us = length_us;
	ramp->period_us = period_of(ramp);
	led_ramp_step(ramp, settings, now_us);
}

/* done_us: above 0 and below the length. */
static struct led_light between(const struct led_ramp *ramp, const struct led_ramp_channel *channel,
	const struct led_settings *settings, uint64_t done_us)
{
	const struct led_light *from = &channel->from, *goal = &channel->goal;
	uint64_t moved = distance(goal->share, from->share) * done_us / ramp->length_us;
	bool rises = goal->duty > from->duty;
	uint32_t lowest = rises ? from->duty : goal->duty;
	uint32_t highest = rises ? goal->duty : from->duty;
	struct led_light light = {
		.share = (uint32_t)(goal->share > from->share ? from->share + moved
							      : from->share - moved)};

	if (light.share > 0)
		light.duty = led_share_duty(
			settings, channel->steps, light.share / (double)LED_SHARE_MAX);
	/* A whole level may be a little above its formula. The light must not turn back there. */
	if (light.duty < lowest)
		light.duty = lowest;
	if (light.duty > highest)
		light.duty = highest;
	return light;
}

void led_ramp_step(struct led_ramp *ramp, const struct led_settings *settings, uint64_t now_us)
{
	uint64_t n_past = now_us > ramp->start_us ? (now_us - ramp->start_us) / ramp->period_us : 0;
	/* Each step shows what its period leads to: the first one is seen at once. */
	uint64_t done_us = (n_past + 1) * ramp->period_us;

	ramp->runs = done_us < ramp->length_us;
	ramp->next_us = ramp->start_us + done_us;
	for (size_t i = 0; i < ramp->n; i++) {
		struct led_ramp_channel *channel = &ramp->channels[i];

		channel->now =
			ramp->runs ? between(ramp, channel, settings, done_us) : channel->goal;
	}
}
