/* SPDX-License-Identifier: MIT */
/*
 * The physical value that a simulated part shows over time. Pure.
 */
#pragma once

#include <stdint.h>

enum sim_wave_kind {
	SIM_WAVE_CONSTANT,
	SIM_WAVE_SINE,
	SIM_WAVE_RAMP,
	SIM_WAVE_NOISE,
	SIM_WAVE_STEP
};

struct sim_wave {
	enum sim_wave_kind kind;
	double min, max;    /* constant: min is the value */
	uint64_t period_us; /* at least 1; unused by constant. noise: a new value each period */
};

/* sine begins in the middle and rises; ramp rises from min to max and drops back at once; step is
 * min for the first half; noise is even in min..max. */
double sim_wave_value(const struct sim_wave *wave, uint64_t now_us);
