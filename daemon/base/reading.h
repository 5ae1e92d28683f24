/* SPDX-License-Identifier: MIT */
/* One combined reading, from the sampler to whom it may concern. */
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>

struct reading {
	uint64_t taken_ms;    /* Unix epoch: when the round began */
	uint64_t taken_us;    /* the same, CLOCK_MONOTONIC */
	size_t n_values;      /* as many as the map has sensors, in their order */
	const double *values; /* processed, not yet rounded to the decimals; NAN: could not be read,
				 or not due */
	const unsigned char *due; /* each 1, or 0 for a sensor with a slower rhythm that was not
				     asked this time */
};
