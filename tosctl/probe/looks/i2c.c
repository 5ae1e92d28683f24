/* SPDX-License-Identifier: MIT */
/*
 * The buses of I2C and their parts. First, one byte without a register is read from each address
 * that may be asked: so a wire that is held low shows before any driver believes an answer. Some
 * parts refuse such a read, so drivers that have a question of their own are asked in any case.
 */
#include "i2c_alone.h"
#include "i2c_part.h"
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bus {
	struct probe *probe;
	const char *name;
	cJSON *parts;
	struct i2c_bus *i2c;
	bool is_taken[I2C_ADDRESS_MAX + 1]; /* a driver of the kernel's has it */
	bool is_there[I2C_ADDRESS_MAX + 1]; /* it answers to a read */
};

static void set_words(cJSON *item, enum probe_state state, const char *words)
{
	static const char *const STATES[] = {
		[PROBE_ALONE] = "left alone", [PROBE_HELD] = "held", [PROBE_FAULT] = "fault"};

	cJSON_DeleteItemFromObjectCaseSensitive(item, "state");
	cJSON_AddStringToObject(item, "state", STATES[state]);
	cJSON_AddStringToObject(item, "why", words);
}

static void add_held(void *userdata, const struct board_item *held)
{
	struct bus *bus = userdata;
	char name[8];
	cJSON *item;

	if (strcmp(held->of, bus->name) != 0)
		return;
	(void)snprintf(name, sizeof(name), "0x%02x", (unsigned)held->number);
	item = probe_addf(bus->parts, name, PROBE_HELD,
		"held by the kernel's driver %s (%s): what it measures is under \"kernel\"",
		held->words, held->name);
	cJSON_AddStringToObject(item, "kernel", held->name);
	bus->is_taken[held->number] = true;
}

/* 0, or -ETIMEDOUT: the bus hangs. */
static int read_all(struct bus *bus)
{
	int r = 0;

	i2c_forget(bus->i2c);
	for (uint16_t address = I2C_ADDRESS_MIN; address <= I2C_ADDRESS_MAX && r != -ETIMEDOUT;
		address++) {
		uint8_t byte;

		if (bus->is_taken[address] || i2c_alone_address(address))
			continue;
		r = i2c_check_address(bus->i2c, address, NULL);
		if (r == -EBUSY)
			bus->is_taken[address] = true;
		if (r == 0)
			r = i2c_read(bus->i2c, address, &byte, 1);
		bus->is_there[address] = r == 0;
	}
	return r == -ETIMEDOUT ? r : 0;
}

static int ask_all(struct bus *bus)
{
	int r = 0;

	for (uint16_t address = I2C_ADDRESS_MIN; address <= I2C_ADDRESS_MAX && r == 0; address++)
		if (!bus->is_taken[address] && !i2c_alone_address(address))
			r = i2c_part_ask(bus->probe->board, bus->name, address,
				bus->is_there[address], bus->parts);
	return r;
}

static void scan(struct probe *probe, cJSON *item, const char *name)
{
	struct bus bus = {.probe = probe, .name = name};
	struct hal_error error = {""};
	int r = board_open_i2c(probe->board, name, &error, &bus.i2c);

	bus.parts = cJSON_AddArrayToObject(item, "parts");
	if (r < 0) {
		set_words(item, PROBE_FAULT, error.text);
		return;
	}
	(void)board_list(probe->board, BOARD_I2C_HELD, NULL, add_held, &bus);
	r = read_all(&bus);
	if (r == 0 && i2c_is_held(bus.i2c))
		set_words(item, PROBE_FAULT,
			"every address answers with zeros: SDA is held low, by a part that hangs "
			"or "
			"a short circuit");
	else if (r == 0)
		r = ask_all(&bus);
	if (r == -ETIMEDOUT)
		set_words(item, PROBE_FAULT,
			"the bus hangs: a part holds SCL or SDA, or the pull-ups are missing");
	i2c_close(bus.i2c);
}

