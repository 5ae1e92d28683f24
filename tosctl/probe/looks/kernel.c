/* SPDX-License-Identifier: MIT */
/* Devices that the kernel measures with: for all drivers of the table that read attributes. */
#include "probe.h"

#include <string.h>

struct kernel {
	cJSON *items;
	const struct driver *driver;
};

static cJSON *find_device(const struct kernel *kernel, const char *device)
{
	cJSON *item;

	cJSON_ArrayForEach(item, kernel->items) {
		const cJSON *chip = cJSON_GetObjectItemCaseSensitive(item, "chip");
		const char *bus =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(chip, "bus"));
		const char *driver =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(chip, "driver"));

		if (strcmp(bus, device) == 0 && strcmp(driver, kernel->driver->name) == 0)
			return item;
	}
	return NULL;
}

static void add_channel(void *userdata, const struct board_item *channel)
{
	const struct kernel *kernel = userdata;
	cJSON *item = find_device(kernel, channel->of);

	if (driver_channel_find(kernel->driver, channel->name) < 0)
		return;
	if (!item) {
		item = probe_add(kernel->items, channel->of, PROBE_FOUND, NULL);
		probe_set_chip(item, kernel->driver, channel->of, 0);
	}
	probe_add_channel(item, channel->name);
}

/* "hwmon: temp1, temp2" */
static void set_words(cJSON *item)
{
	const cJSON *channel;
	char words[256];
	size_t used;

	(void)snprintf(words, sizeof(words), "%s:",
		cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
			cJSON_GetObjectItemCaseSensitive(item, "chip"), "driver")));
	cJSON_ArrayForEach(channel, cJSON_GetObjectItemCaseSensitive(item, "channels")) {
		used = strlen(words);
		(void)snprintf(words + used, sizeof(words) - used, "%s%s",
			words[used - 1] == ':' ? " " : ", ", cJSON_GetStringValue(channel));
	}
	cJSON_AddStringToObject(item, "words", words);
}

static void look(struct probe *probe, cJSON *items)
{
	struct kernel kernel = {.items = items};
	cJSON *item;

	for (const struct driver *const *driver = driver_table; *driver; driver++) {
		kernel.driver = *driver;
		if ((*driver)->attributes)
			(void)board_list(probe->board, BOARD_ATTRIBUTE, (*driver)->attributes,
				add_channel, &kernel);
	}
	cJSON_ArrayForEach(item, items)
		set_words(item);
}

extern const struct probe_look look_kernel;

const struct probe_look look_kernel = {"kernel", look, false};
