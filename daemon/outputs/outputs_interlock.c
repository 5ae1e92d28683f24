/* SPDX-License-Identifier: MIT */
/*
 * Of the outputs that share an interlock, at most one is on. An output that is to go on turns the
 * others off first, and goes on when they have been off for the longest pause in the group. If one
 * cannot be turned off, or its state is unknown, the new one stays off.
 */
#include "outputs_internal.h"
#include <errno.h>
#include <string.h>

static bool is_same_group(const struct output *a, const struct output *b)
{
	return a != b && a->config->interlock && b->config->interlock &&
		strcmp(a->config->interlock, b->config->interlock) == 0;
}

static bool is_off(const struct output *output)
{
	return output_is_at_rest(output_kind_of(output), output_state_goal(&output->state));
}

bool outputs_is_excluded(const struct outputs *outputs, const struct output *output)
{
	for (size_t i = 0; i < outputs->n; i++)
		if (is_same_group(output, &outputs->items[i]) && !is_off(&outputs->items[i]))
			return true;
	return false;
}

static int turn_off(struct outputs *outputs, struct output *output)
{
	const struct output_event event = {.type = OUTPUT_EXCLUDED, .time_us = outputs->now_us};
	struct output_decision decision;
	int r = 0;

	if (!output->device || !output->ok)
		return -EBUSY;
	if (!is_off(output)) {
		decision = output_decision_on(output, &event);
		r = outputs_carry_out(outputs, output, &decision);
		outputs_tell_state(outputs);
	}
	return r < 0 ? -EBUSY : 0;
}

/* The longest pause of its group. */
static uint64_t pause_us(const struct outputs *outputs, const struct output *output)
{
	uint64_t longest_us = output->config->interlock_pause_us;

	for (size_t i = 0; i < outputs->n; i++) {
		const struct output *other = &outputs->items[i];

		if (is_same_group(output, other) && other->config->interlock_pause_us > longest_us)
			longest_us = other->config->interlock_pause_us;
	}
	return longest_us;
}

static int turn_others_off(struct outputs *outputs, struct output *output, struct hal_error *error)
{
	uint64_t pause = pause_us(outputs, output);
	struct hal_error unheard;

	output->free_us = 0;
	for (size_t i = 0; i < outputs->n; i++) {
		struct output *other = &outputs->items[i];

		if (!is_same_group(output, other))
			continue;
		if (turn_off(outputs, other) < 0)
			return hal_error_set(error ? error : &unheard, -EBUSY,
				"%s, of the same interlock, cannot be turned off: %s",
				other->object, other->error.text);
		if (other->state.since_us + pause > output->free_us)
			output->free_us = other->state.since_us + pause;
	}
	return 0;
}

int outputs_react(struct outputs *outputs, struct output *output, const struct output_event *event,
	struct hal_error *error)
{
	struct output_decision decision;
	int r;

	output->free_us = 0;
	decision = output_decision_on(output, event);
	if (output->config->interlock && decision.verdict == OUTPUT_WRITE && output_rests(output) &&
		!output_is_at_rest(output_kind_of(output), &decision.next.values)) {
		r = turn_others_off(outputs, output, error);
		if (r < 0)
			return r;
		decision = output_decision_on(output, event);
	}
	r = outputs_carry_out(outputs, output, &decision);
	return r < 0 && error ? hal_error_set(error, r, "%s", output->error.text) : r;
}

void outputs_settle_interlocks(struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->n; i++) {
		for (size_t j = i + 1; j < outputs->n; j++) {
			struct output *one = &outputs->items[i], *other = &outputs->items[j];

			if (!is_same_group(one, other) || is_off(one) || is_off(other))
				continue;
			(void)turn_off(outputs, one);
			(void)turn_off(outputs, other);
		}
	}
}
