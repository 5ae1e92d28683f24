/* SPDX-License-Identifier: MIT */
#include "router_internal.h"
#include <errno.h>
#include <stdio.h>

static void add_output_error(
	const struct router *router, size_t index, const char *error, struct payload_errors *errors)
{
	const struct config_output *config = &router->config->outputs[index];
	char path[64];

	(void)snprintf(path, sizeof(path), "%s.%zu", config->kind->word, config->index);
	payload_error_add(errors, path, "%s", error);
}

int router_apply_output(
	const struct router *router, struct payload_output *output, struct payload_errors *errors)
{
	const struct output_request request = {output->values, output->modifiers};
	struct hal_error error = {0};

	if (outputs_apply(router->outputs, output->output, &request, &error) < 0) {
		add_output_error(router, output->output, error.text, errors);
		return -EIO;
	}
	output->values = outputs_get(router->outputs, output->output).values;
	return 0;
}

/* The results of outputs that were written together go here. */
struct outcome {
	const struct router *router;
	struct payload_action *applied;
	struct payload_errors *errors;
};

static void on_failed(void *userdata, size_t index, const char *error)
{
	const struct outcome *outcome = userdata;
	struct payload_action *applied = outcome->applied;
	size_t n = 0;

	add_output_error(outcome->router, index, error, outcome->errors);
	for (size_t i = 0; i < applied->n_outputs; i++)
		if (applied->outputs[i].output != index)
			applied->outputs[n++] = applied->outputs[i];
	applied->n_outputs = n;
}

static size_t apply_stops_of(const struct router *router, const struct payload_action *action,
	bool late, struct payload_action *applied, struct payload_errors *errors)
{
	size_t n_stops = 0;

	for (size_t i = 0; i < action->n_outputs; i++) {
		struct payload_output output = action->outputs[i];

		if (!payload_is_stop(router->config, &output) ||
			outputs_stops_late(router->outputs, output.output) != late)
			continue;
		n_stops++;
		if (router_apply_output(router, &output, errors) == 0)
			applied->outputs[applied->n_outputs++] = output;
	}
	return n_stops;
}

size_t router_apply_stops(const struct router *router, const struct payload_action *action,
	struct payload_action *applied, struct payload_errors *errors)
{
	size_t n_stops = apply_stops_of(router, action, false, applied, errors);

	return n_stops + apply_stops_of(router, action, true, applied, errors);
}

/* Carries out the outputs of one kind, except stops. Returns how many were tried. */
static size_t apply_kind(const struct router *router, const struct output_kind *kind,
	const struct payload_action *action, struct payload_action *applied,
	struct payload_errors *errors)
{
	size_t n_tried = 0;

	for (size_t i = 0; i < action->n_outputs && errors->count == 0; i++) {
		struct payload_output output;

		if (router->config->outputs[action->outputs[i].output].kind != kind ||
			payload_is_stop(router->config, &action->outputs[i]))
			continue;
		output = action->outputs[i];
		n_tried++;
		if (router_apply_output(router, &output, errors) == 0)
			applied->outputs[applied->n_outputs++] = output;
	}
	return n_tried;
}

void router_apply(const struct router *router, const struct payload_action *action,
	struct payload_action *applied, struct payload_errors *errors)
{
	size_t left = action->n_outputs - router_apply_stops(router, action, applied, errors);
	struct outcome outcome = {router, applied, errors};

	outputs_action_begin(router->outputs);
	for (size_t i = 0; left > 0 && errors->count == 0 && output_kind_table[i]; i++)
		left -= apply_kind(router, output_kind_table[i], action, applied, errors);
	(void)outputs_action_end(router->outputs, on_failed, &outcome);
	if (action->interval_ms && errors->count == 0) {
		router->set_interval(router->userdata, action->interval_ms);
		applied->interval_ms = action->interval_ms;
	}
	if (action->read && errors->count == 0) {
		router->read_now(router->userdata);
		applied->read = true;
	}
}

void router_check_limits(const struct router *router, const struct payload_action *action,
	struct payload_errors *errors)
{
	for (size_t i = 0; i < action->n_outputs; i++) {
		const struct payload_output *output = &action->outputs[i];
		const struct output_request request = {output->values, output->modifiers};
		struct hal_error error;

		if (outputs_limit_refusal(router->outputs, output->output, &request, &error) < 0)
			add_output_error(router, output->output, error.text, errors);
	}
}
