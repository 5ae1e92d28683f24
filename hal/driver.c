/* SPDX-License-Identifier: MIT */
#include "driver.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct driver *driver_find(const char *name)
{
	for (const struct driver *const *driver = driver_table; *driver; driver++) {
		if (strcmp((*driver)->name, name) == 0)
			return *driver;
	}
	return NULL;
}

/* True if name is in the list, whose names are separated by commas and blanks. */
static bool is_listed(const char *list, const char *name)
{
	static const char between[] = ", ";
	size_t length = strlen(name);

	while (list && *(list += strspn(list, between))) {
		size_t word = strcspn(list, between);

		if (word == length && strncasecmp(list, name, length) == 0)
			return true;
		list += word;
	}
	return false;
}

const struct driver *driver_find_part(const char *name)
{
	for (const struct driver *const *driver = driver_table; *driver; driver++) {
		if (strcasecmp((*driver)->name, name) == 0 ||
			is_listed((*driver)->also_called, name))
			return *driver;
	}
	return NULL;
}

bool driver_has_channel(const struct driver *driver, unsigned channel)
{
	struct driver_channel_text text;

	return channel < driver->n_channels ||
		(driver->describe_channel && driver->describe_channel(channel, &text) == 0);
}

const struct driver_channel *driver_channel(
	const struct driver *driver, unsigned channel, struct driver_channel_text *text)
{
	static const struct driver_channel NONE = {.name = "", .quantity = "", .unit = ""};

	if (channel < driver->n_channels)
		return &driver->channels[channel];
	if (!driver->describe_channel || driver->describe_channel(channel, text) < 0)
		return &NONE;
	return &text->channel;
}

/* The range of a channel that only its driver knows. */
__attribute__((noinline)) static void described_range(
	const struct driver *driver, unsigned channel, double *ret_min, double *ret_max)
{
	struct driver_channel_text text;
	const struct driver_channel *shown = driver_channel(driver, channel, &text);

	*ret_min = shown->min;
	*ret_max = shown->max;
}

void driver_channel_range(const struct driver *driver, const double *params, unsigned channel,
	double *ret_min, double *ret_max)
{
	if (channel < driver->n_channels) {
		*ret_min = driver->channels[channel].min;
		*ret_max = driver->channels[channel].max;
	} else {
		described_range(driver, channel, ret_min, ret_max);
	}
	if (driver->narrow)
		driver->narrow(params, channel, ret_min, ret_max);
}

int driver_channel_find(const struct driver *driver, const char *name)
{
	for (size_t i = 0; i < driver->n_channels; i++) {
		if (strcmp(driver->channels[i].name, name) == 0)
			return (int)i;
	}
	/* Compared as text, so that "03", "+3" and "3 " are no channels. */
	for (uint32_t i = 0; i < driver->n_pwm; i++) {
		char number[12];

		(void)snprintf(number, sizeof(number), "%u", (unsigned)i);
		if (strcmp(number, name) == 0)
			return (int)i;
	}
	return driver->parse_channel ? driver->parse_channel(name) : -ENOENT;
}

double driver_param_value(const struct driver *driver, const double *params, const char *key)
{
	for (size_t i = 0; i < driver->n_params; i++) {
		if (strcmp(driver->params[i].key, key) == 0)
			return params[i];
	}
	return 0;
}
