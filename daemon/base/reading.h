/* SPDX-License-Identifier: MIT */
/* One combined reading, as the sampler passes it on. */
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>

struct reading {
	uint64_t taken_ms;    /* Unix epoch: when the round began */
	uint64_t taken_us;    /* the same, CLOCK_MONOTONIC */
	size_t n_values;      /* one for each sensor of the map, in the map's order */
	const double *values; /* processed, not yet rounded to the decimals; NAN: could not be read,
				 or not due */
	const unsigned char *due; /* 1 for each sensor, or 0 if it has a slower rhythm and was not
				     read this time */
};
