/* SPDX-License-Identifier: MIT */
/* Lists the simulated board: the wires that its parts sit on, and the outputs named so far. */
#include "sim_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct list {
	struct sim_board *board;
	const struct attributes_class *class;
	board_found *found;
	void *userdata;
};

static void tell(const struct list *list, const char *name, const char *of, uint32_t number)
{
	struct board_item item = {.number = number};

	(void)snprintf(item.name, sizeof(item.name), "%.63s", name);
	(void)snprintf(item.of, sizeof(item.of), "%.63s", of);
	(void)snprintf(item.words, sizeof(item.words), "simulated");
	list->found(list->userdata, &item);
}

/* The newest comes first in the board's lists. */
static void list_buses(const struct list *list, const struct sim_bus *bus, enum driver_bus kind)
{
	const struct sim_part *part = list->board->parts;

	if (!bus)
		return;
	list_buses(list, bus->next, kind);
	while (part && (part->bus != bus || part->driver->bus != kind))
		part = part->next;
	if (part)
		tell(list, bus->name, "", 0);
}

static enum board_kind kind_of(const struct sim_output *output)
{
	if (strncmp(output->name, "leds/", 5) == 0)
		return BOARD_LED;
	return strncmp(output->name, "pwmchip", 7) == 0 ? BOARD_PWM : BOARD_GPIO_LINE;
}

static void list_line(const struct list *list, const struct sim_output *output)
{
	struct board_item item = {.is_held = output->held};

	(void)snprintf(item.name, sizeof(item.name), "%.63s", output->name);
	(void)snprintf(item.of, sizeof(item.of), "gpiochip0");
	(void)snprintf(item.words, sizeof(item.words), "%.63s", output->consumer);
	list->found(list->userdata, &item);
}

static void list_output(const struct list *list, const struct sim_output *output)
{
	const char *dot = strrchr(output->name, '.');
	char chip[BOARD_ITEM_BYTES];

	switch (kind_of(output)) {
	case BOARD_LED:
		tell(list, output->name + 5, "", 255);
		break;
	case BOARD_PWM:
		(void)snprintf(chip, sizeof(chip), "%.*s",
			dot ? (int)(dot - output->name) : BOARD_ITEM_BYTES, output->name);
		tell(list, chip, "", 1);
		break;
	default:
		list_line(list, output);
	}
}

static void list_outputs(
	const struct list *list, const struct sim_output *output, enum board_kind kind)
{
	if (!output)
		return;
	list_outputs(list, output->next, kind);
	if (output->kind != SIM_OUTPUT_PART_CHANNEL && kind_of(output) == kind)
		list_output(list, output);
}

static void list_gpio_chip(const struct list *list)
{
	uint32_t lines = 0;

	for (const struct sim_output *output = list->board->outputs; output; output = output->next)
		lines += output->kind != SIM_OUTPUT_PART_CHANNEL &&
			kind_of(output) == BOARD_GPIO_LINE;
	if (lines > 0)
		tell(list, "gpiochip0", "", lines);
}

/* Every device of the kind could show every channel. It has those that were given something to
 * show, or else its first one. */
static void list_channels(const struct list *list, const struct sim_part *part)
{
	const struct driver *driver = part->driver;
	const char *device = strrchr(part->bus->name, '/');
	struct driver_channel_text text;
	bool is_told = part->n_named > 0;

	for (size_t i = 0; i < driver->n_channels; i++) {
		if (part->waves[i].kind == SIM_WAVE_CONSTANT)
			continue;
		tell(list, driver->channels[i].name, device + 1, 0);
		is_told = true;
	}
	for (size_t i = 0; i < part->n_named; i++)
		tell(list, driver_channel(driver, part->named[i].channel, &text)->name, device + 1,
			0);
	if (!is_told)
		tell(list, driver->channels[0].name, device + 1, 0);
}

static void list_attributes(const struct list *list, const struct sim_part *part)
{
	if (!part)
		return;
	list_attributes(list, part->next);
	if (part->driver->bus == DRIVER_BUS_ATTRIBUTES && part->driver->attributes == list->class)
		list_channels(list, part);
}

int sim_list(struct board *board, enum board_kind kind, const struct attributes_class *class,
	board_found *found, void *userdata)
{
	const struct list list = {sim_board_of(board), class, found, userdata};

	pthread_mutex_lock(&list.board->lock);
	switch (kind) {
	case BOARD_I2C:
		list_buses(&list, list.board->buses, DRIVER_BUS_I2C);
		break;
	case BOARD_SPI:
		list_buses(&list, list.board->buses, DRIVER_BUS_SPI);
		break;
	case BOARD_GPIO_CHIP:
		list_gpio_chip(&list);
		break;
	case BOARD_GPIO_LINE:
	case BOARD_PWM:
	case BOARD_LED:
		list_outputs(&list, list.board->outputs, kind);
		break;
	case BOARD_ATTRIBUTE:
		list_attributes(&list, list.board->parts);
		break;
	case BOARD_I2C_HELD:
		break; /* no kernel drives these parts */
	}
	pthread_mutex_unlock(&list.board->lock);
	return 0;
}
