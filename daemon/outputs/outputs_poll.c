/* SPDX-License-Identifier: MIT */
/* Does what is due: ramps, the end of a time, retries. */
#include "outputs_internal.h"

/* Does the next step of a ramp, a reversal, or a stop that could not be written yet. Returns when
 * to call it again. */
static uint64_t step(struct outputs *outputs, struct output *output)
{
	struct output_values values;
	uint64_t next_us = UINT64_MAX;
	int r;

	outputs_read_limits(outputs, output);
	/* It may have been stopped there, and its lines may be gone. */
	if (!output->device)
		return UINT64_MAX;
	values = output->state.values;
	r = output_poll(output, outputs->now_us, &next_us);

	/* A failure that is known already is retried by its own back-off. */
	if (r < 0 && output->ok) {
		outputs_lost(outputs, output, r);
		outputs_note(outputs, output, r);
	} else if (!output_values_hold(&values, &output->state.values)) {
		outputs_tell_state(outputs);
	}
	return output->device ? next_us : UINT64_MAX;
}

static uint64_t earlier(uint64_t a_us, uint64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

/* Ends an output whose time is over. */
static void end_one(struct outputs *outputs, struct output *output)
{
	const struct output_event event = {.type = OUTPUT_TIME, .time_us = outputs->now_us};
	struct output_decision decision;

	outputs_read_limits(outputs, output);
	decision = output_decision_on(output, &event);
	(void)outputs_carry_out(outputs, output, &decision);
	outputs_tell_state(outputs);
}

/* Ends outputs whose time is over. Returns when the next one ends. */
static uint64_t end_what_is_over(struct outputs *outputs)
{
	uint64_t next_us = UINT64_MAX;

	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		uint64_t deadline_us = output_deadline_us(output);

		if (deadline_us <= outputs->now_us) {
			end_one(outputs, output);
			deadline_us = output_deadline_us(output);
		}
		next_us = earlier(next_us, deadline_us);
	}
	return next_us;
}

uint64_t outputs_poll(struct outputs *outputs, uint64_t now_us)
{
	uint64_t next_us, limits_us;
	bool retried = false; /* at most one in a call: each may block for the time of a transfer */

	outputs->now_us = now_us;
	limits_us = outputs_watch_limits(outputs);
	/* Before any retry, which may take long. */
	next_us = end_what_is_over(outputs);
	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		if (!output->ok && !retried && backoff_is_due(&output->retry, now_us)) {
			outputs_try(outputs, output);
			retried = true;
			if (outputs_start(outputs))
				outputs_tell_state(outputs);
		}
		if (output->device && output_kind_of(output)->poll)
			next_us = earlier(next_us, step(outputs, output));
		if (!output->ok)
			next_us = earlier(next_us, output->retry.due_us);
	}
	return earlier(earlier(next_us, limits_us), outputs_watch(outputs));
}
