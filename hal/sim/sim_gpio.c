/* SPDX-License-Identifier: MIT */
#include "sim_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sim_line {
	struct gpio_line base;
	struct sim_board *board;   /* borrowed */
	struct sim_output *output; /* borrowed from the board */
	bool active_low;
};

static double level(bool value, bool active_low)
{
	return value != active_low ? 1 : 0;
}

static int sim_line_set(struct gpio_line *base, bool value)
{
	struct sim_line *line = (struct sim_line *)base;

	return sim_output_drive(line->board, line->output, level(value, line->active_low));
}

static void sim_line_close(struct gpio_line *base)
{
	struct sim_line *line = (struct sim_line *)base;

	sim_output_release(line->board, line->output);
	free(line);
}

static const struct gpio_line_ops SIM_LINE_OPS = {.set = sim_line_set, .close = sim_line_close};

static int hold(struct sim_line *line, const struct gpio_request *request, struct hal_error *error)
{
	struct sim_board *board = line->board;
	int r = -ENOMEM;

	pthread_mutex_lock(&board->lock);
	line->output = sim_output_get(board, request->line, SIM_OUTPUT_LINE);
	if (line->output)
		r = sim_output_open(board, line->output, request->consumer,
			level(request->value, request->active_low), error);
	pthread_mutex_unlock(&board->lock);
	return r;
}

int sim_open_line(struct board *board, const struct gpio_request *request, struct hal_error *error,
	struct gpio_line **ret_line)
{
	struct sim_line *line;
	int r;

	if (strlen(request->line) >= sizeof(line->base.name))
		return -EINVAL;
	line = calloc(1, sizeof(*line));
	if (!line)
		return -ENOMEM;
	line->board = sim_board_of(board);
	line->active_low = request->active_low;
	r = hold(line, request, error);
	if (r < 0) {
		free(line);
		return r;
	}
	line->base.ops = &SIM_LINE_OPS;
	line->base.trace = board->trace;
	(void)snprintf(line->base.name, sizeof(line->base.name), "%s", request->line);
	(void)snprintf(
		line->base.place, sizeof(line->base.place), "simulated line %.40s", request->line);
	*ret_line = &line->base;
	return 0;
}
