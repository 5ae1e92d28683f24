/* SPDX-License-Identifier: MIT */
/* Describes a sensor's values for people, and for programs that show them. */
#include "config.h"

#include <math.h>
#include <string.h>

static bool is_range_known(const struct config_sensor *sensor)
{
	/* With a window, the value tells how much the quantity moves. */
	return !sensor->derived && !sensor->calibrate && !sensor->sampling->is_window;
}

static void describe_range(const struct config *config, const struct config_sensor *sensor,
	struct config_description *description)
{
	const struct config_chip *chip = &config->chips[sensor->chip];
	double min, max, a, b;

	description->min = -HUGE_VAL;
	description->max = HUGE_VAL;
	if (is_range_known(sensor)) {
		driver_channel_range(chip->driver, chip->params, sensor->channel, &min, &max);
		a = min * sensor->scale + sensor->offset;
		b = max * sensor->scale + sensor->offset;
		description->min = fmin(a, b);
		description->max = fmax(a, b);
	}
	description->min = fmax(description->min, sensor->min);
	description->max = fmin(description->max, sensor->max);
}

static const char *common(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0 ? a : NULL;
}

/* Takes the quantity and unit that all its sources share, unless the function has its own. */
static void describe_derived(const struct config *config, const struct config_sensor *sensor,
	struct config_description *description)
{
	const struct derived *derived = sensor->derived;

	for (size_t i = 0; i < sensor->n_of; i++) {
		struct config_description source;

		config_describe_sensor(config, sensor->of[i], &source);
		if (i == 0) {
			description->quantity = source.quantity;
			description->unit = source.unit;
		}
		description->quantity = common(description->quantity, source.quantity);
		description->unit = common(description->unit, source.unit);
	}
	if (*derived->unit) {
		description->quantity = derived->quantity;
		description->unit = derived->unit;
	}
}

/* A scale or a calibration may change the meaning: volts become percent. */
static void describe_measured(const struct config *config, const struct config_sensor *sensor,
	struct config_description *description)
{
	const struct driver *driver = config->chips[sensor->chip].driver;
	struct driver_channel_text text;
	const struct driver_channel *channel = driver_channel(driver, sensor->channel, &text);

	if (sensor->scale != 1 || sensor->calibrate)
		return;
	description->quantity = channel->quantity;
	/* "raw", and "0 or 1" of a state, are told to readers of the manual. */
	if (channel->unit && strcmp(channel->quantity, "raw") != 0 &&
		strcmp(channel->quantity, "state") != 0)
		description->unit = channel->unit;
}

void config_describe_sensor(
	const struct config *config, size_t index, struct config_description *ret_description)
{
	const struct config_sensor *sensor = &config->sensors[index];
	struct config_description description = {.label = sensor->label};

	if (sensor->derived)
		describe_derived(config, sensor, &description);
	else
		describe_measured(config, sensor, &description);
	if (sensor->class)
		description.quantity = sensor->class;
	if (sensor->unit)
		description.unit = sensor->unit;
	describe_range(config, sensor, &description);
	*ret_description = description;
}
