/* SPDX-License-Identifier: MIT */
/*
 * What the map starts an output with is like an action that comes once, when the output is opened
 * for the first time. It waits until that is possible, but an action, the fail-safe, or another one
 * of the interlock that is on overtake it. An output that moves does not wait: it would start when
 * somebody plugs in a cable.
 */
#include "outputs_internal.h"

static bool start(struct outputs *outputs, struct output *output)
{
	const struct output_event event = {.type = OUTPUT_ACTION,
		.time_us = outputs->now_us,
		.request = {.values = config_output_start(output->config)}};
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
	bool changed = false;

	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		if (output->starts && output->device && output->ok)
			changed = start(outputs, output) || changed;
		output->starts = output->starts && !output_kind_of(output)->moves;
	}
	return changed;
}

void outputs_start_no_more(struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->n; i++) {
		struct output *output = &outputs->items[i];
		const struct output_values *away = &config_output_failsafe(output->config)->away;
		const struct output_values begin = config_output_start(output->config);

		if (away->given && !output_values_hold(away, &begin))
			output->starts = false;
	}
}
