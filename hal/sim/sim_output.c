/* SPDX-License-Identifier: MIT */
/* The outputs of the board: lines and PWM channels, their values and the log of them. */
#include "sim_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct sim_output *sim_output_find(struct sim_board *board, const char *name)
{
	struct sim_output *output = board->outputs;

	while (output && strcmp(output->name, name) != 0)
		output = output->next;
	return output;
}

struct sim_output *sim_output_get(
	struct sim_board *board, const char *name, enum sim_output_kind kind)
{
	struct sim_output *output = sim_output_find(board, name);

	if (output)
		return output;
	output = calloc(1, sizeof(*output));
	if (!output)
		return NULL;
	(void)snprintf(output->name, sizeof(output->name), "%s", name);
	output->kind = kind;
	output->next = board->outputs;
	board->outputs = output;
	return output;
}

void sim_output_remove(struct sim_board *board, struct sim_output *output)
{
	struct sim_output **link = &board->outputs;

	sim_output_set(board, output, 0); /* a part that is gone drives nothing */
	while (*link != output)
		link = &(*link)->next;
	*link = output->next;
	free(output);
}

static void log_value(struct sim_board *board, const struct sim_output *output)
{
	FILE *log = board->settings.wire_log;
	uint64_t now_us;

	if (!log)
		return;
	now_us = sim_now_us(board);
	if (output->kind == SIM_OUTPUT_LINE)
		(void)fprintf(log, "%" PRIu64 " line %s %d\n", now_us, output->name,
			output->value > 0 ? 1 : 0);
	else
		(void)fprintf(
			log, "%" PRIu64 " pwm %s %.4f\n", now_us, output->name, output->value);
	(void)fflush(log);
}

void sim_output_set(struct sim_board *board, struct sim_output *output, double value)
{
	/* Equal means unchanged: both values are made of the same whole steps. */
	if (output->value >= value && output->value <= value)
		return;
	output->value = value;
	log_value(board, output);
}

int sim_output_hold(struct sim_output *output, const char *consumer, struct hal_error *error)
{
	const char *what = output->kind == SIM_OUTPUT_LINE ? "line" : "PWM channel";

	if (output->held)
		return hal_error_set(error, -EBUSY, "%s %s is held by \"%s\"", what, output->name,
			output->consumer);
	if (output->fault.kind == SIM_FAULT_BUSY)
		return hal_error_set(
			error, -EBUSY, "%s %s is held by \"another\"", what, output->name);
	if (output->fault.kind == SIM_FAULT_NO_ANSWER)
		return hal_error_set(error, -ENODEV, "%s %s is unplugged", what, output->name);
	output->held = output->seen = true;
	(void)snprintf(output->consumer, sizeof(output->consumer), "%s", consumer);
	return 0;
}

int sim_output_open(struct sim_board *board, struct sim_output *output, const char *consumer,
	double value, struct hal_error *error)
{
	int r = sim_output_hold(output, consumer, error);

	if (r < 0)
		return r;
	output->value = value;
	log_value(board, output);
	return 0;
}

/* Applies a fault to a write. Called with the lock, which it releases while it waits. */
static int suffer(struct sim_board *board, const struct sim_output *output)
{
	struct sim_disturbance fault = output->fault;

	if (fault.kind == SIM_FAULT_STUCK || fault.kind == SIM_FAULT_SLOW) {
		pthread_mutex_unlock(&board->lock);
		sim_suffer(board, fault);
		pthread_mutex_lock(&board->lock);
	}
	if (fault.kind == SIM_FAULT_STUCK)
		return -ETIMEDOUT;
	if (fault.kind == SIM_FAULT_NO_ANSWER)
		return -ENODEV;
	return fault.kind == SIM_FAULT_SHORT ? -EIO : 0;
}

int sim_output_drive(struct sim_board *board, struct sim_output *output, double value)
{
	int r;

	pthread_mutex_lock(&board->lock);
	r = suffer(board, output);
	if (r == 0)
		sim_output_set(board, output, value);
	pthread_mutex_unlock(&board->lock);
	return r;
}

int sim_output_set_period(
	struct sim_board *board, const struct sim_output *output, uint32_t period_ns)
{
	FILE *log = board->settings.wire_log;
	int r;

	pthread_mutex_lock(&board->lock);
	r = suffer(board, output);
	if (r == 0 && log) {
		(void)fprintf(log, "%" PRIu64 " period %s %" PRIu32 "\n", sim_now_us(board),
			output->name, period_ns);
		(void)fflush(log);
	}
	pthread_mutex_unlock(&board->lock);
	return r;
}

void sim_output_release(struct sim_board *board, struct sim_output *output)
{
	FILE *log = board->settings.wire_log;

	pthread_mutex_lock(&board->lock);
	output->held = false;
	if (log) {
		(void)fprintf(log, "%" PRIu64 " release %s\n", sim_now_us(board), output->name);
		(void)fflush(log);
	}
	pthread_mutex_unlock(&board->lock);
}
