/* SPDX-License-Identifier: MIT */
#include "sim_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_bus *sim_bus_get(struct sim_board *board, const char *name)
{
	struct sim_bus *bus;

	for (bus = board->buses; bus; bus = bus->next) {
		if (strcmp(bus->name, name) == 0)
			return bus;
	}
	bus = calloc(1, sizeof(*bus));
	if (!bus)
		return NULL;
	(void)snprintf(bus->name, sizeof(bus->name), "%s", name);
	bus->board = board;
	pthread_mutex_init(&bus->turn, NULL);
	bus->next = board->buses;
	board->buses = bus;
	return bus;
}

static bool is_of_all(struct sim_disturbance fault)
{
	return fault.kind == SIM_FAULT_STUCK || fault.kind == SIM_FAULT_HELD_SDA;
}

/*
 * A single part that holds the data line down hangs the bus for all. Every other fault of a part
 * affects that part alone.
 */
static struct sim_disturbance fault_at(struct sim_bus *bus, const struct sim_part *addressed)
{
	if (bus->fault.kind != SIM_FAULT_NONE)
		return bus->fault;
	for (const struct sim_part *part = bus->board->parts; part; part = part->next) {
		if (part->bus == bus && is_of_all(part->fault))
			return part->fault;
	}
	return addressed ? addressed->fault : (struct sim_disturbance){SIM_FAULT_NONE, 0};
}

int sim_bus_begin(struct sim_bus *bus, enum driver_bus kind, uint16_t address,
	struct sim_part **ret_part, enum sim_fault *ret_fault)
{
	struct sim_board *board = bus->board;
	struct sim_disturbance fault;
	struct sim_part *part;

	pthread_mutex_lock(&bus->turn);
	pthread_mutex_lock(&board->lock);
	part = sim_part_at(bus, kind, address);
	fault = fault_at(bus, part);
	if (fault.kind == SIM_FAULT_STUCK || fault.kind == SIM_FAULT_SLOW) {
		pthread_mutex_unlock(&board->lock);
		sim_suffer(board, fault);
		if (fault.kind == SIM_FAULT_STUCK) {
			pthread_mutex_unlock(&bus->turn);
			return -ETIMEDOUT;
		}
		pthread_mutex_lock(&board->lock);
		/* It may have been removed while the wire was slow. */
		part = sim_part_at(bus, kind, address);
	}
	bus->now_us = sim_now_us(board);
	if (part)
		sim_part_show_values(part, bus->now_us);
	*ret_part = part;
	*ret_fault = fault.kind;
	return 0;
}

void sim_bus_end(struct sim_bus *bus, struct sim_part *part)
{
	if (part)
		sim_part_log_outputs(bus->board, part);
	pthread_mutex_unlock(&bus->board->lock);
	pthread_mutex_unlock(&bus->turn);
}

size_t sim_flip_bit(struct sim_board *board, size_t bits)
{
	/*
	 * A plain count would hit only every second bit of a measurement with two transfers, so the
	 * count is spread by a multiplicative hash (Knuth, TAOCP 3, 6.4).
	 */
	uint32_t spread = board->flips++ * UINT32_C(2654435769);

	return (size_t)(((uint64_t)spread * bits) >> 32);
}
