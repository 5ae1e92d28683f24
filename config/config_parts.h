/* SPDX-License-Identifier: MIT */
/*
 * Parts without a driver here, because the kernel has one, and how to read each. The check's
 * answers to their names and the table in tosd.yaml(5) come from here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The kernel finds a part by an overlay of Raspberry Pi's, by a line that root writes to the I2C
 * bus's new_device, or by a device tree node that the user has to write.
 */
struct config_part {
	const char *names;      /* "BMP380, BMP388" */
	const char *overlay;    /* after dtoverlay= */
	const char *new_device; /* "ina226 0x40": the kernel's name and the usual address */
	const char *compatible; /* of the device tree's node */
	const char *module;     /* the driver's, if Raspberry Pi's kernel comes without it */
	const char *driver;     /* of the map: "iio" or "hwmon" */
	const char *device;     /* the kernel's name; NULL: it is made from the node's */
	const char *channels;   /* the useful ones: "temp, pressure" */
	const char *note;       /* further advice, in the manual's markup; or NULL */
};

/* Ends without names. */
extern const struct config_part config_parts[];

/*
 * True if the name is that of a part that the kernel reads, in any case. words: how to do so, cut
 * to size bytes. Pure.
 */
bool config_part_way(const char *name, char *words, size_t size);
