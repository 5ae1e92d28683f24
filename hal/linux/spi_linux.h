/* SPDX-License-Identifier: MIT */
/*
 * The kernel's SPI devices, /dev/spidevB.C (spidev).
 */
#pragma once

#include "hal_error.h"
#include "spi.h"

/* See board_open_spi(). dev is the folder that stands for /dev. */
int spi_linux_open(const char *dev, const char *path, const struct spi_settings *settings,
	struct hal_error *error, struct spi_device **ret_device);
