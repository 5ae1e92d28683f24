/* SPDX-License-Identifier: MIT */
#include "output.h"
#include "clock.h"
#include <stdio.h>

/* Keys that this output does not have are not in its state. */
static void drop_keys(struct output_values *values, const struct config_output *config)
{
	enum port_type ports[OUTPUT_PORTS_MAX];

	config_output_ports(config, ports);
	for (size_t i = 0; i < config->kind->n_keys; i++)
		if (!output_key_is_there(config->kind, i, ports))
			values->given &= ~(1U << i);
}

void output_init(struct output *output, const struct config_output *config)
{
	*output = (struct output){
		.config = config,
		.state = {.values = output_kind_initial(config->kind, config->params),
			.for_us = OUTPUT_NEVER,
			.start_us = OUTPUT_NEVER},
		.ok = true,
	};
	drop_keys(&output->state.values, config);
	snprintf(output->object, sizeof(output->object), "%s.%s", config->kind->word, config->name);
}

static uint64_t fade_param_us(const struct output *output)
{
	const struct output_kind *kind = output_kind_of(output);

	return kind->fade ? (uint64_t)output->config->params[kind->fade_param] : 0;
}

/* The directions in which it is driven now, whatever it is to do next. */
static unsigned driven(const struct output *output)
{
	const struct output_kind *kind = output_kind_of(output);
	struct output_values values = output->state.values;

	if (!output->limited || !output->device)
		return 0;
	if (kind->observe)
		kind->observe(output->device, &values);
	return kind->moves_to(&values);
}

static struct output_facts facts_of(const struct output *output)
{
	return (struct output_facts){
		.kind = output_kind_of(output),
		.away = &config_output_failsafe(output->config)->away,
		.end = config_output_end(output->config),
		.max_on_us = output->config->max_on_us,
		.free_us = output->free_us,
		.fade_us = fade_param_us(output),
		.fade_end_us = output->fade_end_us,
		.limited = output->limited,
		.driven = driven(output),
		.state = output->state,
	};
}

struct output_decision output_decision_on(
	const struct output *output, const struct output_event *event)
{
	const struct output_facts facts = facts_of(output);

	return output_decide(&facts, event);
}

unsigned output_limits_of(const struct output *output, const struct output_event *event)
{
	const struct output_facts facts = facts_of(output);

	return output_limits_hit(&facts, event);
}

uint64_t output_deadline_us(const struct output *output)
{
	if (!output->device || !output->ok)
		return OUTPUT_NEVER;
	return output_due(output_kind_of(output), output->config->max_on_us, &output->state);
}

/* Updates the values if the output has changed by itself. */
static void observe(struct output *output)
{
	const struct output_kind *kind = output_kind_of(output);
	bool rested = output_rests(output);

	if (kind->observe)
		kind->observe(output->device, &output->state.values);
	if (rested != output_rests(output))
		output->state.since_us = clock_now_us();
	output_state_settle(kind, &output->state);
}

static void is_at_rest_now(struct output *output)
{
	const struct output_kind *kind = output_kind_of(output);

	if (!output_rests(output))
		output->state.since_us = clock_now_us();
	output_values_merge(&output->state.values, &kind->rest);
	output->state.start_us = OUTPUT_NEVER;
	output_state_settle(kind, &output->state);
}

size_t output_port_on(const struct output *output, size_t chip)
{
	for (size_t i = 0; i < output_kind_of(output)->n_ports; i++) {
		const struct config_port *port = &output->config->ports[i];

		if (port->type == PORT_CHIP_PWM && port->chip == chip)
			return i;
	}
	return OUTPUT_PORTS_MAX;
}

bool output_needs_chip(const struct output *output)
{
	for (size_t i = 0; i < output_kind_of(output)->n_ports; i++)
		if (output->config->ports[i].type == PORT_CHIP_PWM)
			return true;
	return false;
}

