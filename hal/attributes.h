/* SPDX-License-Identifier: MIT */
/*
 * A device that the kernel itself measures with, as a user sees it in sysfs: a folder of
 * attributes, each a short text. For drivers it is what a bus is for other parts: they ask for an
 * attribute by its name and make a value of the text. A handle belongs to one thread.
 */
#pragma once

#include "hal_trace.h"
#include <stddef.h>

enum { ATTRIBUTE_BYTES = 64 }; /* a number and more; a longer text is an error (-EIO) */

/* A kind of device: where the kernel lists those. */
struct attributes_class {
	const char *folder; /* below /sys: "class/hwmon" */
	const char *prefix; /* of their numbered names there: "hwmon" */
};

struct attributes;

struct attributes_ops {
	/*
	 * The attribute's first line, without its newline. -ENOENT: the device has no such
	 * attribute; -ENODEV: it is gone; -ERANGE: nothing is measured there at the moment; or
	 * what its driver met on the wire.
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

/* Where a device would be if it had no number: what the simulated wires and traces call it. */
void attributes_path(const struct attributes_class *class, const char *device, char *ret_path,
	size_t path_bytes);

/* A decimal number, as in "-12.5". -EBADMSG when the text is something else, or an error of
 * attributes_ops.read. */
int attributes_read_number(struct attributes *attributes, const char *attribute, double *ret_value);

/* Closes and returns NULL; attributes may be NULL. */
struct attributes *attributes_close(struct attributes *attributes);
