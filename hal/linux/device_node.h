/* SPDX-License-Identifier: MIT */
/*
 * Opening a device file, and what to tell a user for whom it does not open.
 */
#pragma once

#include "hal_error.h"

/* What helps when the file is missing or closed to us. */
struct device_node_help {
	const char *missing; /* "enable SPI: dtparam=spi=on in config.txt" */
	const char *group;   /* whose members may open it: "spi" */
};

/*
 * The words for a device file that could not be opened, and code itself: -EACCES (the file's owner
 * and mode) or -EPERM (the device list of a unit or container, which no group helps against).
 */
int device_node_closed(int code, const char *path, const char *group, struct hal_error *error);

/*
 * path as the device map has it. What lies under /dev is looked up under dev instead (another
 * folder in tests). Returns a descriptor (O_RDWR, O_CLOEXEC) that the caller owns, or an error of
 * hal_error.h with the words in *error.
 */
int device_node_open(const char *dev, const char *path, const struct device_node_help *help,
	struct hal_error *error);
