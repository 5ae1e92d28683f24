/* SPDX-License-Identifier: MIT */
/*
 * Every output goes through the same three steps: its PWM parts are made ready, it is opened, it is
 * written. A step that fails closes the output and starts its back-off. The next caller (a command,
 * or the retry in outputs_poll()) goes through the steps again.
 *
 * output_rule.c decides what an output does, and this file carries it out. A PWM part that failed
 * is set up from scratch, which turns all its outputs off. Then LEDs on it return to their state,
 * and motors on it stay stopped.
 */
#include "clock.h"
#include "outputs_internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct port_source source_of(const struct outputs *outputs)
{
	return (struct port_source){
		.board = outputs->settings.board,
		.soft = outputs->soft,
		.chips = output_chips_chips(outputs->chips),
	};
}

void outputs_tell_state(const struct outputs *outputs)
{
	if (outputs->settings.listener.state)
		outputs->settings.listener.state(outputs->settings.listener.userdata);
}

int outputs_note(struct outputs *outputs, struct output *output, int code)
{
	bool news = output->ok ? code < 0
			       : (code == 0 || strcmp(output->error.text, output->told.text) != 0);

	if (output->ok != (code == 0))
		output->since_ms = clock_wall_ms();
	output->ok = code == 0;
	if (code < 0)
		backoff_failed(&output->retry, outputs->now_us);
	else
		backoff_succeeded(&output->retry);
	if (news && code < 0)
		output->told = output->error;
	if (news && outputs->settings.listener.health)
		outputs->settings.listener.health(outputs->settings.listener.userdata,
			output->object, code < 0 ? output->error.text : NULL);
	return code;
}

/*
 * An output that moves and has failed stays open if possible: it goes on trying to write its stop,
 * and it remembers how long it must rest. It is only closed, to be opened again, when its device is
 * gone.
 */
void outputs_lost(struct outputs *outputs, struct output *output, int code)
{
	bool moves = output_kind_of(output)->moves;

	output->state.start_us = OUTPUT_NEVER;
	if (!moves || code == -ENODEV)
		output_close(output);
	for (size_t i = 0; i < output_kind_of(output)->n_ports; i++) {
		const struct config_port *port = &output->config->ports[i];

		if (port->type == PORT_CHIP_PWM)
			output_chips_failed(outputs->chips, port->chip, code, outputs->now_us);
	}
	if (moves)
		outputs_tell_state(outputs);
}

static bool sits_on(const struct output *output, size_t chip)
{
	return output->device && output_port_on(output, chip) < OUTPUT_PORTS_MAX;
}

static struct output_decision decide(
	const struct outputs *outputs, const struct output *output, enum output_event_type type)
{
	const struct output_event event = {.type = type, .time_us = outputs->now_us};

	return output_decision_on(output, &event);
}

void outputs_part_failed(struct outputs *outputs, struct output *output, size_t chip, int code)
{
	if (decide(outputs, output, OUTPUT_LOST).verdict == OUTPUT_REST)
		(void)output_rest(output);
	hal_error_set(&output->error, code, "%s: %s", output->places[output_port_on(output, chip)],
		hal_strerror(code));
	outputs_lost(outputs, output, code);
	outputs_note(outputs, output, code);
}

/* Its part was set up anew, so it is stopped, except for its lines that are not on the part. */
static void rest_after_reset(struct outputs *outputs, struct output *output)
{
	bool was_at_rest = output_rests(output);
	int r = output_rest(output);

	if (r < 0) {
		outputs_lost(outputs, output, r);
		outputs_note(outputs, output, r);
	} else if (!was_at_rest) {
		outputs_tell_state(outputs);
	}
}

/*
 * The part was set up anew, so all its outputs are off. If writing one fails, all that are on count
 * as lost, restored or not. Each has its own retry, and its health shows it.
 */
static void chip_was_reset(struct outputs *outputs, size_t chip)
{
	int failed = 0;

	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		struct output_decision decision;

		if (!sits_on(output, chip))
			continue;
		decision = decide(outputs, output, OUTPUT_RESET);
		if (decision.verdict == OUTPUT_REST)
			rest_after_reset(outputs, output);
		else if (decision.verdict == OUTPUT_WRITE && failed == 0)
			failed = output_write(output, &decision.next, 0);
	}
	for (size_t i = 0; i < outputs->n && failed < 0; i++) {
		struct output *output = &outputs->items[i];

		if (sits_on(output, chip) && !output_kind_of(output)->moves &&
			!output_rests(output))
			outputs_part_failed(outputs, output, chip, failed);
	}
}

/* Makes the PWM part of a port ready, if it has one. */
static int ensure_chip(struct outputs *outputs, const struct config_port *port, bool force,
	struct hal_error *error)
{
	int r;

	if (port->type != PORT_CHIP_PWM)
		return 0;
	r = output_chips_ensure(outputs->chips, port->chip, outputs->now_us, force, error);
	if (r < 1)
		return r;
	chip_was_reset(outputs, port->chip);
	/* It may have failed again; then its time has not come yet. */
	return output_chips_ensure(outputs->chips, port->chip, outputs->now_us, false, error);
}

static int make_ready(struct outputs *outputs, struct output *output, bool force)
{
	struct output_decision decision;
	struct port_source source;
	int r = 0;

	for (size_t i = 0; i < output_kind_of(output)->n_ports && r == 0; i++)
		r = ensure_chip(outputs, &output->config->ports[i], force, &output->error);
	if (r < 0 || output->device)
		return r;
	source = source_of(outputs);
	r = output_open(output, &source);
	if (r < 0)
		return r;
	decision = decide(outputs, output, OUTPUT_OPENED);
	return decision.verdict == OUTPUT_WRITE ? output_write(output, &decision.next, 0) : 0;
}

/* Opens it, or checks whether one that moves and failed can be written again. */
void outputs_try(struct outputs *outputs, struct output *output)
{
	bool failed = output->device && !output->ok;
	int r = make_ready(outputs, output, false);

	/* Even if its part is not ready, there may be lines beside it. */
	if (failed) {
		int stopped = output_rest(output);

		r = r < 0 ? r : stopped;
		outputs_tell_state(outputs);
	}
	if (r < 0)
		outputs_lost(outputs, output, r);
	outputs_note(outputs, output, r);
}

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
	outputs_open_all(outputs);
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
	int r = at_once ? 0 : make_ready(outputs, output, true);

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
		output->state = decision->next;
		return 0;
	case OUTPUT_WRITE:
		r = drive(outputs, output, decision);
		if (output->waits)
			return 0; /* nothing is known yet */
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
	if (r == 0 && !output->waits)
		outputs_keep(outputs, output);
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

/* Does the next step of a ramp, a reversal, or a stop that could not be written yet. Returns when
 * to call it again. */
static uint64_t step(struct outputs *outputs, struct output *output)
{
	struct output_values values;
	uint64_t next_us = UINT64_MAX;
	int r;

	outputs_read_limits(outputs, output);
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

/* Its time is over. */
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
