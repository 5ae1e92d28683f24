/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "outputs_internal.h"

static int first_error(int earlier, int r)
{
	return earlier < 0 ? earlier : r;
}

enum outputs_turn outputs_turn_of(const struct output *output)
{
	if (!output_kind_of(output)->moves)
		return TURN_REST;
	return output_needs_chip(output) ? TURN_PARTS : TURN_LINES;
}

bool outputs_stops_late(const struct outputs *outputs, size_t index)
{
	return outputs_turn_of(&outputs->items[index]) != TURN_LINES;
}

/* An output that has failed is not moved, not even by the fail-safe. */
static bool may_act(const struct output *output)
{
	return output->ok || !output_kind_of(output)->moves ||
		!config_output_acts_away(output->config);
}

/* Only open outputs: a closed one is tried again by itself, and nothing may block for long here. */
static int make_safe(struct outputs *outputs, enum output_event_type type, bool only_new)
{
	struct output_event event = {.time_us = clock_now_us()};
	int r = 0;

	outputs->now_us = event.time_us;
	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		if (!output->device || (only_new && output->goes_on))
			continue;
		event.type = may_act(output) ? type : OUTPUT_END;
		r = first_error(r, outputs_react(outputs, output, &event, NULL));
	}
	return r;
}

/* One that cannot be written now would be opened again as it was before. */
static void turn_off_what_is_closed(struct outputs *outputs, enum output_event_type type)
{
	const struct output_event event = {.type = type, .time_us = outputs->now_us};

	for (size_t i = 0; i < outputs->n; i++) {
		struct output *output = &outputs->items[i];
		struct output_decision decision = output_decision_on(output, &event);

		if (output->device || decision.verdict != OUTPUT_WRITE ||
			!output_is_at_rest(output_kind_of(output), &decision.next.values))
			continue;
		/* It may still be on, and its state says so. */
		output->rests_next = !output_rests(output);
		if (!output->rests_next)
			output->state = decision.next;
	}
}

int outputs_failsafe(struct outputs *outputs)
{
	int r;

	outputs_start_no_more(outputs);
	r = make_safe(outputs, OUTPUT_AWAY, false);
	turn_off_what_is_closed(outputs, OUTPUT_AWAY);
	outputs_tell_state(outputs);
	return r;
}

void outputs_failsafe_of_new(struct outputs *outputs)
{
	(void)make_safe(outputs, OUTPUT_AWAY, true);
	turn_off_what_is_closed(outputs, OUTPUT_AWAY);
}

int outputs_safe(struct outputs *outputs)
{
	int r = make_safe(outputs, OUTPUT_END, false);

	turn_off_what_is_closed(outputs, OUTPUT_END);
	last_values_end(outputs->settings.last);
	return r;
}

/* A try that takes as long as this, and fails, is one on a bus that hangs. */
enum { SAFE_SLOW_US = 50000 };

/* It is not safe yet, as far as anybody knows: it failed, and was in use before. For --safe, what
 * moves was. */
static bool is_left(const struct outputs *outputs, const struct output *output)
{
	bool moves = output_kind_of(output)->moves;

	if (output->ok || !config_output_end(output->config)->given)
		return false;
	return output->device || output->is_lost || (moves && outputs->settings.safe_only);
}

/* True if it failed, and took long. */
static bool try_again(struct outputs *outputs, struct output *output)
{
	const struct output_event event = {.type = OUTPUT_END, .time_us = clock_now_us()};

	outputs->now_us = event.time_us;
	outputs_try(outputs, output);
	/* One that is to be on then was opened at rest. */
	if (output->ok && !output_kind_of(output)->moves)
		(void)outputs_react(outputs, output, &event, NULL);
	return !output->ok && clock_now_us() - event.time_us >= SAFE_SLOW_US;
}

bool outputs_safe_again(struct outputs *outputs)
{
	bool safe = true, is_slow = false;

	outputs->now_us = clock_now_us();
	output_chips_hurry(outputs->chips);
	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		if (!is_left(outputs, output))
			continue;
		/* The end does not wait for each of many relays on an expander that hangs. */
		if (output_kind_of(output)->moves)
			(void)try_again(outputs, output);
		else if (!is_slow)
			is_slow = try_again(outputs, output);
		safe = safe && output->ok;
	}
	return safe;
}
