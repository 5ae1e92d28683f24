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
	uint64_t ours;  /* the outputs */
	uint64_t shown; /* the levels after the newest edge */
	struct lines_edge edges[EDGES_MAX];
	size_t first, n_edges;
	uint64_t dropped;
};

static bool shown_level(const struct sim_lines *lines, const struct sim_part *part, unsigned line)
{
	const struct sim_output *output = lines->outputs[line];

	if (output->is_driven)
		return output->driven != lines->active_low;
	return part && part->driver->model->line(part->state, line);
}

static uint64_t shown_levels(const struct sim_lines *lines, const struct sim_part *part)
{
	uint64_t levels = 0;

	for (unsigned i = 0; i < lines->base.n_lines; i++)
		levels |= (uint64_t)shown_level(lines, part, i) << i;
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

static void show_levels(struct sim_lines *lines, const struct sim_part *part, uint64_t time_us)
{
	uint64_t levels = shown_levels(lines, part);

	for (unsigned i = 0; i < lines->base.n_lines; i++) {
		bool level = levels >> i & 1;

		if (level == (lines->shown >> i & 1))
			continue;
		if (!(lines->ours >> i & 1))
			add_edge(lines, i, level, time_us);
		lines->outputs[i]->value = level != lines->active_low;
	}
	lines->shown = levels;
}

/* With the lock. */
static void follow(struct sim_lines *lines, const struct sim_part *part)
{
	uint64_t now_us = sim_now_us(lines->bus->board), time_us;

	while (part && part->driver->model->step &&
		part->driver->model->step(part->state, now_us, &time_us))
		show_levels(lines, part, time_us);
	show_levels(lines, part, now_us);
}

void sim_lines_changed(struct sim_part *part)
{
	if (part->bus->lines)
		follow(part->bus->lines, part);
}

void sim_lines_undrive(struct sim_part *part)
{
	struct sim_lines *lines = part->bus->lines;

	for (unsigned i = 0; lines && i < lines->base.n_lines; i++)
		lines->outputs[i]->is_driven = false;
}

/* The lines that are open and have this one among them, with the lock; NULL: none. */
static struct sim_lines *lines_with(const struct sim_board *board, const struct sim_output *output)
{
	for (struct sim_bus *bus = board->buses; bus; bus = bus->next) {
		for (unsigned i = 0; bus->lines && i < bus->lines->base.n_lines; i++) {
			if (bus->lines->outputs[i] == output)
				return bus->lines;
		}
	}
	return NULL;
}

int sim_drive_line(struct board *board, const char *line, bool level)
{
	struct sim_board *sim = sim_board_of(board);
	struct sim_output *output;
	struct sim_lines *lines;

	pthread_mutex_lock(&sim->lock);
	output = sim_output_find(sim, line);
	lines = output ? lines_with(sim, output) : NULL;
	if (lines) {
		output->is_driven = true;
		output->driven = level;
		follow(lines, sim_part_at(lines->bus, DRIVER_BUS_LINES, 0));
	}
	pthread_mutex_unlock(&sim->lock);
	return lines ? 0 : -ENOENT;
}

static int edge(struct lines *base, struct lines_edge *ret_edge)
{
	struct sim_lines *lines = (struct sim_lines *)base;
	struct sim_board *board = lines->bus->board;
	eventfd_t count;
	int r = 0;

	pthread_mutex_lock(&board->lock);
	follow(lines, sim_part_at(lines->bus, DRIVER_BUS_LINES, 0));
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

static int pulse(struct lines *base, unsigned line, uint32_t duration_us)
{
	struct sim_lines *lines = (struct sim_lines *)base;
	struct sim_board *board = lines->bus->board;
	struct sim_part *part;
	int r = suffer_line(lines);

	if (r < 0)
		return r;
	pthread_mutex_lock(&board->lock);
	part = sim_part_at(lines->bus, DRIVER_BUS_LINES, 0);
	if (part && part->driver->model->pulse) {
		sim_part_show_values(part, sim_now_us(board));
		part->driver->model->pulse(part->state, line, sim_now_us(board), duration_us);
	}
	pthread_mutex_unlock(&board->lock);
	return 0;
}

static uint64_t now_us(const struct lines *base)
{
	return sim_now_us(((const struct sim_lines *)base)->bus->board);
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

static const struct lines_ops OPS = {
	.levels = levels, .edge = edge, .pulse = pulse, .now_us = now_us, .close = close_lines};

static void forget_edges(struct sim_lines *lines)
{
	eventfd_t count;

	if (lines->n_edges > 0)
		(void)eventfd_read(lines->base.fd, &count);
	lines->n_edges = 0;
	lines->dropped = 0;
}

/* The levels at the beginning are no edges. */
static void begin_levels(struct sim_lines *lines)
{
	struct sim_part *part = sim_part_at(lines->bus, DRIVER_BUS_LINES, 0);

	if (part)
		sim_part_show_values(part, sim_now_us(lines->bus->board));
	follow(lines, part);
	forget_edges(lines);
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
	lines->ours = request->outputs;
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
