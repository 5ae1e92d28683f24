/* SPDX-License-Identifier: MIT */
/*
 * A chip: one part on one bus, with the driver that speaks to it. It belongs to one thread.
 */
#pragma once

#include "board.h"
#include "driver.h"
#include "hal_error.h"
#include <stdbool.h>
#include <stdint.h>

struct chip_settings {
	const char *name;            /* as in the map: "climate"; borrowed for the call, copied */
	const struct driver *driver; /* borrowed for the chip's life */
	const char *bus;  /* "/dev/i2c-1", or the names of the lines; borrowed for the call */
	uint16_t address; /* I2C */
	struct lines_settings lines; /* LINES */
	const double *params;        /* driver->n_params values; copied. NULL: the defaults */
	int64_t count;               /* to go on from */
};

struct chip_duty;

struct chip {
	const struct driver *driver;
	struct i2c_bus *i2c; /* one of the four, owned */
	struct spi_device *spi;
	struct attributes *attributes;
	struct lines *lines;
	uint16_t address;
	double *params;           /* in the order of driver->params */
	void *state;              /* the driver's own */
	int64_t count;            /* of a driver that counts: outlives chip_reset() */
	struct hal_error words;   /* the driver's words for its last failure; "": none */
	struct chip_duty *duties; /* of its PWM channels, see chip_pwm.c */
	bool collects;            /* PWM writes that may wait do */
	bool is_stuck; /* a PWM write timed out: no further write is tried until chip_reset() */
	char name[64];
	char place[96]; /* "bme280 at 0x77 on /dev/i2c-1" */
};

/* Opens the bus. Nothing is sent to the part yet, so a missing part is no error here. */
int chip_open(struct board *board, const struct chip_settings *settings, struct hal_error *error,
	struct chip **ret_chip);

/*
 * Wrappers of the driver's functions (driver.h). Each clears chip->words first. After chip_reset()
 * the next chip_configure() starts from the beginning.
 */
void chip_reset(struct chip *chip);
int chip_configure(struct chip *chip, uint32_t *ret_wait_us);
int chip_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us);
/*
 * Also checks the channel's range: -ERANGE. ret_values has DRIVER_CHANNELS_MAX elements;
 * driver_value_index() gives the element of a channel. A part that has only events has a channel 0
 * here, which is 1 while its lines can be read.
 */
int chip_collect(struct chip *chip, unsigned channel, double *ret_values);

/*
 * Fetches the next event, for LINES with an fd. now_us is the present time. Returns 1 with an
 * event; 0 if there is none so far, with *ret_next_us the time to ask again even without an edge
 * (DEBOUNCE_NEVER: no need to); or an error.
 */
int chip_event(
	struct chip *chip, uint64_t now_us, struct driver_event *ret_event, uint64_t *ret_next_us);

/* The event that describes the present state. If events are levels: call chip_event() before. */
unsigned chip_event_now(const struct chip *chip);

/* Calls chip_reset(), then chip_configure() until it is done, and sleeps in between as the part
 * asks: a few milliseconds at most. */
int chip_configure_wait(struct chip *chip);

/*
 * Asks whether the part is there, see driver->identify (-EOPNOTSUPP without one). It is left as it
 * is. chip_reset() comes before the first call.
 */
int chip_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain);

/* Calls both until there is an answer, and sleeps in between: a few milliseconds at most. */
int chip_identify_wait(struct chip *chip, bool *ret_is_certain);

/* Closes its bus and returns NULL; chip may be NULL. */
struct chip *chip_close(struct chip *chip);
