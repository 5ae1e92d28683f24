/* SPDX-License-Identifier: MIT */
/*
 * The fixture of the generic driver test: one part on a simulated board, a chip that speaks to it,
 * and a clock that stands still until the test moves it.
 */
#pragma once

#include "board_sim.h"
#include "chip.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define RIG_PART "part"

/* In doubles; cmocka's own compares floats. A NaN is near nothing. */
#define assert_near(got, want, tolerance)                                                          \
	assert_true(fabs((double)(got) - (double)(want)) <= (double)(tolerance))

struct tap;

struct rig {
	const struct driver *driver;
	struct board *board;
	struct chip *chip;
	struct tap *tap; /* between the chip and its bus; NULL until rig_tap() */
	uint64_t now_us;
	FILE *wire_log; /* in memory */
	char *log_text;
	size_t log_bytes;
};

/* cmocka's setup and teardown: *state is the driver before, and the rig from then on. */
int rig_setup(void **state);
int rig_teardown(void **state);

const char *rig_bus(const struct driver *driver);
uint16_t rig_address(const struct driver *driver);

/* A chip with these params (NULL: the defaults) in place of the one so far. */
void rig_open(struct rig *rig, const double *params);

void rig_fault(struct rig *rig, enum sim_fault fault);

/* The channel shows this value from now on; the clock does not move. */
void rig_show(struct rig *rig, unsigned channel, double value);

/* Gives the range that the channel can show with the chip's parameters. */
void rig_range(const struct rig *rig, unsigned channel, double *ret_min, double *ret_max);

/* Configures from the start; where the part asks to wait, the clock moves. */
int rig_configure(struct rig *rig);

/*
 * One measurement: start, the wait, and collect, asked again until the deadline. ret_values has
 * DRIVER_CHANNELS_MAX elements. -ETIMEDOUT: still busy at the deadline.
 */
int rig_measure(struct rig *rig, unsigned channel, double *ret_values);

/*
 * A tap on the wire inverts one bit that one transfer reads. Transfers that read are counted from
 * 0 when it is armed.
 */
void rig_tap(struct rig *rig, size_t transfer, size_t bit);
/* True when the bit has been inverted: there was such a transfer, and it had as many bits. */
bool rig_tap_hit(const struct rig *rig);
/* Returns the number of transfers that read since it was armed. */
size_t rig_tap_transfers(const struct rig *rig);

/* Cuts the wire: from now on this many transfers pass, and all after them fail with -EIO. */
void rig_cut(struct rig *rig, size_t transfers);

/* Returns the number of transfers since the first call, failed ones included. */
size_t rig_transfers(struct rig *rig);

/* Forgets the wire log so far. */
void rig_log_clear(struct rig *rig);
/* The wire log since then; valid until the next write. */
const char *rig_log(struct rig *rig);
