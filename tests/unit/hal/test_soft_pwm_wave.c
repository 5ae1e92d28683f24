/* SPDX-License-Identifier: MIT */
/* The edges of software PWM on a clock that the test moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "soft_pwm_wave.h"

enum { STEPS = 1000, PERIOD = 1000000, START = 5000000 };

static struct soft_pwm_wave wave_at(uint32_t duty)
{
	struct soft_pwm_wave wave;

	soft_pwm_wave_init(&wave, PERIOD, STEPS);
	soft_pwm_wave_set(&wave, duty, START);
	return wave;
}

/* The next edge comes at that time, not before it, and goes to that level. */
static void check_edge(struct soft_pwm_wave *wave, uint64_t at, bool high)
{
	assert_int_equal(soft_pwm_wave_next_ns(wave), at);
	assert_false(soft_pwm_wave_step(wave, at - 1));
	assert_true(soft_pwm_wave_step(wave, at));
	assert_int_equal(wave->high, high);
}

static void test_zero_and_full_have_no_edges(void **state)
{
	(void)state;
	for (uint32_t duty = 0; duty <= STEPS; duty += STEPS) {
		struct soft_pwm_wave wave = wave_at(duty);

		assert_int_equal(wave.high, duty > 0);
		assert_true(soft_pwm_wave_next_ns(&wave) == UINT64_MAX);
		assert_false(soft_pwm_wave_step(&wave, START + 100 * (uint64_t)PERIOD));
		assert_false(soft_pwm_wave_step(&wave, UINT64_MAX));
	}
}

static void test_pulses_begin_now_and_keep_the_grid(void **state)
{
	struct soft_pwm_wave wave = wave_at(250);

	(void)state;
	for (uint64_t period = 0; period < 5; period++) {
		check_edge(&wave, START + period * PERIOD, true);
		check_edge(&wave, START + period * PERIOD + 250000, false);
	}
}

static void test_every_duty_is_high_for_its_share(void **state)
{
	(void)state;
	for (uint32_t duty = 1; duty < STEPS; duty++) {
		struct soft_pwm_wave wave = wave_at(duty);
		uint64_t high_ns = 0, rise = 0;

		for (unsigned edge = 0; edge < 20; edge++) {
			uint64_t next = soft_pwm_wave_next_ns(&wave);

			assert_true(soft_pwm_wave_step(&wave, next));
			if (wave.high)
				rise = next;
			else
				high_ns += next - rise;
		}
		assert_int_equal(high_ns, 10 * (uint64_t)PERIOD / STEPS * duty);
	}
}

static void test_new_duty_waits_for_the_end_of_the_period(void **state)
{
	struct soft_pwm_wave wave = wave_at(250);

	(void)state;
	check_edge(&wave, START, true);
	soft_pwm_wave_set(&wave, 750, START + 1000);
	check_edge(&wave, START + 250000, false);
	soft_pwm_wave_set(&wave, 500, START + 900000);
	check_edge(&wave, START + PERIOD, true);
	check_edge(&wave, START + PERIOD + 500000, false);
}

static void test_zero_and_full_end_the_pulses_at_once(void **state)
{
	(void)state;
	for (uint32_t duty = 0; duty <= STEPS; duty += STEPS) {
		struct soft_pwm_wave wave = wave_at(250);

		check_edge(&wave, START, true);
		soft_pwm_wave_set(&wave, duty, START + 100000);
		assert_int_equal(wave.high, duty > 0);
		assert_true(soft_pwm_wave_next_ns(&wave) == UINT64_MAX);

		/* And then again from where the clock is. */
		soft_pwm_wave_set(&wave, 100, START + 333333);
		check_edge(&wave, START + 333333, true);
		check_edge(&wave, START + 333333 + 100000, false);
	}
}

static void test_late_edges_are_made_up_for(void **state)
{
	struct soft_pwm_wave wave = wave_at(1);

	(void)state;
	/* Later than the whole pulse, and yet there is one: a dim LED must not go dark. */
	assert_true(soft_pwm_wave_step(&wave, START + 50000));
	assert_true(wave.high);
	assert_true(soft_pwm_wave_step(&wave, START + 50001));
	assert_false(wave.high);
	assert_false(soft_pwm_wave_step(&wave, START + 50002));
	check_edge(&wave, START + PERIOD, true);

	/* And the same for the gap of a nearly full one. */
	wave = wave_at(999);
	check_edge(&wave, START, true);
	assert_true(soft_pwm_wave_step(&wave, START + PERIOD + 20000));
	assert_false(wave.high);
	assert_true(soft_pwm_wave_step(&wave, START + PERIOD + 20001));
	assert_true(wave.high);
	check_edge(&wave, START + PERIOD + 999000, false);
}

static void test_missed_periods_are_skipped_not_caught_up(void **state)
{
	struct soft_pwm_wave wave = wave_at(250);

	(void)state;
	check_edge(&wave, START, true);
	check_edge(&wave, START + 250000, false);
	assert_true(soft_pwm_wave_step(&wave, START + 7 * PERIOD + 10000));
	assert_true(wave.high);
	assert_false(soft_pwm_wave_step(&wave, START + 7 * PERIOD + 10001));
	check_edge(&wave, START + 7 * PERIOD + 250000, false);
	check_edge(&wave, START + 8 * PERIOD, true);
}

static void test_clock_at_zero(void **state)
{
	struct soft_pwm_wave wave;

	(void)state;
	soft_pwm_wave_init(&wave, PERIOD, STEPS);
	soft_pwm_wave_set(&wave, 500, 0);
	assert_int_equal(soft_pwm_wave_next_ns(&wave), 0);
	assert_true(soft_pwm_wave_step(&wave, 0));
	check_edge(&wave, 500000, false);
	check_edge(&wave, PERIOD, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zero_and_full_have_no_edges),
		cmocka_unit_test(test_pulses_begin_now_and_keep_the_grid),
		cmocka_unit_test(test_every_duty_is_high_for_its_share),
		cmocka_unit_test(test_new_duty_waits_for_the_end_of_the_period),
		cmocka_unit_test(test_zero_and_full_end_the_pulses_at_once),
		cmocka_unit_test(test_late_edges_are_made_up_for),
		cmocka_unit_test(test_missed_periods_are_skipped_not_caught_up),
		cmocka_unit_test(test_clock_at_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
