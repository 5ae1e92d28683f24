/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const STATES[] = {
	[PROBE_PLAIN] = "plain",
	[PROBE_FOUND] = "found",
	[PROBE_MAYBE] = "maybe",
	[PROBE_ALONE] = "left alone",
	[PROBE_HELD] = "held",
	[PROBE_FAULT] = "fault",
};

cJSON *probe_add(cJSON *items, const char *name, enum probe_state state, const char *words)
{
	cJSON *item = cJSON_CreateObject();

	cJSON_AddStringToObject(item, "name", name);
	if (words && *words)
		cJSON_AddStringToObject(item, "words", words);
	if (state != PROBE_PLAIN)
		cJSON_AddStringToObject(item, "state", STATES[state]);
	cJSON_AddItemToArray(items, item);
	return item;
}

cJSON *probe_addf(cJSON *items, const char *name, enum probe_state state, const char *format, ...)
{
	char words[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	return probe_add(items, name, state, words);
}

enum probe_state probe_state_of(const cJSON *item)
{
	const char *word = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "state"));

	for (size_t i = 0; word && i < sizeof(STATES) / sizeof(*STATES); i++)
		if (strcmp(word, STATES[i]) == 0)
			return (enum probe_state)i;
	return PROBE_PLAIN;
}

void probe_set_chip(cJSON *item, const struct driver *driver, const char *bus, uint16_t address)
{
	cJSON *drivers = cJSON_GetObjectItemCaseSensitive(item, "drivers"), *chip;

	if (!drivers) {
		drivers = cJSON_AddArrayToObject(item, "drivers");
		chip = cJSON_AddObjectToObject(item, "chip");
		cJSON_AddStringToObject(chip, "driver", driver->name);
		cJSON_AddStringToObject(chip, "bus", bus);
		if (address)
			cJSON_AddNumberToObject(chip, "address", address);
	}
	cJSON_AddItemToArray(drivers, cJSON_CreateString(driver->name));
}

void probe_add_channel(cJSON *item, const char *channel)
{
	cJSON *channels = cJSON_GetObjectItemCaseSensitive(item, "channels");

	if (!channels)
		channels = cJSON_AddArrayToObject(item, "channels");
	cJSON_AddItemToArray(channels, cJSON_CreateString(channel));
}

void probe_set_example(cJSON *item, const char *section, const char *text)
{
	cJSON *example = cJSON_AddObjectToObject(item, "example");

	cJSON_AddStringToObject(example, "section", section);
	cJSON_AddStringToObject(example, "text", text);
}

void probe_miss(struct probe *probe, const char *what, const char *cure)
{
	const cJSON *known;
	cJSON *missing;

	cJSON_ArrayForEach(known, probe->missing) {
		const cJSON *text = cJSON_GetObjectItemCaseSensitive(known, "what");

		if (strcmp(cJSON_GetStringValue(text), what) == 0)
			return;
	}
	missing = cJSON_CreateObject();
	cJSON_AddStringToObject(missing, "what", what);
	cJSON_AddStringToObject(missing, "cure", cure);
	cJSON_AddItemToArray(probe->missing, missing);
}

void probe_miss_group(struct probe *probe, const char *path, const char *group)
{
	char what[128], cure[256];

	(void)snprintf(what, sizeof(what), "no permission for %.100s", path);
	(void)snprintf(cure, sizeof(cure),
		"sudo usermod -aG %s $USER, and log in again; or run this with sudo", group);
	probe_miss(probe, what, cure);
}
