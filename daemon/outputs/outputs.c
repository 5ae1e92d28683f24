/* SPDX-License-Identifier: MIT */
/* Opens the outputs of a map, and carries out what output_rule.c decides. */
#include "clock.h"
#include "outputs_internal.h"
#include <errno.h>
#include <stdlib.h>

/* True if it is to be opened at all. */
static bool is_wanted(const struct outputs *outputs, const struct output *output)
{
	return !outputs->settings.safe_only || config_output_end(output->config)->given;
}

int outputs_allocate(struct outputs *outputs, const struct config *config)
{
	struct output *items = calloc(config->n_outputs + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_outputs; i++) {
		output_init(&items[i], &config->outputs[i]);
		outputs_prepare_start(outputs, &items[i]);
	}
	outputs->config = config;
	outputs->items = items;
	outputs->n = config->n_outputs;
	return 0;
}

void outputs_open_all(struct outputs *outputs)
{
	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		if (!output->device && is_wanted(outputs, output))
			outputs_try(outputs, output);
	}
	(void)outputs_start(outputs);
}

int outputs_new(const struct outputs_settings *settings, struct outputs **ret_outputs)
{
	struct outputs *outputs = calloc(1, sizeof(*outputs));
	int r;

	if (!outputs)
		return -ENOMEM;
	outputs->settings = *settings;
	outputs->now_us = clock_now_us();
	r = last_values_prepare(settings->last, settings->config);
	if (r == 0)
		r = outputs_allocate(outputs, settings->config);
	if (r == 0)
		r = soft_pwm_new(&outputs->soft);
	if (r == 0)
		r = output_chips_new(settings->board, settings->config, &outputs->chips);
	if (r == 0 && !settings->safe_only)
		r = limits_new(settings->board, settings->config, NULL, &outputs->limits);
	if (r < 0) {
		outputs_free(outputs);
		return r;
	}
	last_values_follow(settings->last, settings->config);
	outputs->may_wait = true;
	outputs_open_all(outputs);
	outputs->may_wait = false;
	if (outputs->limits)
		(void)outputs_watch_limits(outputs);
	*ret_outputs = outputs;
	return 0;
}

struct outputs_status outputs_get(const struct outputs *outputs, size_t index)
{
	const struct output *output = &outputs->items[index];

	return (struct outputs_status){
		.values = *output_state_goal(&output->state),
		.ok = output->ok,
		.error = output->error.text,
		.since_ms = output->since_ms,
	};
}

int outputs_drive(
	struct outputs *outputs, struct output *output, const struct output_decision *decision)
{
	const struct output_kind *kind = output_kind_of(output);
	const struct output_state *next = &decision->next;
	/* A stop does not wait until a part is set up: the lines beside it can be written. */
	bool at_once = kind->moves && output->device && output_is_at_rest(kind, &next->values);
	int r = at_once ? 0 : outputs_make_ready(outputs, output, true);

	output->waits = false;
	if (r == 0) {
		outputs_collect(outputs, output, at_once);
		r = output_write(output, next, decision->fade_us);
		output->waits = outputs_collected(outputs, output) && r == 0;
	}
	if (r < 0)
		outputs_lost(outputs, output, r);
	return r;
}

static int drive(
	struct outputs *outputs, struct output *output, const struct output_decision *decision)
{
	const struct output_state state = output->state;
	int r = outputs_drive(outputs, output, decision);

	/* It was away and may be back already: a part that lost its power answers, but has to be
	 * set up again. */
	if (r == -ENODEV)
		r = outputs_drive(outputs, output, decision);
	if (output->waits) {
		output->decision = *decision;
		output->state_before = state;
	}
	return r;
}

int outputs_carry_out(
	struct outputs *outputs, struct output *output, const struct output_decision *decision)
{
	int r = 0;

	switch (decision->verdict) {
	case OUTPUT_LEAVE:
		return 0;
	case OUTPUT_WAIT:
		output->rests_next = false;
		output->state = decision->next;
		return 0;
	case OUTPUT_WRITE:
		r = drive(outputs, output, decision);
		if (output->waits)
			return 0; /* nothing is known yet */
		output_drove(output, decision, r);
		break;
	case OUTPUT_REST:
		output->waits = false;
		r = output_rest(output);
		if (r < 0)
			outputs_lost(outputs, output, r);
		break;
	}
	return outputs_note(outputs, output, r);
}

int outputs_apply(struct outputs *outputs, size_t index, const struct output_request *request,
	struct hal_error *error)
{
	const struct output_event event = {OUTPUT_ACTION, clock_now_us(), *request};
	struct output *output = &outputs->items[index];
	int r = outputs_limit_refusal(outputs, index, request, error);

	outputs->now_us = event.time_us;
	if (r < 0)
		return r;
	output->starts = false;
	r = outputs_react(outputs, output, &event, error);
	if (!output->waits)
		outputs_keep(outputs, output, r);
	return r;
}

bool outputs_running(const struct outputs *outputs, bool guarded)
{
	for (size_t i = 0; i < outputs->n; i++) {
		const struct output *output = &outputs->items[i];
		const struct output_kind *kind = output_kind_of(output);

		if (!kind->is_running || !output->device || !kind->is_running(output->device))
			continue;
		if (!guarded ||
			(config_output_failsafe(output->config)->away.given &&
				!config_output_acts_away(output->config)))
			return true;
	}
	return false;
}

bool outputs_have_failsafe(const struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->n; i++) {
		const struct config_output *config = outputs->items[i].config;

		if (config_output_failsafe(config)->away.given &&
			(!config->kind->moves || config_output_acts_away(config)))
			return true;
	}
	return false;
}

struct outputs *outputs_free(struct outputs *outputs)
{
	if (!outputs)
		return NULL;
	if (outputs->chips)
		outputs_safe(outputs);
	OUTPUTS_FOR_EACH(outputs, pass, output)
	output_close(output);
	limits_free(outputs->limits);
	soft_pwm_free(outputs->soft);
	output_chips_free(outputs->chips);
	free(outputs->items);
	free(outputs);
	return NULL;
}
