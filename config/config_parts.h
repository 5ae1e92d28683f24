/* SPDX-License-Identifier: MIT */
/*
 * Parts that have no driver here, because the kernel has one: the way to each. What --check answers
 * to their names and the table in tosd.yaml(5) come from here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The kernel finds a part by an overlay of Raspberry Pi's, or by a line that root writes to the I2C
 * bus's new_device, or by a node of a device tree that one has to write.
 */
struct config_part {
	const char *names;      /* "BMP380, BMP388" */
	const char *overlay;    /* behind dtoverlay= */
	const char *new_device; /* "ina226 0x40": the kernel's name and the usual address */
	const char *compatible; /* of the device tree's node */
	const char *module;     /* the driver's, where Raspberry Pi's kernel comes without it */
	const char *driver;     /* of the map: "iio" or "hwmon" */
	const char *device;     /* the kernel's name; NULL: it is made of the node's */
	const char *channels;   /* those that people want: "temp, pressure" */
	const char *note;       /* what else one has to know, in the manual's markup; or NULL */
};

/* Ends without names. */
extern const struct config_part config_parts[];

/*
 * True if the name is that of a part that the kernel reads; capitals do not matter. words: how, cut
 * to size bytes. Pure.
 */
bool config_part_way(const char *name, char *words, size_t size);
