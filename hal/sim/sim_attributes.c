/* SPDX-License-Identifier: MIT */
#include "sim_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sim_attributes {
	struct attributes base;
	struct sim_bus *bus; /* borrowed from the board: one device */
};

/* A missing attribute fails at once: nothing is measured for it. */
static bool is_there(struct sim_bus *bus, const char *attribute)
{
	const struct sim_part *part;
	char text[ATTRIBUTE_BYTES];
	bool is_missing;

	pthread_mutex_lock(&bus->board->lock);
	part = sim_part_at(bus, DRIVER_BUS_ATTRIBUTES, 0);
	is_missing = part &&
		part->driver->model->attribute(part->state, attribute, text, sizeof(text)) ==
			-ENOENT;
	pthread_mutex_unlock(&bus->board->lock);
	return !is_missing;
}

static int read_attribute(
	struct attributes *base, const char *attribute, char *ret_text, size_t text_bytes)
{
	struct sim_bus *bus = ((struct sim_attributes *)base)->bus;
	enum sim_fault fault;
	struct sim_part *part;
	int r;

	if (!is_there(bus, attribute))
		return -ENOENT;
	r = sim_bus_begin(bus, DRIVER_BUS_ATTRIBUTES, 0, &part, &fault);
	if (r < 0)
		return r;
	if (!part || fault == SIM_FAULT_NO_ANSWER)
		r = -ENXIO; /* the kernel's driver is there, but its part does not answer */
	else if (fault == SIM_FAULT_SHORT)
		r = -EIO;
	else
		r = part->driver->model->attribute(part->state, attribute, ret_text, text_bytes);
	if (r == 0 && fault == SIM_FAULT_FLIP && ret_text[0]) {
		size_t bit = sim_flip_bit(bus->board, strlen(ret_text) * 8);

		ret_text[bit / 8] = (char)(ret_text[bit / 8] ^ 1 << bit % 8);
	}
	sim_bus_end(bus, part);
	return r;
}

static void close_attributes(struct attributes *base)
{
	free(base);
}

static const struct attributes_ops OPS = {.read = read_attribute, .close = close_attributes};

int sim_open_attributes(struct board *board, const struct attributes_class *class,
	const char *device, struct hal_error *error, struct attributes **ret_attributes)
{
	struct sim_board *sim = sim_board_of(board);
	struct sim_attributes *attributes;
	char path[SIM_NAME_BYTES];

	(void)error; /* every device exists */
	attributes = calloc(1, sizeof(*attributes));
	if (!attributes)
		return -ENOMEM;
	attributes_path(class, device, path, sizeof(path));
	pthread_mutex_lock(&sim->lock);
	attributes->bus = sim_bus_get(sim, path);
	pthread_mutex_unlock(&sim->lock);
	if (!attributes->bus) {
		free(attributes);
		return -ENOMEM;
	}
	attributes->base.ops = &OPS;
	attributes->base.trace = board->trace;
	(void)snprintf(attributes->base.name, sizeof(attributes->base.name), "%.63s", path);
	*ret_attributes = &attributes->base;
	return 0;
}
