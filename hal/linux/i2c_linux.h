/* SPDX-License-Identifier: MIT */
/*
 * The kernel's I2C buses, /dev/i2c-N (i2c-dev).
 */
#pragma once

#include "hal_error.h"
#include "i2c.h"

/* See board_open_i2c(). dev is the folder that stands for /dev. */
int i2c_linux_open(
	const char *dev, const char *path, struct hal_error *error, struct i2c_bus **ret_bus);
