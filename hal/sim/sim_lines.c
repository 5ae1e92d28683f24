/* SPDX-License-Identifier: MIT */
/*
 * Lines as inputs of a part. The part's model drives them; without a part they are at logical 0,
 * like a wire that hangs in the air. Each change that somebody makes is an edge with the time of
 * that moment. A wave makes its edges only when a level is read.
 */
#include "sim_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EDGES_MAX = 1024 }; /* as many as the kernel keeps; then the oldest is lost */

struct sim_lines {
	struct lines base;
	struct sim_bus *bus; /* borrowed from the board: all of the part's lines */
	struct sim_output *outputs[LINES_MAX]; /* borrowed from the board: each of the lines */
	bool active_low;
	uint64_t shown; /* the levels after the newest edge */
	struct lines_edge edges[EDGES_MAX];
	size_t first, n_edges;
	uint64_t dropped;
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

static void add_edge(struct sim_lines *lines, unsigned line, bool level, uint64_t now_us)
{
	if (lines->n_edges == 0)
		(void)eventfd_write(lines->base.fd, 1);
	if (lines->n_edges == EDGES_MAX) {
		lines->first = (lines->first + 1) % EDGES_MAX;
		lines->n_edges--;
		lines->dropped++;
	}
	lines->edges[(lines->first + lines->n_edges++) % EDGES_MAX] =
		(struct lines_edge){line, level, now_us};
}

/* With the lock. */
static void follow(struct sim_lines *lines, const struct sim_part *part)
{
	uint64_t levels = shown_levels(lines, part);
	uint64_t now_us = sim_now_us(lines->bus->board);

	for (unsigned i = 0; i < lines->base.n_lines; i++) {
		bool level = levels >> i & 1;

		if (level == (lines->shown >> i & 1))
			continue;
		add_edge(lines, i, level, now_us);
		lines->outputs[i]->value = level != lines->active_low;
	}
	lines->shown = levels;
}

void sim_lines_changed(struct sim_part *part)
{
	if (part->bus->lines)
		follow(part->bus->lines, part);
}

static int edge(struct lines *base, struct lines_edge *ret_edge)
{
	struct sim_lines *lines = (struct sim_lines *)base;
	struct sim_board *board = lines->bus->board;
	eventfd_t count;
	int r = 0;

	pthread_mutex_lock(&board->lock);
	base->lost += lines->dropped;
	lines->dropped = 0;
	if (lines->n_edges > 0) {
		*ret_edge = lines->edges[lines->first];
		lines->first = (lines->first + 1) % EDGES_MAX;
		lines->n_edges--;
		if (lines->n_edges == 0)
			(void)eventfd_read(base->fd, &count);
		r = 1;
	}
	pthread_mutex_unlock(&board->lock);
	return r;
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
	follow(lines, part);
	shown = lines->shown;
	if (fault == SIM_FAULT_FLIP)
		shown ^= UINT64_C(1) << sim_flip_bit(lines->bus->board, base->n_lines);
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
	lines->bus->lines = NULL;
	pthread_mutex_unlock(&lines->bus->board->lock);
	(void)close(base->fd);
	free(lines);
}

static const struct lines_ops OPS = {levels, edge, close_lines};

/* The levels at the beginning are no edges. */
static void begin_levels(struct sim_lines *lines)
{
	struct sim_part *part = sim_part_at(lines->bus, DRIVER_BUS_LINES, 0);

	if (part)
		sim_part_show_values(part, sim_now_us(lines->bus->board));
	lines->shown = shown_levels(lines, part);
	for (unsigned i = 0; i < lines->base.n_lines; i++)
		lines->outputs[i]->value = ((lines->shown >> i & 1) != 0) != lines->active_low;
}

/* With the lock. If a later line cannot be had, those held already are given back. */
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
	lines->bus->lines = lines;
	begin_levels(lines);
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
	lines->active_low = request->settings.active_low;
	lines->base.debounce_us = request->settings.debounce_us;
	lines->base.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	r = lines->base.fd < 0 ? -errno : 0;
	pthread_mutex_lock(&sim->lock);
	if (r == 0)
		r = hold_lines(lines, sim, request, error);
	pthread_mutex_unlock(&sim->lock);
	if (r < 0) {
		if (lines->base.fd >= 0)
			(void)close(lines->base.fd);
		free(lines);
		return r;
	}
	lines->base.ops = &OPS;
	lines->base.trace = board->trace;
	(void)snprintf(lines->base.name, sizeof(lines->base.name), "%.63s", request->lines);
	*ret_lines = &lines->base;
	return 0;
}
