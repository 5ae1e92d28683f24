/* SPDX-License-Identifier: MIT */
/*
 * Sensors with a driver in the kernel: Industrial I/O (IIO) and hardware monitoring (hwmon).
 * Instead of a datasheet there are the kernel's documents: Documentation/ABI/testing/sysfs-bus-iio
 * and sysfs-class-hwmon, and Documentation/hwmon/sysfs-interface.rst, as of Linux 6.12.
 *
 * A channel has the kernel's name: in_voltage0_raw is the channel voltage0, temp1_input is temp1.
 * Its quantity determines the unit, and the factor to the kernel's unit, which is mostly a
 * thousandth.
 *
 * hwmon (sysfs-class-hwmon, <type>Y_input): the value itself, an integer.
 *   temp1_input 47236  is 47.236 °C
 * While <type>Y_fault is 1, as for a wire that has come off, the value means nothing.
 *
 * IIO (sysfs-bus-iio): "in_<type>_input" is the value itself ("Scaled ... measurement"). Otherwise
 * there is in_<type>Y_raw, with "offset to be added to <type>[Y]_raw prior to scaling by
 * <type>[Y]_scale in order to obtain value in the <type> units":
 *   value = (raw + offset) * scale
 * "If Y or axis <x|y|z> is not present, then the offset applies to all in channels of <type>", and
 * so does the scale. A missing offset is 0. A missing scale is "unknown": nobody knows what the
 * number means, so it is not accepted as a value. Intensities have no unit anyway and are given
 * raw.
 */
#include "kernel_sensors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = DRIVER_CHANNEL_NAME_BYTES };

double kernel_units_per(const struct driver *driver, const struct driver_channel *channel)
{
	const struct kernel_variant *variant = driver->variant;
	const struct kernel_unit *unit = variant->units;

	while (unit->quantity && strcmp(unit->quantity, channel->quantity) != 0)
		unit++;
	return unit->per;
}

/* "voltage-voltage" of "voltage0-voltage1", "accel" of "accel_x". */
static void type_of(const char *channel, char ret_type[NAME_BYTES])
{
	size_t used = 0;

	for (; *channel && *channel != '_' && used < NAME_BYTES - 1; channel++) {
		if (*channel < '0' || *channel > '9')
			ret_type[used++] = *channel;
	}
	ret_type[used] = '\0';
}

static int read_number(struct chip *chip, const char *channel, const char *what, double *ret_value)
{
	const struct kernel_variant *variant = chip->driver->variant;
	char attribute[3 * NAME_BYTES];

	(void)snprintf(attribute, sizeof(attribute), "%s%s_%s", variant->prefix, channel, what);
	int r = attributes_read_number(chip->attributes, attribute, ret_value);
	if (r == -EBADMSG)
		return hal_error_set(&chip->words, r, "%s is no number", attribute);
	return r;
}

/* Reads the channel's own attribute, or the one that it shares. */
static int read_shared(struct chip *chip, const char *channel, const char *what, double *ret_value)
{
	char type[NAME_BYTES];
	int r = read_number(chip, channel, what, ret_value);

	type_of(channel, type);
	if (r == -ENOENT && strcmp(type, channel) != 0)
		r = read_number(chip, type, what, ret_value);
	return r;
}

/* "Multiplying intensity by intensity_scale does not yield value with any standardized unit." */
static bool is_unitless(const struct driver_channel *channel)
{
	return strcmp(channel->unit, "raw") == 0;
}

static int read_raw(struct chip *chip, const struct driver_channel *channel, double *ret_value)
{
	const char *name = channel->name;
	double raw, scale, offset = 0;
	int r = read_number(chip, name, "raw", &raw);

	if (r < 0)
		return r;
	if (is_unitless(channel)) {
		*ret_value = raw;
		return 0;
	}
	r = read_shared(chip, name, "offset", &offset);
	if (r < 0 && r != -ENOENT)
		return r;
	r = read_shared(chip, name, "scale", &scale);
	if (r == -ENOENT)
		return hal_error_set(&chip->words, -EOPNOTSUPP,
			"%s has no scale, so that its value is unknown", name);
	if (r == 0)
		*ret_value = (raw + offset) * scale;
	return r;
}

static int check_fault(struct chip *chip, const char *name)
{
	double fault = 0;
	int r = read_number(chip, name, "fault", &fault);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (fault < 0 || fault > 0)
		return hal_error_set(&chip->words, -ERANGE, "%s reports a fault", name);
	return 0;
}

/* The device was found when the bus was opened. The map may have its node in place of its name. */
int kernel_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	struct kernel_state *state = chip->state;
	int r = attributes_read_text(chip->attributes, "name", state->name, sizeof(state->name));

	if (r < 0 && r != -ENOENT)
		return r;
	*ret_wait_us = 0;
	return 0;
}

/* The read starts the measurement. */
int kernel_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	(void)chip;
	(void)channel;
	*ret_wait_us = 0;
	return 0;
}

int kernel_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	const struct kernel_variant *variant = chip->driver->variant;
	struct driver_channel_text text;
	const struct driver_channel *measured = driver_channel(chip->driver, channel, &text);
	const char *name = measured->name;
	double value = 0;
	int r = variant->has_fault ? check_fault(chip, name) : 0;

	if (r == 0)
		r = read_number(chip, name, "input", &value);
	if (r == -ENOENT && variant->has_raw)
		r = read_raw(chip, measured, &value);
	if (r == -ENOENT)
		return hal_error_set(
			&chip->words, -EOPNOTSUPP, "the device has no channel %s", name);
	if (r < 0)
		return r;
	value /= kernel_units_per(chip->driver, measured);
	r = variant->mend(chip, measured, &value);
	if (r == 0)
		ret_values[driver_value_index(chip->driver, channel)] = value;
	return r;
}
