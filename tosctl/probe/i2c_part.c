/* SPDX-License-Identifier: MIT */
#include "i2c_part.h"

#include "chip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { CANDIDATES_MAX = 8, ADDRESSES_OF_ONE_KIND = 16 };

/* The drivers that an address may belong to. */
struct suspects {
	const struct driver *certain;
	const struct driver *maybe[CANDIDATES_MAX];
	size_t n_maybe;
	const struct driver *untold[CANDIDATES_MAX]; /* they can be here and cannot be told */
	size_t n_untold;
	struct hal_error words; /* of a driver that knows what else it is */
};

static bool can_be_at(const struct driver *driver, uint16_t address)
{
	return driver->bus == DRIVER_BUS_I2C &&
		memchr(driver->addresses, address, driver->n_addresses);
}

static void keep(const struct driver **list, size_t *n, const struct driver *driver)
{
	if (*n < CANDIDATES_MAX)
		list[(*n)++] = driver;
}

static int ask_driver(struct board *board, const struct driver *driver, const char *bus,
	uint16_t address, struct suspects *suspects)
{
	const struct chip_settings settings = {
		.name = "probe", .driver = driver, .bus = bus, .address = address};
	struct chip *chip = NULL;
	bool is_certain = false;
	int r = chip_open(board, &settings, NULL, &chip);

	if (r == 0)
		r = chip_identify_wait(chip, &is_certain);
	if (r == 0 && is_certain)
		suspects->certain = driver;
	else if (r == 0)
		keep(suspects->maybe, &suspects->n_maybe, driver);
	else if (r == -EBADMSG && chip && chip->words.text[0])
		suspects->words = chip->words;
	/* One with this many addresses would be suspected everywhere. */
	else if (driver->n_addresses <= ADDRESSES_OF_ONE_KIND)
		keep(suspects->untold, &suspects->n_untold, driver);
	chip_close(chip);
	return r == -ETIMEDOUT ? r : 0;
}

static int ask_all(struct board *board, const char *bus, uint16_t address, bool by_command,
	struct suspects *suspects)
{
	int r = 0;

	for (const struct driver *const *at = driver_table; *at && r == 0; at++) {
		const struct driver *driver = *at;

		if (suspects->certain || !can_be_at(driver, address) ||
			driver->identifies_by_command != by_command)
			continue;
		if (driver->identify)
			r = ask_driver(board, driver, bus, address, suspects);
		else
			keep(suspects->untold, &suspects->n_untold, driver);
	}
	return r;
}

static void add_names(
	char *text, size_t size, const struct driver *const *list, size_t n, const char *between)
{
	for (size_t i = 0; i < n; i++) {
		size_t used = strlen(text);

		(void)snprintf(text + used, size - used, "%s%s", i ? between : "", list[i]->name);
	}
}

static void add_channels(cJSON *item, const struct driver *driver)
{
	for (size_t i = 0; i < driver->n_channels; i++)
		probe_add_channel(item, driver->channels[i].name);
}

/* Where the part is, and what is said of it. */
struct place {
	const char *bus;
	uint16_t address;
	cJSON *parts;
};

static cJSON *add_part(const struct place *place, enum probe_state state, const char *words)
{
	char name[8];

	(void)snprintf(name, sizeof(name), "0x%02x", place->address);
	return probe_add(place->parts, name, state, words);
}

/* The drivers that it may be, with the first one's channels. */
static void set_drivers(
	cJSON *item, const struct place *place, const struct driver *const *drivers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		probe_set_chip(item, drivers[i], place->bus, place->address);
	if (n > 0)
		add_channels(item, drivers[0]);
}

static void add_untold(const struct suspects *suspects, const struct place *place)
{
	char words[HAL_ERROR_BYTES + 64] = "answers; ";
	size_t used = strlen(words);
	cJSON *item;

	if (suspects->words.text[0])
		(void)snprintf(words + used, sizeof(words) - used, "%s", suspects->words.text);
	else if (suspects->n_untold > 0)
		(void)snprintf(words + used, sizeof(words) - used,
			"it does not say what it is; it may be ");
	else
		(void)snprintf(words + used, sizeof(words) - used,
			"no driver here is for this address%s",
			place->address == 0x70 ? " (a PCA9685 answers to it besides its own)" : "");
	if (!suspects->words.text[0])
		add_names(words, sizeof(words), suspects->untold, suspects->n_untold, " or ");
	item = add_part(place, PROBE_MAYBE, words);
	if (!suspects->words.text[0])
		set_drivers(item, place, suspects->untold, suspects->n_untold);
}

static void add_told(const struct suspects *suspects, const struct place *place)
{
	const struct driver *certain = suspects->certain;
	char words[256];

	if (certain) {
		(void)snprintf(words, sizeof(words), "%s, %s", certain->name, certain->description);
		set_drivers(add_part(place, PROBE_FOUND, words), place, &certain, 1);
		return;
	}
	(void)snprintf(words, sizeof(words), "looks like ");
	add_names(words, sizeof(words), suspects->maybe, suspects->n_maybe, " or ");
	(void)snprintf(words + strlen(words), sizeof(words) - strlen(words),
		", which cannot be told for certain");
	set_drivers(add_part(place, PROBE_MAYBE, words), place, suspects->maybe, suspects->n_maybe);
}

int i2c_part_ask(
	struct board *board, const char *bus, uint16_t address, bool is_there, cJSON *parts)
{
	const struct place place = {bus, address, parts};
	struct suspects suspects = {.certain = NULL};
	int r = ask_all(board, bus, address, false, &suspects);

	if (r == 0 && !suspects.certain && suspects.n_maybe == 0)
		r = ask_all(board, bus, address, true, &suspects);
	if (r < 0)
		return r;
	if (suspects.certain || suspects.n_maybe > 0)
		add_told(&suspects, &place);
	else if (is_there)
		add_untold(&suspects, &place);
	return 0;
}
