/* SPDX-License-Identifier: MIT */
/*
 * Lines as inputs of a part. The part (its model) drives them; where there is none, as for a wire
 * that hangs in the air, they are at logical 0.
 */
#include "sim_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sim_lines {
	struct lines base;
	struct sim_bus *bus; /* borrowed from the board: all of the part's lines */
	struct sim_output *outputs[LINES_MAX]; /* borrowed from the board: each of the lines */
	bool active_low;
};

static uint64_t shown_levels(const struct sim_lines *lines, const struct sim_part *part)
{
	uint64_t levels = 0;

	for (unsigned i = 0; part && i < lines->base.n_lines; i++) {
		if (part->driver->model->line(part->state, i))
			levels |= UINT64_C(1) << i;
	}
	return levels;
}

/* The first fault of one of the lines themselves. With the lock. */
static struct sim_disturbance line_fault(const struct sim_lines *lines)
{
	for (unsigned i = 0; i < lines->base.n_lines; i++) {
		if (lines->outputs[i]->fault.kind != SIM_FAULT_NONE)
			return lines->outputs[i]->fault;
	}
	return (struct sim_disturbance){SIM_FAULT_NONE, 0};
}

static int suffer_line(struct sim_lines *lines)
{
	struct sim_board *board = lines->bus->board;
	struct sim_disturbance fault;

	pthread_mutex_lock(&board->lock);
	fault = line_fault(lines);
	pthread_mutex_unlock(&board->lock);
	switch (fault.kind) {
	case SIM_FAULT_STUCK:
		sim_suffer(board, fault);
		return -ETIMEDOUT;
	case SIM_FAULT_SLOW:
		sim_suffer(board, fault);
		return 0;
	case SIM_FAULT_NO_ANSWER:
		return -ENODEV;
	case SIM_FAULT_SHORT:
		return -EIO;
	default:
		return 0;
	}
}

static int levels(struct lines *base, uint64_t *ret_levels)
{
	struct sim_lines *lines = (struct sim_lines *)base;
	enum sim_fault fault;
	struct sim_part *part;
	uint64_t shown;
	int r = suffer_line(lines);

	if (r == 0)
		r = sim_bus_begin(lines->bus, DRIVER_BUS_LINES, 0, &part, &fault);
	if (r < 0)
		return r;
	shown = shown_levels(lines, part);
	if (fault == SIM_FAULT_FLIP)
		shown ^= UINT64_C(1) << sim_flip_bit(lines->bus->board, base->n_lines);
	for (unsigned i = 0; i < base->n_lines; i++)
		lines->outputs[i]->value = ((shown >> i & 1) != 0) != lines->active_low;
	sim_bus_end(lines->bus, part);
	if (fault == SIM_FAULT_NO_ANSWER)
		return -ENXIO;
	if (fault == SIM_FAULT_SHORT)
		return -EIO;
	*ret_levels = shown;
	return 0;
}

static void close_lines(struct lines *base)
{
	struct sim_lines *lines = (struct sim_lines *)base;

	pthread_mutex_lock(&lines->bus->board->lock);
	for (unsigned i = 0; i < base->n_lines; i++)
		lines->outputs[i]->held = false;
	pthread_mutex_unlock(&lines->bus->board->lock);
	free(lines);
}

static const struct lines_ops OPS = {levels, close_lines};

/* With the lock. Lines that are held when a later one cannot be had are given back. */
static int hold_lines(struct sim_lines *lines, struct sim_board *board,
	const struct lines_request *request, struct hal_error *error)
{
	const char *names = request->lines;
	char name[SIM_NAME_BYTES];

	lines->bus = sim_bus_get(board, request->lines);
	if (!lines->bus)
		return -ENOMEM;
	while (lines->base.n_lines < LINES_MAX &&
		lines_next_name(&names, name, sizeof(name)) == 0) {
		struct sim_output *output = sim_output_get(board, name, SIM_OUTPUT_LINE);
		int r = output ? sim_output_hold(output, request->consumer, error) : -ENOMEM;

		if (r < 0) {
			while (lines->base.n_lines > 0)
				lines->outputs[--lines->base.n_lines]->held = false;
			return r;
		}
		lines->outputs[lines->base.n_lines++] = output;
	}
	return 0;
}

int sim_open_lines(struct board *board, const struct lines_request *request,
	struct hal_error *error, struct lines **ret_lines)
{
	struct sim_board *sim = sim_board_of(board);
	struct sim_lines *lines;
	int r;

	if (strlen(request->lines) >= SIM_NAME_BYTES)
		return -EINVAL;
	lines = calloc(1, sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	pthread_mutex_lock(&sim->lock);
	r = hold_lines(lines, sim, request, error);
	pthread_mutex_unlock(&sim->lock);
	if (r < 0) {
		free(lines);
		return r;
	}
	lines->base.ops = &OPS;
	lines->base.trace = board->trace;
	(void)snprintf(lines->base.name, sizeof(lines->base.name), "%.63s", request->lines);
	lines->active_low = request->settings.active_low;
	*ret_lines = &lines->base;
	return 0;
}
