/* SPDX-License-Identifier: MIT */
/*
 * A PWM part that loses its power for a moment, as parts near a motor do, silently turns all its
 * outputs off. So while something on it is on, it is asked every few seconds whether it still has
 * its settings. Otherwise the state could say for days that a motor runs.
 */
#include "outputs_internal.h"

enum { WATCH_US = 2000000 };

static bool is_on(const struct output *output, size_t chip)
{
	return output->device && !output_rests(output) &&
		output_port_on(output, chip) < OUTPUT_PORTS_MAX;
}

static bool is_in_use(const struct outputs *outputs, size_t chip)
{
	for (size_t i = 0; i < outputs->n; i++)
		if (is_on(&outputs->items[i], chip))
			return true;
	return false;
}

/* True if any output on a PWM part is on. Mostly none is, and then no part has to be asked. */
static bool uses_any(const struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->n; i++) {
		const struct output *output = &outputs->items[i];

		if (output->device && output_needs_chip(output) && !output_rests(output))
			return true;
	}
	return false;
}

/* Outputs that move come first: they may still be driven by their lines alone. */
static void part_failed(struct outputs *outputs, size_t chip, int code)
{
	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		if (is_on(output, chip))
			outputs_part_failed(outputs, output, chip, code);
	}
}

uint64_t outputs_watch(struct outputs *outputs)
{
	bool due = outputs->now_us >= outputs->watch_us;
	bool used = false;

	if (!uses_any(outputs))
		return UINT64_MAX;
	for (size_t i = 0; i < outputs->config->n_chips; i++) {
		int r;

		if (!is_in_use(outputs, i))
			continue;
		used = true;
		r = due ? output_chips_probe(outputs->chips, i) : 0;
		if (r < 0)
			part_failed(outputs, i, r);
	}
	if (due && used)
		outputs->watch_us = outputs->now_us + WATCH_US;
	return used ? outputs->watch_us : UINT64_MAX;
}
