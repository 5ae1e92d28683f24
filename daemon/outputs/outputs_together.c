/* SPDX-License-Identifier: MIT */
/*
 * The outputs of one action, written together where they are channels of one PWM part. A write that
 * waits counts as made until the end of the action. If it fails then, the output goes back to the
 * state before, and is handled like any failed write.
 */
#include "chip_pwm.h"
#include "clock.h"
#include "outputs_internal.h"
#include <errno.h>

/* The PWM part of a port, if it is there. */
static struct chip *chip_of(const struct outputs *outputs, const struct config_port *port)
{
	return port->type == PORT_CHIP_PWM ? output_chips_chips(outputs->chips)[port->chip] : NULL;
}

void outputs_action_begin(struct outputs *outputs)
{
	struct chip *const *chips = output_chips_chips(outputs->chips);

	outputs->together = true;
	for (size_t i = 0; i < outputs->config->n_chips; i++)
		if (chips[i])
			chip_pwm_begin(chips[i]);
}

/* Outputs of an interlock never wait: one goes on only after the others are off. */
void outputs_collect(struct outputs *outputs, const struct output *output, bool is_stop)
{
	bool may_wait = outputs->together && !is_stop && !output->config->interlock;

	for (size_t i = 0; may_wait && i < output_kind_of(output)->n_ports; i++) {
		struct chip *chip = chip_of(outputs, &output->config->ports[i]);

		if (chip)
			chip_pwm_collect(chip, true);
	}
}

bool outputs_collected(struct outputs *outputs, const struct output *output)
{
	bool waits = false;

	for (size_t i = 0; i < output_kind_of(output)->n_ports; i++) {
		const struct config_port *port = &output->config->ports[i];
		struct chip *chip = chip_of(outputs, port);

		if (!chip)
			continue;
		chip_pwm_collect(chip, false);
		waits = waits || chip_pwm_waits(chip, port->channel);
	}
	return waits;
}

/* The result of what waited of an output, and the port if it failed. */
static int result_of(const struct outputs *outputs, const struct output *output, size_t *ret_port)
{
	for (size_t i = 0; i < output_kind_of(output)->n_ports; i++) {
		const struct config_port *port = &output->config->ports[i];
		const struct chip *chip = chip_of(outputs, port);
		int r = chip ? chip_pwm_result(chip, port->channel) : 0;

		if (r < 0) {
			*ret_port = i;
			return r;
		}
	}
	return 0;
}

/* An output that moves is stopped on every port, whatever was written. */
static void go_back(struct outputs *outputs, struct output *output, size_t port)
{
	output->state = output->state_before;
	output->fade_end_us = 0;
	if (output_kind_of(output)->moves && output->device)
		(void)output_rest(output);
	hal_error_set(&output->error, output->result, "%s: %s", output->places[port],
		hal_strerror(output->result));
	outputs_lost(outputs, output, output->result);
}

/* Every one that failed goes back before the first one is tried again, which may set up the part.
 */
static void go_back_where_needed(struct outputs *outputs)
{
	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		size_t port = 0;

		if (!output->waits)
			continue;
		output->result = result_of(outputs, output, &port);
		if (output->result < 0)
			go_back(outputs, output, port);
	}
}

/* A part that lost its power answers, but has to be set up again. */
static int finish(struct outputs *outputs, struct output *output)
{
	output->waits = false;
	if (output->result == -ENODEV)
		output->result = outputs_drive(outputs, output, &output->decision);
	output_drove(output, &output->decision, output->result);
	outputs_note(outputs, output, output->result);
	outputs_keep(outputs, output, output->result);
	return output->result;
}

int outputs_action_end(struct outputs *outputs,
	void (*failed)(void *userdata, size_t index, const char *error), void *userdata)
{
	struct chip *const *chips = output_chips_chips(outputs->chips);
	int error = 0;

	outputs->together = false;
	outputs->now_us = clock_now_us();
	for (size_t i = 0; i < outputs->config->n_chips; i++)
		if (chips[i])
			(void)chip_pwm_end(chips[i]);
	go_back_where_needed(outputs);
	OUTPUTS_FOR_EACH(outputs, pass, output)
	{
		if (!output->waits || finish(outputs, output) == 0)
			continue;
		failed(userdata, (size_t)(output - outputs->items), output->error.text);
		error = error < 0 ? error : output->result;
	}
	return error;
}
