/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "log.h"
#include "outputs_internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { REST_TRIES = 3 };

#define GONE_WORDS                                                                                 \
	"%s; it is no longer in the map like that, and could not be turned off: switch off its "   \
	"supply"

static bool has_same_failsafe(const struct config_output *one, const struct config_output *other)
{
	const struct output_values *a = &config_output_failsafe(one)->away;
	const struct output_values *b = &config_output_failsafe(other)->away;

	return a->given == b->given && output_values_hold(a, b);
}

/* An open output of the old map with the same settings goes on under its new index. */
static void move_outputs(struct outputs *from, struct outputs *to)
{
	for (size_t i = 0; i < to->n; i++) {
		for (size_t j = 0; j < from->n; j++) {
			const struct config_output *config = to->items[i].config;

			if (strcmp(from->items[j].config->fingerprint, config->fingerprint) != 0)
				continue;
			/* Otherwise an output that failed would be started once more. */
			to->items[i].starts = from->items[j].starts;
			to->items[i].is_lost = from->items[j].is_lost;
			if (!from->items[j].device)
				continue;
			to->items[i] = from->items[j];
			to->items[i].config = config;
			to->items[i].goes_on = has_same_failsafe(from->items[j].config, config);
			/* One that the map no longer has is not reached. */
			to->items[i].limited &= config->has_limits;
			from->items[j].device = NULL;
			break;
		}
	}
}

/* Nobody tries again later, and a single error may be noise on the bus. A bus that is stuck stays
 * so, and each try may take the time of a transfer. */
static void turn_off(struct output *output)
{
	int r = output_rest(output);

	for (int i = 1; i < REST_TRIES && r < 0 && r != -ETIMEDOUT; i++)
		r = output_rest(output);
	if (r < 0 && !output_rests(output))
		log_error(output->object, GONE_WORDS, output->error.text);
}

static bool is_in(const struct outputs *outputs, const struct output *output)
{
	for (size_t i = 0; i < outputs->n; i++)
		if (strcmp(outputs->items[i].config->fingerprint, output->config->fingerprint) == 0)
			return true;
	return false;
}

/*
 * An output of the old map that was closed since it could not be written may still be on. Opening
 * it turns it off. This is the last chance for one that goes. While its part is still the old
 * map's: that is set up with it.
 */
static void turn_off_what_was_lost(struct outputs *old, const struct outputs *next)
{
	OUTPUTS_FOR_EACH(old, pass, output)
	{
		int r;

		if (output->device || !output->is_lost || is_in(next, output))
			continue;
		output->rests_next = true;
		r = outputs_make_ready(old, output, true);
		if (r < 0)
			log_error(output->object, GONE_WORDS, output->error.text);
	}
}

/* Closes what is left of the old map. */
static void close_rest(struct outputs *old)
{
	OUTPUTS_FOR_EACH(old, pass, output)
	{
		if (output->device)
			turn_off(output);
		output_close(output);
	}
	free(old->items);
	output_chips_free(old->chips);
	limits_free(old->limits);
}

int outputs_reload(struct outputs *outputs, const struct config *config, bool is_away)
{
	struct outputs old;
	struct outputs next;
	int r;

	outputs->now_us = clock_now_us();
	old = *outputs;
	next = *outputs;
	r = last_values_prepare(outputs->settings.last, config);
	if (r == 0)
		r = outputs_allocate(&next, config);
	if (r < 0)
		return r;
	r = output_chips_new(old.settings.board, config, &next.chips);
	if (r < 0) {
		free(next.items);
		return r;
	}
	r = limits_new(old.settings.board, config, old.limits, &next.limits);
	if (r < 0) {
		output_chips_free(next.chips);
		free(next.items);
		return r;
	}
	/* From here on nothing fails, so the old map's parts need not stay where they are. */
	turn_off_what_was_lost(&old, &next);
	output_chips_take_over(next.chips, old.chips);
	move_outputs(&old, &next);
	*outputs = next;
	close_rest(&old);
	last_values_follow(outputs->settings.last, config);
	if (is_away)
		outputs_start_no_more(outputs);
	outputs_open_all(outputs);
	if (is_away)
		outputs_failsafe_of_new(outputs);
	outputs_settle_interlocks(outputs);
	(void)outputs_watch_limits(outputs);
	outputs_tell_state(outputs);
	return 0;
}
