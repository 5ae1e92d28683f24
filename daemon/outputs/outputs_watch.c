/* SPDX-License-Identifier: MIT */
/*
 * A PWM part that loses its power for a moment, as parts near a motor do, silently sets all its
 * outputs low. So while something on it is high, it is asked every few seconds whether it still has
 * its settings. Otherwise the state could say for days that a motor runs, or that one stands that
 * is on when its output is low.
 */
#include "outputs_internal.h"

enum { WATCH_US = 2000000 };

/* True for a part that turns its outputs off by setting them high. */
static bool is_inverted(const struct outputs *outputs, size_t chip)
{
	const struct config_chip *config = &outputs->config->chips[chip];

	return driver_param_value(config->driver, config->params, "inverted") > 0;
}

static bool is_high(const struct output *output, size_t chip, bool inverted)
{
	return output->device &&
		(!output_rests(output) || output->config->active_low != inverted) &&
		output_port_on(output, chip) < OUTPUT_PORTS_MAX;
}

static bool is_in_use(const struct outputs *outputs, size_t chip, bool inverted)
{
	for (size_t i = 0; i < outputs->n; i++)
		if (is_high(&outputs->items[i], chip, inverted))
			return true;
	return false;
}

/* True if any output is on a PWM part. Mostly none is, and then none has to be looked for. */
static bool uses_any(const struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->n; i++)
		if (outputs->items[i].device && output_needs_chip(&outputs->items[i]))
			return true;
	return false;
}

/* Outputs that move come first: they may still be driven by their lines alone. */
static void part_failed(struct outputs *outputs, size_t chip, bool inverted, int code)
{
	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		if (is_high(output, chip, inverted))
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
		bool inverted;
		int r;

		if (outputs->config->chips[i].driver->n_pwm == 0)
			continue;
		inverted = is_inverted(outputs, i);
		if (!is_in_use(outputs, i, inverted))
			continue;
		used = true;
		r = due ? output_chips_probe(outputs->chips, i) : 0;
		if (r < 0)
			part_failed(outputs, i, inverted, r);
	}
	if (due && used)
		outputs->watch_us = outputs->now_us + WATCH_US;
	return used ? outputs->watch_us : UINT64_MAX;
}
