/* SPDX-License-Identifier: MIT */
#include "sim_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_spi {
	struct spi_device base;
	struct sim_bus *bus; /* borrowed from the board: one chip select with one part */
};

static int sim_spi_transfer(struct spi_device *base, const uint8_t *out, uint8_t *in, size_t size)
{
	struct sim_bus *bus = ((struct sim_spi *)base)->bus;
	enum sim_fault fault;
	struct sim_part *part;
	int r;

	r = sim_bus_begin(bus, DRIVER_BUS_SPI, 0, &part, &fault);
	if (r < 0)
		return r;
	if (!part || fault == SIM_FAULT_NO_ANSWER) {
		/* SPI has no acknowledge: no part drives the line, and its pull-up is read. */
		memset(in, 0xff, size);
	} else {
		size_t limit = fault == SIM_FAULT_SHORT ? size - 1 : size;

		if (limit > 0)
			r = part->driver->model->spi_transfer(
				part->state, out, in, limit, bus->now_us);
		if (r == 0 && fault == SIM_FAULT_SHORT)
			r = -EIO;
		if (r == 0 && fault == SIM_FAULT_FLIP) {
			size_t bit = sim_flip_bit(bus->board, size * 8);

			in[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
	}
	sim_bus_end(bus, part);
	return r;
}

static void sim_spi_close(struct spi_device *base)
{
	free(base);
}

static const struct spi_ops SIM_SPI_OPS = {.transfer = sim_spi_transfer, .close = sim_spi_close};

int sim_open_spi(struct board *board, const char *path, const struct spi_settings *settings,
	struct hal_error *error, struct spi_device **ret_device)
{
	struct sim_board *sim = sim_board_of(board);
	struct sim_spi *spi;

	(void)settings; /* a wire in memory has no clock */
	(void)error;    /* and every device exists */
	spi = calloc(1, sizeof(*spi));
	if (!spi)
		return -ENOMEM;
	pthread_mutex_lock(&sim->lock);
	spi->bus = sim_bus_get(sim, path);
	pthread_mutex_unlock(&sim->lock);
	if (!spi->bus) {
		free(spi);
		return -ENOMEM;
	}
	spi->base.ops = &SIM_SPI_OPS;
	spi->base.trace = board->trace;
	(void)snprintf(spi->base.name, sizeof(spi->base.name), "%s", path);
	*ret_device = &spi->base;
	return 0;
}
