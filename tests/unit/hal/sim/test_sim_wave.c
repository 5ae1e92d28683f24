/* SPDX-License-Identifier: MIT */
#include "sim_wave.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

enum { PERIOD_US = 1000 };

/* In doubles; cmocka's own compares floats. */
static void assert_value(enum sim_wave_kind kind, uint64_t now_us, double want)
{
	const struct sim_wave wave = {kind, .min = -10, .max = 30, .period_us = PERIOD_US};
	double got = sim_wave_value(&wave, now_us);

	if (!(fabs(got - want) <= 1e-9))
		fail_msg("wave %d at %llu us: %g instead of %g", (int)kind,
			(unsigned long long)now_us, got, want);
}

static void constant_is_min_for_ever(void **state)
{
	const struct sim_wave wave = {.kind = SIM_WAVE_CONSTANT, .min = 21.5};

	(void)state;
	assert_true(fabs(sim_wave_value(&wave, 0) - 21.5) <= 0);
	assert_true(fabs(sim_wave_value(&wave, UINT64_MAX) - 21.5) <= 0);
}

static void sine_begins_in_the_middle_and_rises(void **state)
{
	(void)state;
	assert_value(SIM_WAVE_SINE, 0, 10);
	assert_value(SIM_WAVE_SINE, 250, 30);
	assert_value(SIM_WAVE_SINE, 500, 10);
	assert_value(SIM_WAVE_SINE, 750, -10);
	assert_value(SIM_WAVE_SINE, 1000, 10);
}

static void ramp_rises_and_drops_back(void **state)
{
	(void)state;
	assert_value(SIM_WAVE_RAMP, 0, -10);
	assert_value(SIM_WAVE_RAMP, 500, 10);
	assert_value(SIM_WAVE_RAMP, 999, -10 + 40 * 0.999);
	assert_value(SIM_WAVE_RAMP, 1000, -10);
}

static void step_is_min_for_the_first_half(void **state)
{
	(void)state;
	assert_value(SIM_WAVE_STEP, 0, -10);
	assert_value(SIM_WAVE_STEP, 499, -10);
	assert_value(SIM_WAVE_STEP, 500, 30);
	assert_value(SIM_WAVE_STEP, 999, 30);
	assert_value(SIM_WAVE_STEP, 1000, -10);
}

static void noise_holds_for_a_period_and_then_is_another(void **state)
{
	const struct sim_wave wave = {SIM_WAVE_NOISE, .min = 0, .max = 1, .period_us = PERIOD_US};

	(void)state;
	for (uint64_t period = 0; period < 1000; period++) {
		double value = sim_wave_value(&wave, period * PERIOD_US);

		assert_true(fabs(sim_wave_value(&wave, period * PERIOD_US + 999) - value) <= 0);
		assert_true(fabs(sim_wave_value(&wave, (period + 1) * PERIOD_US) - value) > 0);
	}
}

static void noise_is_even_between_min_and_max(void **state)
{
	enum { PERIODS = 100000, BINS = 10 };
	const struct sim_wave wave = {SIM_WAVE_NOISE, .min = 5, .max = 15, .period_us = 1};
	int bins[BINS] = {0};

	(void)state;
	for (uint64_t now_us = 0; now_us < PERIODS; now_us++) {
		double value = sim_wave_value(&wave, now_us);

		assert_true(value >= 5 && value <= 15);
		bins[value < 15 ? (int)(value - 5) : BINS - 1]++;
	}
	for (int i = 0; i < BINS; i++)
		assert_in_range(bins[i], PERIODS / BINS * 9 / 10, PERIODS / BINS * 11 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constant_is_min_for_ever),
		cmocka_unit_test(sine_begins_in_the_middle_and_rises),
		cmocka_unit_test(ramp_rises_and_drops_back),
		cmocka_unit_test(step_is_min_for_the_first_half),
		cmocka_unit_test(noise_holds_for_a_period_and_then_is_another),
		cmocka_unit_test(noise_is_even_between_min_and_max),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
