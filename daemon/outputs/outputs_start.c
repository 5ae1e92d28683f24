/* SPDX-License-Identifier: MIT */
/*
 * The start of an output, as the map gives it, is like an action that comes once, when the output
 * is opened for the first time. It waits until that is possible, unless an action, the fail-safe,
 * or an output of its interlock that is on comes first. An output that moves does not wait: it
 * would start when somebody plugs in a cable. Values that an action left wait for the disk, too,
 * see last_values.h.
 */
#include "clock.h"
#include "outputs_internal.h"

void outputs_prepare_start(const struct outputs *outputs, struct output *output)
{
	if (outputs->settings.safe_only)
		return;
	output->begin = config_output_start(output->config);
	output->begins_as_kept =
		last_values_find(outputs->settings.last, output->config, &output->begin);
	output->starts = output->begin.given;
}

static bool start(struct outputs *outputs, struct output *output)
{
	const struct output_event event = {.type = OUTPUT_ACTION,
		.time_us = outputs->now_us,
		.request = {.values = output->begin}};
	int r;

	if (outputs_is_excluded(outputs, output)) {
		output->starts = false;
		return false;
	}
	r = outputs_react(outputs, output, &event, NULL);
	if (r == 0)
		output->starts = false;
	return r == 0;
}

bool outputs_start(struct outputs *outputs)
{
	enum last_disk disk = last_values_disk(outputs->settings.last);
	bool changed = false;

	if (outputs->settings.starts_later)
		return false;
	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		bool is_open = output->device && output->ok;

		if (output->begins_as_kept && disk == LAST_DISK_FAILED)
			output->starts = false;
		if (output->begins_as_kept && disk == LAST_DISK_WAITS && is_open)
			continue;
		if (output->starts && is_open)
			changed = start(outputs, output) || changed;
		output->starts = output->starts && !output_kind_of(output)->moves;
	}
	return changed;
}

void outputs_start_as_kept(struct outputs *outputs)
{
	outputs->now_us = clock_now_us();
	if (outputs_start(outputs))
		outputs_tell_state(outputs);
}

void outputs_start_now(struct outputs *outputs)
{
	outputs->settings.starts_later = false;
	outputs_start_as_kept(outputs);
}

void outputs_keep(const struct outputs *outputs, const struct output *output, int result)
{
	struct output_values values = *output_state_goal(&output->state);

	if (result < 0 && output->rests_next)
		output_values_merge(&values, &output_kind_of(output)->rest);
	/* Values that an earlier action has given a time are not for good either. */
	else if (result < 0 || output->state.for_us != OUTPUT_NEVER)
		return;
	last_values_note(outputs->settings.last, output->config, &values, outputs->now_us);
}

void outputs_start_no_more(struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->n; i++) {
		struct output *output = &outputs->items[i];
		const struct output_values *away = &config_output_failsafe(output->config)->away;

		if (away->given && !output_values_hold(away, &output->begin))
			output->starts = false;
	}
}
