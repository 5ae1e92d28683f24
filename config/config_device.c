/* SPDX-License-Identifier: MIT */
/* The section device, and other settings for programs that show this gateway. */
#include "config_load.h"

enum { NAME_MAX_BYTES = 64 };

const struct schema_option config_device_options[] = {
	{.key = "name",
		.help = "what programs that show this gateway call it; %H is the host name",
		SCHEMA_FIELD(struct config_device, name),
		.type = SCHEMA_STRING,
		.max = NAME_MAX_BYTES,
		.initial = "%H"},
	{.key = "area",
		.help = "where it is: a room, for programs that know rooms",
		SCHEMA_FIELD(struct config_device, area),
		.type = SCHEMA_STRING,
		.max = NAME_MAX_BYTES},
	{0},
};

/* True if a sensor has a value only in some readings: it has a rhythm of its own, or its part is so
 * slow that it may have none in time, or one of its sources is like that. */
static bool is_rare(const struct config *config, const struct config_sensor *sensor)
{
	const struct driver *driver;

	if (sensor->derived) {
		for (size_t i = 0; i < sensor->n_of; i++) {
			if (sensor->of[i] < config->n_sensors &&
				config->sensors[sensor->of[i]].is_rare)
				return true;
		}
		return false;
	}
	driver = sensor->chip < config->n_chips ? config->chips[sensor->chip].driver : NULL;
	return sensor->every_us > 0 ||
		(driver && (driver->is_slow || driver->bus == DRIVER_BUS_ATTRIBUTES));
}

/* A program that knows a sensor by its last message would take each null for a loss. */
static void give_topics(struct config *config)
{
	for (size_t i = 0; i < config->n_sensors; i++) {
		struct config_sensor *sensor = &config->sensors[i];

		sensor->is_rare = is_rare(config, sensor);
		sensor->topic = sensor->topic || (config->mqtt.discovery && sensor->is_rare);
	}
}

int config_finish_device(struct config_loader *loader)
{
	give_topics(loader->config);
	return config_expand(&loader->config->device.name, loader->host);
}
