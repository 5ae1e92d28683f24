/* SPDX-License-Identifier: MIT */
/*
 * The grammar of Industrial I/O's channel names (sysfs-bus-iio, as of Linux 6.12), for channels
 * that are not in the table of kernel_iio.c: any channel of a device can be read.
 *
 *   <type>[Y][-<type>Z][_<modifier>]
 *
 * Examples: voltage40, voltage8-voltage9, intensity0_ir, magn_x. The type determines the unit. A
 * channel's number encodes its name: the indices of type and modifier in the lists below, Y and Z.
 */
#include "kernel_sensors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	INDEX_MAX = 254,   /* of Y and Z */
	NUMBER = 1u << 30, /* set in all these numbers, so that none is an index of the table */
};

/* The name is the type; the typical value is shown by the simulated device. */
static const struct driver_channel TYPES[] = {
	KERNEL_TEMPERATURE("temp", 21.5),
	KERNEL_HUMIDITY("humidityrelative"),
	KERNEL_VOLTAGE("voltage", 0.000125, 1.5),
	KERNEL_CURRENT("current"),
	KERNEL_POWER("power", 0.001),
	{"pressure", "pressure", "hPa", 0, 1e5, 0.001, 1013.25},
	{"illuminance", "illuminance", "lx", 0, 1e6, 0.001, 300},
	{"intensity", "intensity", "raw", 0, 1e9, 1, 1000},
	{"resistance", "resistance", "Ω", 0, 1e9, 1, 10000},
	{"capacitance", "capacitance", "nF", -1e9, 1e9, 0.001, 10},
	{"distance", "distance", "m", 0, 1e4, 0.001, 1.2},
	{"proximity", "distance", "m", 0, 1e4, 0.001, 0.1},
	{"concentration", "concentration", "ppm", 0, 1e6, 0.001, 600},
	{"massconcentration", "mass concentration", "µg/m³", 0, 1e6, 0.001, 8},
	{"accel", "acceleration", "m/s²", -1e4, 1e4, 0.01, 0},
	{"gravity", "acceleration", "m/s²", -1e4, 1e4, 0.01, 0},
	{"anglvel", "angular velocity", "rad/s", -1e4, 1e4, 0.001, 0},
	{"magn", "magnetic field", "G", -1e4, 1e4, 0.001, 0.3},
	{"incli", "angle", "°", -360, 360, 0.01, 0},
	{"rot", "angle", "°", -360, 360, 0.01, 0},
	{"angl", "angle", "rad", -1e4, 1e4, 0.001, 0},
	{"deltaangl", "angle", "rad", -1e4, 1e4, 0.001, 0},
	{"deltavelocity", "velocity", "m/s", -1e4, 1e4, 0.001, 0},
	{"uvindex", "UV index", "UVI", 0, 100, 0.001, 3},
	{"ph", "pH", "pH", -2, 16, 0.001, 7},
	{"electricalconductivity", "conductivity", "S/m", 0, 1e6, 0.0001, 0.05},
	{"energy", "energy", "J", 0, 1e12, 1, 1000},
	{"steps", "count", "steps", 0, 1e12, 1, 1000},
};

/* The first means none. Modifiers whose attribute holds several numbers are left out. */
static const char *const MODIFIERS[] = {"", "x", "y", "z", "linear_x", "linear_y", "linear_z",
	"pitch", "yaw", "roll", "both", "ir", "clear", "red", "green", "blue", "uv", "uva", "uvb",
	"duv", "ambient", "object", "supply", "i", "q", "co2", "voc", "ethanol", "h2", "o2", "pm1",
	"pm2p5", "pm4", "pm10", "from_north_magnetic", "from_north_magnetic_tilt_comp",
	"from_north_true", "from_north_true_tilt_comp", "running", "jogging", "walking", "still"};

/* An index is stored plus one; 0 means that there is none. */
struct parsed {
	unsigned type, modifier, index, second;
};

static struct parsed unpack(unsigned number)
{
	return (struct parsed){.type = number & 31u,
		.modifier = number >> 5 & 63u,
		.index = number >> 11 & 255u,
		.second = number >> 19 & 255u};
}

static int pack(const struct parsed *parsed)
{
	return (int)(NUMBER | parsed->type | parsed->modifier << 5 | parsed->index << 11 |
		parsed->second << 19);
}

/* Digits as the kernel prints them. Returns the text after them, or NULL. */
static const char *parse_index(const char *text, unsigned *ret_index)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long index = strtoul(text, NULL, 10);

	if (digits == 0)
		return text;
	if (digits > 3 || index > INDEX_MAX || (text[0] == '0' && digits > 1))
		return NULL;
	*ret_index = (unsigned)index + 1;
	return text + digits;
}

/* The part of a name after its type. */
static int parse_rest(const char *text, const char *type, struct parsed *parsed)
{
	size_t length = strlen(type);

	text = parse_index(text, &parsed->index);
	if (text && *text == '-' && strncmp(text + 1, type, length) == 0) {
		text = parse_index(text + 1 + length, &parsed->second);
		if (!parsed->index || !parsed->second)
			return -ENOENT;
	}
	if (!text || (*text && *text != '_'))
		return -ENOENT;
	for (size_t i = *text == '_'; i < KERNEL_COUNT(MODIFIERS); i++) {
		if (strcmp(MODIFIERS[i], *text ? text + 1 : text) != 0)
			continue;
		parsed->modifier = (unsigned)i;
		return 0;
	}
	return -ENOENT;
}

int kernel_channel_parse(const char *name)
{
	for (size_t i = 0; i < KERNEL_COUNT(TYPES); i++) {
		size_t length = strlen(TYPES[i].name);
		struct parsed parsed = {.type = (unsigned)i};

		if (strncmp(name, TYPES[i].name, length) == 0 &&
			parse_rest(name + length, TYPES[i].name, &parsed) == 0)
			return pack(&parsed);
	}
	return -ENOENT;
}

int kernel_channel_describe(unsigned number, struct driver_channel_text *ret_text)
{
	struct parsed parsed = unpack(number);
	char index[8] = "", second[48] = "";

	if (!(number & NUMBER) || parsed.type >= KERNEL_COUNT(TYPES) ||
		parsed.modifier >= KERNEL_COUNT(MODIFIERS))
		return -ENOENT;
	const struct driver_channel *type = &TYPES[parsed.type];

	if (parsed.index)
		(void)snprintf(index, sizeof(index), "%u", parsed.index - 1);
	if (parsed.second)
		(void)snprintf(second, sizeof(second), "-%s%u", type->name, parsed.second - 1);
	(void)snprintf(ret_text->name, sizeof(ret_text->name), "%s%s%s%s%s", type->name, index,
		second, parsed.modifier ? "_" : "", MODIFIERS[parsed.modifier]);
	ret_text->channel = *type;
	ret_text->channel.name = ret_text->name;
	return 0;
}
