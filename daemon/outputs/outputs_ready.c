/* SPDX-License-Identifier: MIT */
/*
 * Every output goes through the same three steps: its PWM parts are made ready, it is opened, it is
 * written. A step that fails closes the output and starts its back-off. The next caller (a command,
 * or the retry in outputs_poll()) goes through the steps again.
 *
 * A PWM part that failed is set up from scratch, which turns all its outputs off. Then LEDs on it
 * return to their state, and motors on it stay stopped.
 */
#include "clock.h"
#include "outputs_internal.h"
#include <errno.h>
#include <string.h>

static struct port_source source_of(const struct outputs *outputs)
{
	return (struct port_source){
		.board = outputs->settings.board,
		.soft = outputs->soft,
		.chips = output_chips_chips(outputs->chips),
		.may_wait = outputs->may_wait,
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
	if (!moves || code == -ENODEV) {
		output->is_lost = output->is_lost || output->device;
		output_close(output);
	}
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
 * The part was set up anew, so all its outputs are low: off, but for those that are on then. If
 * writing one fails, all that are not as they are to be count as lost, restored or not. Each has
 * its own retry, and its health shows it. next: is written in a moment, so it need not show what
 * it was before.
 */
static void chip_was_reset(struct outputs *outputs, size_t chip, const struct output *next)
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
		else if (decision.verdict == OUTPUT_WRITE && failed == 0 && output != next)
			failed = output_write(output, &decision.next, 0);
	}
	for (size_t i = 0; i < outputs->n && failed < 0; i++) {
		struct output *output = &outputs->items[i];

		if (sits_on(output, chip) && !output_kind_of(output)->moves &&
			(!output_rests(output) || output->config->active_low))
			outputs_part_failed(outputs, output, chip, failed);
	}
}

/* Makes the PWM part of a port ready, if it has one. */
static int ensure_chip(
	struct outputs *outputs, struct output *output, const struct config_port *port, bool force)
{
	struct output_chips *chips = outputs->chips;
	int r;

	if (port->type != PORT_CHIP_PWM)
		return 0;
	r = output_chips_ensure(chips, port->chip, outputs->now_us, force, &output->error);
	if (r < 1)
		return r;
	chip_was_reset(outputs, port->chip, output);
	/* It may have failed again; then its time has not come yet. */
	return output_chips_ensure(chips, port->chip, outputs->now_us, false, &output->error);
}

int outputs_make_ready(struct outputs *outputs, struct output *output, bool force)
{
	struct port_source source;
	int r = 0;

	for (size_t i = 0; i < output_kind_of(output)->n_ports && r == 0; i++)
		r = ensure_chip(outputs, output, &output->config->ports[i], force);
	if (r < 0 || output->device)
		return r;
	source = source_of(outputs);
	return output_open(output, &source);
}

/* Opens it, and writes what it is to be. */
static int open_again(struct outputs *outputs, struct output *output)
{
	struct output_decision decision;
	bool was_closed = !output->device;
	int r = outputs_make_ready(outputs, output, false);

	if (r < 0 || !was_closed)
		return r;
	decision = decide(outputs, output, OUTPUT_OPENED);
	return decision.verdict == OUTPUT_WRITE ? output_write(output, &decision.next, 0) : 0;
}

/* Opens it, or checks whether one that moves and failed can be written again. */
void outputs_try(struct outputs *outputs, struct output *output)
{
	const struct output_values before = output->state.values;
	bool failed = output->device && !output->ok;
	int r = open_again(outputs, output);

	/* Even if its part is not ready, there may be lines beside it. Those may be gone. */
	if (failed && output->device) {
		int stopped = output_rest(output);

		r = r < 0 ? r : stopped;
	}
	/* Its time may have ended while it was closed. */
	if (failed || !output_values_hold(&before, &output->state.values))
		outputs_tell_state(outputs);
	if (r < 0)
		outputs_lost(outputs, output, r);
	outputs_note(outputs, output, r);
}
