/* SPDX-License-Identifier: MIT */
#include "sim_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_i2c {
	struct i2c_bus base;
	struct sim_bus *bus; /* borrowed from the board */
};

/* max_bytes is where a transfer that ends early stops. */
static int pass_messages(struct sim_part *part, struct i2c_message *messages, size_t count,
	size_t limit, uint64_t now_us)
{
	const struct driver_model *model = part->driver->model;

	for (size_t i = 0; i < count && limit > 0; i++) {
		size_t size = messages[i].size < limit ? messages[i].size : limit;
		int r = messages[i].read
			? model->i2c_read(part->state, messages[i].data, size, now_us)
			: model->i2c_write(part->state, messages[i].data, size, now_us);

		if (r < 0)
			return r;
		limit -= size;
	}
	return 0;
}

static size_t count_bytes(const struct i2c_message *messages, size_t count, bool reads_only)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		if (messages[i].read || !reads_only)
			bytes += messages[i].size;
	}
	return bytes;
}

static void flip_one_bit(struct sim_board *board, struct i2c_message *messages, size_t count)
{
	size_t bits = count_bytes(messages, count, true) * 8;
	size_t bit;

	if (bits == 0)
		return;
	bit = sim_flip_bit(board, bits);
	for (size_t i = 0; i < count; i++) {
		if (!messages[i].read)
			continue;
		if (bit < messages[i].size * 8) {
			messages[i].data[bit / 8] ^= (uint8_t)(1U << bit % 8);
			return;
		}
		bit -= messages[i].size * 8;
	}
}

/* SDA that is held low reads as an acknowledge and eight zeros. No part sees a start condition. */
static void read_zeros(struct i2c_message *messages, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (messages[i].read)
			memset(messages[i].data, 0, messages[i].size);
	}
}

static int sim_i2c_transfer(
	struct i2c_bus *base, uint16_t address, struct i2c_message *messages, size_t count)
{
	struct sim_bus *bus = ((struct sim_i2c *)base)->bus;
	size_t limit = count_bytes(messages, count, false);
	enum sim_fault fault;
	struct sim_part *part;
	int r;

	r = sim_bus_begin(bus, DRIVER_BUS_I2C, address, &part, &fault);
	if (r < 0)
		return r;
	if (fault == SIM_FAULT_HELD_SDA) {
		read_zeros(messages, count);
	} else if (!part || fault == SIM_FAULT_NO_ANSWER) {
		r = -ENXIO;
	} else {
		if (fault == SIM_FAULT_SHORT)
			limit--;
		r = pass_messages(part, messages, count, limit, bus->now_us);
		if (r == 0 && fault == SIM_FAULT_SHORT)
			r = -EIO;
		if (r == 0 && fault == SIM_FAULT_FLIP)
			flip_one_bit(bus->board, messages, count);
	}
	sim_bus_end(bus, part);
	return r;
}

static void sim_i2c_close(struct i2c_bus *base)
{
	free(base);
}

static const struct i2c_ops SIM_I2C_OPS = {.transfer = sim_i2c_transfer, .close = sim_i2c_close};

int sim_open_i2c(
	struct board *board, const char *path, struct hal_error *error, struct i2c_bus **ret_bus)
{
	struct sim_board *sim = sim_board_of(board);
	struct sim_i2c *i2c;

	(void)error; /* every bus exists */
	i2c = calloc(1, sizeof(*i2c));
	if (!i2c)
		return -ENOMEM;
	pthread_mutex_lock(&sim->lock);
	i2c->bus = sim_bus_get(sim, path);
	pthread_mutex_unlock(&sim->lock);
	if (!i2c->bus) {
		free(i2c);
		return -ENOMEM;
	}
	i2c->base.ops = &SIM_I2C_OPS;
	i2c->base.trace = board->trace;
	(void)snprintf(i2c->base.name, sizeof(i2c->base.name), "%s", path);
	*ret_bus = &i2c->base;
	return 0;
}
