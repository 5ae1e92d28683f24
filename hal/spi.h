/* SPDX-License-Identifier: MIT */
/*
 * SPI: one device (one chip select) of a bus. A handle belongs to one thread.
 */
#pragma once

#include "hal_trace.h"
#include <stddef.h>
#include <stdint.h>

struct spi_settings {
	uint8_t mode;      /* 0 to 3: clock polarity and phase */
	uint32_t speed_hz; /* highest clock that the part allows */
	uint8_t bits;      /* bits a word, 8 */
};

struct spi_device;

struct spi_ops {
	/* Full duplex, size bytes each way, chip select held throughout. */
	int (*transfer)(struct spi_device *device, const uint8_t *out, uint8_t *in, size_t size);
	void (*close)(struct spi_device *device); /* frees it */
};

/* Backends embed this as their first member. */
struct spi_device {
	const struct spi_ops *ops;
	const struct hal_trace *trace; /* borrowed, may be NULL */
	char name[64];                 /* as the map names it: "/dev/spidev0.0" */
};

/* 0 or an error of hal_error.h. size is 1 to 4096 (spidev's default buffer). */
int spi_transfer(struct spi_device *device, const uint8_t *out, uint8_t *in, size_t size);

/* Closes and returns NULL; device may be NULL. */
struct spi_device *spi_close(struct spi_device *device);
