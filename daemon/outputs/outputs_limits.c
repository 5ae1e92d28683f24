/* SPDX-License-Identifier: MIT */
/*
 * Outputs that move stop at the switches that limit them. output_rule.c decides what an edge of a
 * switch does; this file tells it which directions are limited.
 */
#include "clock.h"
#include "outputs_internal.h"
#include <errno.h>

enum {
	/* While something with a limit moves, its level is read that often, for a line that has
	 * failed gives no edge. */
	MOVING_US = 100000,
	/* Otherwise, for what a sensor shows of the switch. */
	RESTING_US = 1000000,
};

static unsigned limited(const struct outputs *outputs, const struct output *output)
{
	unsigned directions = 0;

	for (unsigned i = 0; i < OUTPUT_DIRECTIONS_MAX; i++)
		if (output->config->has_limits >> i & 1 &&
			limits_reached(outputs->limits, output->config->limits[i]))
			directions |= 1U << i;
	return directions;
}

/* Stops outputs that move towards a limit that is reached. */
static void stop_what_is_limited(struct outputs *outputs)
{
	const struct output_event event = {.type = OUTPUT_LIMIT, .time_us = outputs->now_us};

	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		struct output_decision decision;

		if (!output->config->has_limits || !output->device)
			continue;
		output->limited = limited(outputs, output);
		decision = output_decision_on(output, &event);
		if (decision.verdict == OUTPUT_LEAVE)
			continue;
		(void)outputs_carry_out(outputs, output, &decision);
		outputs_tell_state(outputs);
	}
	limits_settle(outputs->limits);
	if (outputs->settings.listener.health)
		limits_tell(outputs->limits, outputs->settings.listener.health,
			outputs->settings.listener.userdata);
}

int outputs_limits_fd(const struct outputs *outputs)
{
	return limits_fd(outputs->limits);
}

void outputs_limits_event(struct outputs *outputs)
{
	outputs->now_us = clock_now_us();
	if (limits_take(outputs->limits, outputs->now_us))
		stop_what_is_limited(outputs);
}

void outputs_read_limits(struct outputs *outputs, struct output *output)
{
	bool is_news = false;

	if (!outputs->limits)
		return;
	for (unsigned i = 0; i < OUTPUT_DIRECTIONS_MAX; i++) {
		if (!(output->config->has_limits >> i & 1))
			continue;
		limits_read(outputs->limits, output->config->limits[i], outputs->now_us);
		is_news = true;
	}
	/* Others may have the same switch. */
	if (is_news)
		stop_what_is_limited(outputs);
}

int outputs_limit_refusal(struct outputs *outputs, size_t index,
	const struct output_request *request, struct hal_error *error)
{
	struct output *output = &outputs->items[index];
	struct output_event event = {.type = OUTPUT_ACTION, .request = *request};
	unsigned hit;

	if (!output->config->has_limits || !outputs->limits)
		return 0;
	outputs->now_us = clock_now_us();
	event.time_us = outputs->now_us;
	outputs_read_limits(outputs, output);
	output->limited = limited(outputs, output);
	hit = output_limits_of(output, &event);
	for (unsigned i = 0; i < OUTPUT_DIRECTIONS_MAX; i++) {
		size_t chip = output->config->limits[i];
		const char *name, *why;

		if (!(hit >> i & 1))
			continue;
		name = outputs->config->chips[chip].name;
		why = limits_error(outputs->limits, chip);
		return why ? hal_error_set(error, -EPERM, "limit %s cannot be read: %s", name, why)
			   : hal_error_set(error, -EPERM, "limit %s is reached", name);
	}
	return 0;
}

static bool is_moving(const struct output *output)
{
	const struct output_kind *kind = output_kind_of(output);

	return output->device && (!output_rests(output) || kind->is_running(output->device));
}

uint64_t outputs_watch_limits(struct outputs *outputs)
{
	uint64_t next_us, pause_us = RESTING_US;
	bool is_due;

	if (!limits_exist(outputs->limits))
		return UINT64_MAX;
	next_us = limits_retry(outputs->limits, outputs->now_us);
	for (size_t i = 0; i < outputs->n; i++)
		if (outputs->items[i].config->has_limits && is_moving(&outputs->items[i]))
			pause_us = MOVING_US;
	is_due = outputs->now_us >= outputs->limits_read_us + pause_us;
	for (size_t i = 0; is_due && i < outputs->config->n_chips; i++)
		limits_read(outputs->limits, i, outputs->now_us);
	if (is_due)
		outputs->limits_read_us = outputs->now_us;
	stop_what_is_limited(outputs);
	return next_us < outputs->limits_read_us + pause_us ? next_us
							    : outputs->limits_read_us + pause_us;
}

void outputs_hurry_limits(struct outputs *outputs)
{
	limits_hurry(outputs->limits);
}
