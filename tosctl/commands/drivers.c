/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "config_parts.h"
#include "diag.h"
#include "driver.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>

enum { WAY_BYTES = 512 };

static const char *const BUSES[] = {
	[DRIVER_BUS_I2C] = "I2C",
	[DRIVER_BUS_SPI] = "SPI",
	[DRIVER_BUS_ATTRIBUTES] = "kernel",
	[DRIVER_BUS_LINES] = "GPIO",
};

/* The map has it by the name of the part on I2C. */
static bool is_on_spi(const struct driver *driver)
{
	for (const struct driver *const *other = driver_table; *other; other++)
		if ((*other)->on_spi == driver)
			return true;
	return false;
}

static int list(void)
{
	for (const struct driver *const *at = driver_table; *at; at++) {
		const struct driver *driver = *at;

		if (!is_on_spi(driver))
			printf("%-10s %-8s %s\n", driver->name,
				driver->on_spi ? "I2C, SPI" : BUSES[driver->bus],
				driver->description);
	}
	return EXIT_OK;
}

static void show_channels(const struct driver *driver)
{
	if (driver->n_channels > 0)
		printf("channels\n");
	for (size_t i = 0; i < driver->n_channels; i++) {
		const struct driver_channel *channel = &driver->channels[i];

		printf("  %-20s %s, %g to %g %s\n", channel->name, channel->quantity, channel->min,
			channel->max, channel->unit);
	}
	if (driver->n_pwm > 0)
		printf("channels for outputs\n  0 to %u\n", driver->n_pwm - 1);
}

static void show_params(const struct driver *driver)
{
	if (driver->n_params > 0)
		printf("keys of the chip\n");
	for (size_t i = 0; i < driver->n_params; i++)
		printf("  %-20s %s\n", driver->params[i].key,
			driver->params[i].help ? driver->params[i].help : "");
}

static void show_events(const struct driver *driver)
{
	if (driver->n_events > 0)
		printf("events\n ");
	for (size_t i = 0; i < driver->n_events; i++)
		printf(" %s", driver->events[i].word);
	if (driver->n_events > 0)
		putchar('\n');
}

static int show(const struct driver *driver)
{
	printf("%s: %s\n", driver->name, driver->description);
	if (driver->also_called)
		printf("also for %s\n", driver->also_called);
	printf("bus %s", BUSES[driver->bus]);
	for (size_t i = 0; i < driver->n_addresses; i++)
		printf("%s0x%02x", i ? ", " : "; address ", driver->addresses[i]);
	printf("\nafter %s\n", driver->datasheet);
	show_channels(driver);
	show_params(driver);
	show_events(driver);
	return EXIT_OK;
}

static int tell_unknown(const char *name)
{
	const char **names = NULL, *nearest;
	char way[WAY_BYTES];
	size_t n = 0;

	if (config_part_way(name, way, sizeof(way))) {
		fprintf(stderr, "tosctl: there is no driver \"%.40s\" here: none is needed; %s\n",
			name, way);
		return EXIT_NO_DEVICE;
	}
	while (driver_table[n])
		n++;
	names = calloc(n + 1, sizeof(*names));
	for (size_t i = 0; names && i < n; i++)
		names[i] = driver_table[i]->name;
	nearest = names ? diag_nearest(name, names) : NULL;
	fprintf(stderr, "tosctl: there is no driver \"%.40s\"; %s%s%s\n", name,
		nearest ? "did you mean \"" : "tosctl drivers shows all", nearest ? nearest : "",
		nearest ? "\"?" : "");
	free(names);
	return EXIT_NO_DEVICE;
}

static int run(const struct options *options, int n, char **arguments)
{
	const struct driver *driver;

	(void)options;
	if (n == 0)
		return list();
	driver = driver_find_part(arguments[0]);
	return driver ? show(driver) : tell_unknown(arguments[0]);
}

extern const struct command command_drivers;

const struct command command_drivers = {
	.name = "drivers",
	.arguments = "[NAME]",
	.help = "the parts that a map can have",
	.n_max = 1,
	.is_local = true,
	.run = run,
};
