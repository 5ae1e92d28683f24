/* SPDX-License-Identifier: MIT */
/*
 * A device that the kernel measures with, as sysfs shows it: a folder of attributes, each a short
 * text. To a driver it is what a bus is to other parts: the driver asks for an attribute by its
 * name and turns the text into a value. A handle belongs to one thread.
 */
#pragma once

#include "hal_trace.h"
#include <stddef.h>

enum { ATTRIBUTE_BYTES = 64 }; /* a number and more; a longer text is an error (-EIO) */

/* A kind of device, and where the kernel lists the devices of that kind. */
struct attributes_class {
	const char *folder; /* below /sys: "class/hwmon" */
	const char *prefix; /* of the numbered names in that folder: "hwmon" */
	const char *input;  /* prefix of attributes that measure: "in_"; or "" */
};

struct attributes;

struct attributes_ops {
	/*
	 * Reads the attribute's first line, without its newline. -ENOENT: the device has no such
	 * attribute. -ENODEV: the device is gone. -ERANGE: it measures nothing at the moment. Other
	 * errors are those that the device's kernel driver met on the wire.
	 */
	int (*read)(struct attributes *attributes, const char *attribute, char *ret_text,
		size_t text_bytes);
	void (*close)(struct attributes *attributes); /* frees it */
};

/* Backends embed this as their first member. */
struct attributes {
	const struct attributes_ops *ops;
	const struct hal_trace *trace; /* borrowed, may be NULL */
	char name[64];                 /* "/sys/class/hwmon/cpu_thermal" */
};

/* A device's path without its number: its name on the simulated wires and in traces. */
void attributes_path(const struct attributes_class *class, const char *device, char *ret_path,
	size_t path_bytes);

/* Reads an attribute as text. Errors are those of attributes_ops.read. */
int attributes_read_text(
	struct attributes *attributes, const char *attribute, char *ret_text, size_t text_bytes);

/* Reads a decimal number such as "-12.5". -EBADMSG if the text is anything else; other errors are
 * those of attributes_ops.read. */
int attributes_read_number(struct attributes *attributes, const char *attribute, double *ret_value);

/* Closes and returns NULL; attributes may be NULL. */
struct attributes *attributes_close(struct attributes *attributes);
