/* SPDX-License-Identifier: MIT */
/*
 * The PWM channels of a chip as outputs, alone or several in one transfer. They belong to the
 * chip's thread.
 */
#pragma once

#include "chip.h"
#include "pwm.h"
#include <stdbool.h>

/*
 * Opens a PWM channel of the chip as an output. The chip must outlive it. Nothing is sent to the
 * part. Once a write to one of the channels has timed out, writes to all of them fail with
 * -ETIMEDOUT at once, until chip_reset(). So a stuck bus costs the time of one transfer, however
 * many outputs have to be made safe.
 */
int chip_pwm_output(
	struct chip *chip, unsigned channel, bool inverted, struct pwm_output **ret_output);

/*
 * Checks that a PWM part still has its settings. Returns 0; -ENODEV if it lost them (driver.h); or
 * an error of the bus.
 */
int chip_probe(struct chip *chip);

/*
 * A collection: changes of several outputs go out together, in as few transfers as the driver can.
 * chip_pwm_begin() forgets the results of the last one. While chip_pwm_collect() is on,
 * pwm_set_soon() waits, and so does pwm_set() of a duty that the channel is known to have. Any
 * other pwm_set() is written at once, and what waited for its channel is dropped.
 */
void chip_pwm_begin(struct chip *chip);
void chip_pwm_collect(struct chip *chip, bool on);

/* True if a write to the channel waits. */
bool chip_pwm_waits(const struct chip *chip, unsigned channel);

/* Makes all writes that wait, goes on after an error, and returns the first one. */
int chip_pwm_end(struct chip *chip);

/*
 * The result of the channel's write that waited in this collection; 0 if none did. -ENODEV: the
 * part was set up anew in the meantime.
 */
int chip_pwm_result(const struct chip *chip, unsigned channel);

/* For chip.c. No channel's duty is known any more, and what waits has failed. */
void chip_pwm_forget(struct chip *chip);
/* For chip.c. Every channel has the duty 0: the part was just configured. */
void chip_pwm_is_off(struct chip *chip);
/* For chip.c. Allocates chip->duties. -ENOMEM. */
int chip_pwm_allocate(struct chip *chip);
