/* SPDX-License-Identifier: MIT */
/*
 * A chip: one part on one bus, and the driver that speaks to it. Belongs to one thread.
 */
#pragma once

#include "board.h"
#include "driver.h"
#include "hal_error.h"
#include "pwm.h"
#include <stdbool.h>
#include <stdint.h>

struct chip_settings {
	const char *name;            /* of the map: "climate"; borrowed for the call, copied */
	const struct driver *driver; /* borrowed for the chip's life */
	const char *bus;  /* "/dev/i2c-1", or the names of the lines; borrowed for the call */
	uint16_t address; /* I2C */
	struct lines_settings lines; /* LINES */
	const double *params;        /* driver->n_params values; copied. NULL: the defaults */
};

struct chip {
	const struct driver *driver;
	struct i2c_bus *i2c; /* one of the four, owned */
	struct spi_device *spi;
	struct attributes *attributes;
	struct lines *lines;
	uint16_t address;
	double *params;         /* in the order of driver->params */
	void *state;            /* the driver's own */
	struct hal_error words; /* the driver's own for its last failure; "": none */
	bool is_stuck; /* a PWM write timed out: no other one is tried until chip_reset() */
	char name[64];
	char place[96]; /* "bme280 at 0x77 on /dev/i2c-1" */
};

/* Opens the bus. Says nothing to the part yet, so a part that is away is no error here. */
int chip_open(struct board *board, const struct chip_settings *settings, struct hal_error *error,
	struct chip **ret_chip);

/*
 * Wrappers of the driver's functions, see driver.h. Each forgets chip->words first. chip_reset()
 * makes the next configure start over.
 */
void chip_reset(struct chip *chip);
int chip_configure(struct chip *chip, uint32_t *ret_wait_us);
int chip_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us);
/* Also checks the channel's range: -ERANGE. ret_values has DRIVER_CHANNELS_MAX
 * elements, of which driver_value_index() says the channel's. */
int chip_collect(struct chip *chip, unsigned channel, double *ret_values);

/*
 * LINES with an fd: the next event. It is now_us. 1; 0: there is none so far, and *ret_next_us is
 * when to ask again even without an edge (DEBOUNCE_NEVER: not), or an error.
 */
int chip_event(
	struct chip *chip, uint64_t now_us, struct driver_event *ret_event, uint64_t *ret_next_us);

/* The event that says how things are; of a driver whose events are levels, after chip_event(). */
unsigned chip_event_now(const struct chip *chip);

/* chip_reset() and chip_configure() until done, sleeping in between as the part asks: at most some
 * milliseconds. */
int chip_configure_wait(struct chip *chip);

/*
 * Whether a PWM part still has its settings: 0, or -ENODEV as of driver.h; also an error of the
 * bus.
 */
int chip_probe(struct chip *chip);

/*
 * A PWM channel of the chip as an output. The chip must outlive it. Says nothing to the part. Once
 * a write to one of its channels has timed out, all of them fail with -ETIMEDOUT at once until
 * chip_reset(): a stuck bus costs one transfer's time, however many outputs are to be made safe.
 */
int chip_pwm_output(
	struct chip *chip, unsigned channel, bool inverted, struct pwm_output **ret_output);

/* Closes its bus and returns NULL; chip may be NULL. */
struct chip *chip_close(struct chip *chip);
