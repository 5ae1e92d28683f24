/* SPDX-License-Identifier: MIT */
/*
 * Opening a device file, and the words for a user when it does not open.
 */
#pragma once

#include "hal_error.h"

/* The cure if the file is missing or the process may not open it. */
struct device_node_help {
	const char *missing; /* "enable SPI: dtparam=spi=on in config.txt" */
	const char *group;   /* whose members may open it: "spi" */
};

/*
 * Fills *error for a device file that could not be opened, and returns code: -EACCES (the file's
 * owner and mode) or -EPERM (the device list of a unit or container, where no group helps).
 */
int device_node_closed(int code, const char *path, const char *group, struct hal_error *error);

/*
 * Opens path, written as in the device map. A path under /dev is looked up under dev instead
 * (another folder in tests). Returns a descriptor (O_RDWR, O_CLOEXEC) that the caller owns, or an
 * error of hal_error.h with words in *error.
 */
int device_node_open(const char *dev, const char *path, const struct device_node_help *help,
	struct hal_error *error);