/* The parts of a running gateway, which is their only user. False: it does not use the bus. */
static bool take_from_running(struct probe *probe, cJSON *item, const char *name)
{
	const struct config *config = probe->running;
	cJSON *parts = NULL;

	for (size_t i = 0; config && i < config->n_chips; i++) {
		const struct config_chip *chip = &config->chips[i];
		char address[8];
		cJSON *part;

		if (chip->driver->bus != DRIVER_BUS_I2C || strcmp(chip->bus, name) != 0)
			continue;
		if (!parts)
			parts = cJSON_AddArrayToObject(item, "parts");
		(void)snprintf(address, sizeof(address), "0x%02x", chip->address);
		part = probe_addf(parts, address, PROBE_HELD, "%s, \"%s\" of the running map",
			chip->driver->name, chip->name);
		probe_set_chip(part, chip->driver, name, chip->address);
		cJSON_AddStringToObject(
			cJSON_GetObjectItemCaseSensitive(part, "chip"), "name", chip->name);
		for (size_t k = 0; k < chip->driver->n_channels; k++)
			probe_add_channel(part, chip->driver->channels[k].name);
	}
	return parts;
}

struct look {
	struct probe *probe;
	cJSON *items;
	bool has_adapter; /* one that is not left alone */
};

static void add_bus(void *userdata, const struct board_item *bus)
{
	struct look *look = userdata;
	cJSON *item = probe_add(look->items, bus->name, PROBE_FOUND, bus->words);
	const char *alone = i2c_alone_bus(bus->words, (unsigned)bus->number);

	look->has_adapter |= !alone;
	if (alone) {
		set_words(item, PROBE_ALONE, alone);
	} else if (bus->error) {
		set_words(item, PROBE_FAULT,
			bus->error == -ENOENT ? "it has no device file" : hal_strerror(bus->error));
		if (bus->error == -EACCES)
			probe_miss_group(look->probe, bus->name, "i2c");
		else if (bus->error == -ENOENT)
			probe_miss(look->probe, "the device files of I2C",
				"sudo modprobe i2c-dev, and i2c-dev into /etc/modules for the next "
				"start");
	}
}

/* A bus is asked after all are listed: the list may not be used meanwhile. */
static void ask_bus(struct probe *probe, cJSON *item)
{
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "name"));

	if (probe_state_of(item) != PROBE_FOUND)
		return;
	if (take_from_running(probe, item, name))
		set_words(item, PROBE_HELD, "the running tosd uses it");
	else if (probe->is_running && !probe->running)
		set_words(item, PROBE_ALONE, "the running tosd may use it");
	else
		scan(probe, item, name);
}

/* "0x50-0x57 EEPROMs" */
static void add_alone(void *userdata, uint16_t first, uint16_t last, const char *why)
{
	char name[16];

	(void)snprintf(name, sizeof(name), first == last ? "0x%02x" : "0x%02x-0x%02x", first, last);
	probe_add(userdata, name, PROBE_ALONE, why);
}

/* Words about the bus itself follow the kernel's name for it. */
static void join_words(cJSON *item)
{
	const char *words = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "words"));
	const char *why = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "why"));
	char both[512];

	if (!why)
		return;
	(void)snprintf(both, sizeof(both), "%s%s%s%s", words ? words : "", words ? ": " : "",
		probe_state_of(item) == PROBE_ALONE ? "left alone, " : "", why);
	cJSON_DeleteItemFromObjectCaseSensitive(item, "words");
	cJSON_DeleteItemFromObjectCaseSensitive(item, "why");
	cJSON_AddStringToObject(item, "words", both);
}

static void look_at(struct probe *probe, cJSON *items)
{
	struct look look = {probe, items, false};
	bool is_asked = false;
	cJSON *item;

	(void)board_list(probe->board, BOARD_I2C, NULL, add_bus, &look);
	cJSON_ArrayForEach(item, items) {
		is_asked |= probe_state_of(item) == PROBE_FOUND;
		ask_bus(probe, item);
		join_words(item);
	}
	if (is_asked) {
		item = probe_add(items, "left alone", PROBE_ALONE, NULL);
		i2c_alone_each(add_alone, cJSON_AddArrayToObject(item, "parts"));
	}
	if (look.has_adapter)
		return;
	if (probe_is_pi(probe))
		probe_miss(probe, "I2C: there is no /dev/i2c-*",
			"if a part sits on I2C: dtparam=i2c_arm=on in /boot/firmware/config.txt, "
			"or "
			"sudo raspi-config nonint do_i2c 0; then restart");
	else if (probe->sys)
		probe_miss(probe, "I2C: there is no /dev/i2c-*",
			"if the board has a bus, its device tree or firmware has to turn it on");
}

extern const struct probe_look look_i2c;

const struct probe_look look_i2c = {"i2c", look_at, false};
