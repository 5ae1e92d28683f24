/* SPDX-License-Identifier: MIT */
#include "sim_internal.h"

#include "clock.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const FAULT_NAMES[] = {
	[SIM_FAULT_NONE] = "none",
	[SIM_FAULT_NO_ANSWER] = "no-answer",
	[SIM_FAULT_STUCK] = "stuck",
	[SIM_FAULT_SHORT] = "short",
	[SIM_FAULT_FLIP] = "flip",
	[SIM_FAULT_SLOW] = "slow",
	[SIM_FAULT_BUSY] = "busy",
	[SIM_FAULT_HELD_SDA] = "held-sda",
};

enum { N_FAULTS = sizeof(FAULT_NAMES) / sizeof(*FAULT_NAMES) };

const char *sim_fault_name(unsigned index)
{
	return index < N_FAULTS ? FAULT_NAMES[index] : NULL;
}

struct sim_board *sim_board_of(struct board *board)
{
	return (struct sim_board *)board;
}

uint64_t sim_now_us(const struct sim_board *board)
{
	if (board->settings.now_us)
		return board->settings.now_us(board->settings.userdata);
	return clock_now_us();
}

void sim_suffer(const struct sim_board *board, struct sim_disturbance fault)
{
	uint32_t us = 0;

	if (fault.kind == SIM_FAULT_SLOW)
		us = fault.transfer_us;
	if (fault.kind == SIM_FAULT_STUCK)
		us = board->settings.stuck_us ? board->settings.stuck_us : I2C_TIMEOUT_MS * 1000;

	struct timespec rest = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) == EINTR)
		;
}

static void sim_close(struct board *board)
{
	struct sim_board *sim = sim_board_of(board);

	while (sim->parts) {
		struct sim_part *part = sim->parts;

		sim->parts = part->next;
		sim_part_free(part);
	}
	while (sim->buses) {
		struct sim_bus *bus = sim->buses;

		sim->buses = bus->next;
		pthread_mutex_destroy(&bus->turn);
		free(bus);
	}
	while (sim->outputs) {
		struct sim_output *output = sim->outputs;

		sim->outputs = output->next;
		free(output);
	}
	pthread_mutex_destroy(&sim->lock);
	free(sim);
}

static const struct board_ops SIM_BOARD_OPS = {
	.open_i2c = sim_open_i2c,
	.open_spi = sim_open_spi,
	.open_line = sim_open_line,
	.open_pwm = sim_open_pwm,
	.open_led = sim_open_led,
	.open_attributes = sim_open_attributes,
	.open_lines = sim_open_lines,
	.close = sim_close,
	.list = sim_list,
};

int board_sim_new(const struct sim_settings *settings, const struct hal_trace *trace,
	struct board **ret_board)
{
	struct sim_board *board = calloc(1, sizeof(*board));

	if (!board)
		return -ENOMEM;
	board->base.ops = &SIM_BOARD_OPS;
	board->base.trace = trace;
	if (settings)
		board->settings = *settings;
	pthread_mutex_init(&board->lock, NULL);
	*ret_board = &board->base;
	return 0;
}

static bool has_other_parts(const struct sim_bus *bus, enum driver_bus kind)
{
	const struct sim_part *part = bus->board->parts;

	while (part && (part->bus != bus || part->driver->bus == kind))
		part = part->next;
	return part;
}

static int set_bus_fault(struct sim_board *board, const char *name, struct sim_disturbance fault)
{
	struct sim_bus *bus = sim_bus_get(board, name);

	if (!bus)
		return -ENOMEM;
	if (fault.kind == SIM_FAULT_HELD_SDA && has_other_parts(bus, DRIVER_BUS_I2C))
		return -EOPNOTSUPP;
	bus->fault = fault;
	for (struct sim_part *part = board->parts; part; part = part->next) {
		if (part->bus == bus)
			sim_part_apply_busy(part);
	}
	return 0;
}

/* A line or channel may get its fault before it is opened; otherwise BUSY could not be tested. */
static int set_output_fault(struct sim_board *board, const char *name, struct sim_disturbance fault)
{
	struct sim_output *output = sim_output_get(board, name, SIM_OUTPUT_LINE);

	if (!output)
		return -ENOMEM;
	if (output->kind == SIM_OUTPUT_PART_CHANNEL || fault.kind == SIM_FAULT_FLIP ||
		fault.kind == SIM_FAULT_HELD_SDA)
		return -EOPNOTSUPP;
	output->fault = fault;
	return 0;
}

static int disturb(struct board *board, const char *target, struct sim_disturbance fault)
{
	struct sim_board *sim = sim_board_of(board);
	struct sim_part *part;
	int r;

	if (!sim_fault_name(fault.kind) || strlen(target) >= SIM_NAME_BYTES)
		return -EINVAL;
	pthread_mutex_lock(&sim->lock);
	part = sim_part_find(sim, target);
	if (part)
		r = sim_part_set_fault(sim, part, fault);
	else if (target[0] == '/')
		r = set_bus_fault(sim, target, fault);
	else
		r = set_output_fault(sim, target, fault);
	pthread_mutex_unlock(&sim->lock);
	return r;
}

int sim_set_fault(struct board *board, const char *target, enum sim_fault fault)
{
	return disturb(board, target, (struct sim_disturbance){fault, SIM_SLOW_US});
}

int sim_set_slow(struct board *board, const char *target, uint32_t transfer_us)
{
	if (transfer_us > SIM_SLOW_MAX_US)
		return -EINVAL;
	return disturb(board, target, (struct sim_disturbance){SIM_FAULT_SLOW, transfer_us});
}

int sim_get_output(struct board *board, const char *target, double *ret_value)
{
	struct sim_board *sim = sim_board_of(board);
	const struct sim_output *output;
	int r = -ENOENT;

	pthread_mutex_lock(&sim->lock);
	output = sim_output_find(sim, target);
	if (output && output->seen) {
		*ret_value = output->value;
		r = 0;
	}
	pthread_mutex_unlock(&sim->lock);
	return r;
}