/* Opens one of its ports, and notes its place. */
static int open_port(struct output *output, const struct port_source *source, size_t index,
	struct output_wire *ret_wire)
{
	char consumer[96];
	struct port_use use = {
		.consumer = consumer,
		.active_low = output->config->active_low,
		.drive = output->config->drive,
		.bias = output->config->bias,
	};
	struct port port;
	int r;

	snprintf(consumer, sizeof(consumer), "tosd %s", output->object);
	r = port_open(source, &output->config->ports[index], &use, &output->error, &port);
	if (r < 0)
		return r;
	snprintf(output->places[index], sizeof(output->places[index]), "%s", port.place);
	*ret_wire = (struct output_wire){port.line, port.pwm};
	return 0;
}

int output_open(struct output *output, const struct port_source *source)
{
	const struct output_kind *kind = output_kind_of(output);
	struct output_wire wires[OUTPUT_PORTS_MAX] = {{NULL, NULL}};
	int r = 0;

	for (size_t i = 0; i < kind->n_ports && r == 0; i++)
		r = open_port(output, source, i, &wires[i]);
	if (r < 0) {
		for (size_t i = 0; i < kind->n_ports; i++) {
			gpio_line_close(wires[i].line);
			pwm_close(wires[i].pwm);
		}
		return r;
	}
	r = kind->open(wires, output->config->params, &output->device);
	if (r < 0)
		return hal_error_set(&output->error, r, "%s", hal_strerror(r));
	output->is_lost = false;
	if (output->rests_next)
		is_at_rest_now(output);
	output->rests_next = false;
	/* Nobody knows what it was before. */
	if (output_rests(output))
		output->state.since_us = clock_now_us();
	return 0;
}

/* Sets the words for a write that failed, and the values that are still driven. */
static int write_failed(struct output *output, int code)
{
	const struct output_kind *kind = output_kind_of(output);
	size_t port = kind->failed_port ? kind->failed_port(output->device) : 0;

	output->fade_end_us = 0;
	observe(output);
	return hal_error_set(
		&output->error, code, "%s: %s", output->places[port], hal_strerror(code));
}

int output_write(struct output *output, const struct output_state *next, uint64_t fade_us)
{
	const struct output_kind *kind = output_kind_of(output);
	bool rested = output_rests(output);
	uint64_t now_us = clock_now_us();
	int r = fade_us ? kind->fade(output->device, &next->values, fade_us, now_us)
			: kind->apply(output->device, &next->values, now_us);

	if (r < 0)
		return write_failed(output, r);
	output->fade_end_us = fade_us ? now_us + fade_us : 0;
	output->state = *next;
	/* A pause counts from when it was off, and not from when that was meant. */
	if (!rested && output_rests(output))
		output->state.since_us = clock_now_us();
	return 0;
}

void output_drove(struct output *output, const struct output_decision *decision, int result)
{
	const struct output_kind *kind = output_kind_of(output);

	output->rests_next = result < 0 && output_is_at_rest(kind, &decision->next.values);
}

int output_rest(struct output *output)
{
	int r = output_kind_of(output)->safe(output->device);

	if (r < 0)
		return write_failed(output, r);
	output->fade_end_us = 0;
	is_at_rest_now(output);
	return 0;
}

int output_poll(struct output *output, uint64_t now_us, uint64_t *ret_next_us)
{
	const struct output_kind *kind = output_kind_of(output);
	int r = kind->poll(output->device, now_us, ret_next_us);

	if (r < 0)
		return write_failed(output, r);
	if (*ret_next_us == UINT64_MAX)
		output->fade_end_us = 0;
	if (kind->observe && !kind->is_running(output->device))
		observe(output);
	return 0;
}

void output_close(struct output *output)
{
	const struct output_kind *kind = output_kind_of(output);

	if (output->device)
		kind->close(output->device);
	output->device = NULL;
	output->fade_end_us = 0;
	if (kind->moves)
		is_at_rest_now(output);
}
