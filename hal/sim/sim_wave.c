/* SPDX-License-Identifier: MIT */
#include "sim_wave.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

/*
 * Noise must be the same whenever it is computed for the same time, or a value would change while
 * it is being read. So it is a hash of the period's number: the finalizer of SplitMix64 (Steele,
 * Lea, Flood 2014), which spreads neighbouring numbers evenly.
 */
static double noise(uint64_t period)
{
	uint64_t hash = period * 0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15;

	hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
	hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
	hash ^= hash >> 31;
	/* The upper 53 bits, all that a double holds: 0 to 1, both reached. */
	return (double)(hash >> 11) / (double)((UINT64_C(1) << 53) - 1);
}

/* The position between min (0) and max (1). */
static double position(const struct sim_wave *wave, uint64_t now_us)
{
	double phase = (double)(now_us % wave->period_us) / (double)wave->period_us;

	switch (wave->kind) {
	case SIM_WAVE_SINE:
		return 0.5 + 0.5 * sin(2 * PI * phase);
	case SIM_WAVE_RAMP:
		return phase;
	case SIM_WAVE_NOISE:
		return noise(now_us / wave->period_us);
	case SIM_WAVE_STEP:
		return phase < 0.5 ? 0 : 1;
	case SIM_WAVE_CONSTANT:
		break;
	}
	return 0;
}

double sim_wave_value(const struct sim_wave *wave, uint64_t now_us)
{
	if (wave->kind == SIM_WAVE_CONSTANT)
		return wave->min;
	return wave->min + (wave->max - wave->min) * position(wave, now_us);
}
