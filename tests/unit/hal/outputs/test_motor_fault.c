/* SPDX-License-Identifier: MIT */
/* The motor where writes fail: one by one in every place, for good, and at random. */
#include "motor_bench.h"

#include <errno.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct motor_settings SETTINGS[] = {
	{.stop_mode = MOTOR_COAST},
	{.stop_mode = MOTOR_BRAKE},
	{MOTOR_COAST, 0.2, 40000, 30000},
	{MOTOR_BRAKE, 0.2, 40000, 30000},
};

static void assert_stands(const struct bench *bench)
{
	assert_false(bench_driven(bench));
	assert_false(motor_running(bench->motor));
	if (bench->settings.stop_mode == MOTOR_COAST && !bench_has_phase(bench->kind))
		assert_int_equal(bench_effect(bench), BENCH_COAST);
}

/* --- One failed write ------------------------------------------------------------------------- */

static const struct {
	enum motor_direction direction;
	unsigned speed;
	uint64_t polls; /* afterwards */
} SCRIPT[] = {
	{MOTOR_FORWARD, 3, 100},
	{MOTOR_FORWARD, 10, 2},
	{MOTOR_BACKWARD, 6, 100},
	{MOTOR_BACKWARD, 2, 1},
	{MOTOR_STOP, 0, 0},
	{MOTOR_STOP, 0, 0},
	{MOTOR_FORWARD, 8, 100},
	{MOTOR_STOP, 0, 0},
	{MOTOR_BACKWARD, 8, 100},
	{MOTOR_FORWARD, 8, 3},
};

/* Runs until the first error, which it returns, or to the end. */
static int run_script(struct bench *bench)
{
	for (size_t i = 0; i < COUNT(SCRIPT); i++) {
		int r = bench_set(bench, SCRIPT[i].direction, SCRIPT[i].speed);

		for (uint64_t n = 0; r == 0 && n < SCRIPT[i].polls && bench->next_us != UINT64_MAX;
			n++)
			r = bench_at(bench, bench->next_us);
		if (r < 0)
			return r;
	}
	return 0;
}

static void check_single_failures(
	enum bench_kind kind, const struct motor_settings *settings, bool lies)
{
	unsigned fail_at = 1;

	for (;; fail_at++) {
		struct bench bench;
		int r;

		bench_open_with(&bench, kind, settings);
		bench.fail_at = fail_at;
		bench.failure_lies = lies;
		r = run_script(&bench);
		if (bench.n_failed == 0) { /* past the last write */
			assert_int_equal(r, 0);
			bench_repair(&bench);
			bench_close(&bench);
			break;
		}
		assert_int_equal(bench.n_failed, 1);
		assert_int_equal(r, -(EIO + 1));
		assert_false(motor_running(bench.motor));
		/* A single failure leaves at most one input to be written again. */
		bench_settle(&bench);
		assert_stands(&bench);
		/* And the motor is as good as before. */
		assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, 5), 0);
		bench_settle(&bench);
		assert_int_equal(bench_effect(&bench), BENCH_DRIVE_BACKWARD);
		bench_close(&bench);
	}
	assert_true(fail_at > 10);
}

static void test_any_failed_write_ends_in_stop(void **state)
{
	(void)state;
	for (enum bench_kind kind = 0; kind < BENCH_N_KINDS; kind++)
		for (size_t i = 0; i < COUNT(SETTINGS); i++)
			check_single_failures(kind, &SETTINGS[i], false);
}

/* The level has changed, but the acknowledgement was lost. */
static void test_any_write_that_failed_for_show_ends_in_stop(void **state)
{
	(void)state;
	for (enum bench_kind kind = 0; kind < BENCH_N_KINDS; kind++)
		for (size_t i = 0; i < COUNT(SETTINGS); i++)
			check_single_failures(kind, &SETTINGS[i], true);
}

/* --- Inputs that cannot be written any more --------------------------------------------------- */

static void test_stop_goes_on_to_the_other_inputs(void **state)
{
	(void)state;
	for (enum bench_kind kind = 0; kind < BENCH_N_KINDS; kind++)
		for (enum bench_pin pin = 0; pin < BENCH_N_PINS; pin++) {
			struct bench bench;

			bench_open(&bench, kind, MOTOR_COAST);
			if (!bench.outputs[pin].wired || pin == BENCH_PHASE) {
				bench_close(&bench);
				continue;
			}
			assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
			for (enum bench_pin other = 0; other < BENCH_N_PINS; other++)
				bench.n_attempts[other] = 0;
			bench.broken[pin] = true;
			assert_int_equal(bench_stop(&bench), -(EIO + 1));
			assert_false(motor_running(bench.motor));
			for (enum bench_pin other = 0; other < BENCH_N_PINS; other++)
				assert_int_equal(bench.n_attempts[other],
					bench.outputs[other].wired && other != BENCH_PHASE);
			bench_repair(&bench);
			bench_settle(&bench);
			assert_stands(&bench);
			bench_close(&bench);
		}
}

static void test_first_error_is_the_one_returned(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, BENCH_LINES_PWM, MOTOR_COAST);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	for (enum bench_pin pin = 0; pin < BENCH_N_PINS; pin++)
		bench.broken[pin] = true;
	assert_int_equal(bench_stop(&bench), -(EIO + 1));
	assert_int_equal(bench.n_failed, 3);
	bench_repair(&bench);
	bench_close(&bench);
}

static void test_unwritten_stop_is_tried_again_at_growing_intervals(void **state)
{
	const uint64_t intervals_ms[] = {20, 40, 80, 160, 320, 640, 1280, 1280, 1280};
	struct bench bench;

	(void)state;
	bench_open(&bench, BENCH_PWMS, MOTOR_COAST);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	bench.broken[BENCH_FORWARD] = true;
	assert_true(bench_stop(&bench) < 0);
	for (size_t i = 0; i < COUNT(intervals_ms); i++) {
		assert_int_equal(bench_effect(&bench), BENCH_DRIVE_FORWARD);
		assert_int_equal(bench.next_us, bench.now_us + intervals_ms[i] * 1000);
		assert_true(bench_at(&bench, bench.next_us) < 0);
	}
	bench_repair(&bench);
	bench_settle(&bench);
	assert_stands(&bench);

	/* The next trouble begins at the short end again. */
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	bench.broken[BENCH_FORWARD] = true;
	assert_true(bench_stop(&bench) < 0);
	assert_int_equal(bench.next_us, bench.now_us + 20000);
	bench_repair(&bench);
	bench_close(&bench);
}

static void test_rest_counts_from_the_stop_that_could_be_written(void **state)
{
	struct bench bench;

	(void)state;
	bench_open_with(&bench, BENCH_PWMS,
		&(struct motor_settings){.stop_mode = MOTOR_COAST, .reverse_pause_us = 100000});
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	bench.broken[BENCH_FORWARD] = true;
	assert_true(bench_stop(&bench) < 0);
	bench.now_us += 15000;
	assert_true(bench_set(&bench, MOTOR_BACKWARD, 5) < 0);
	assert_false(motor_running(bench.motor));
	bench_repair(&bench);
	bench.now_us += 200000;
	assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, 5), 0);
	assert_int_equal(bench.next_us, bench.now_us + 100000);
	bench_settle(&bench);
	assert_int_equal(bench_effect(&bench), BENCH_DRIVE_BACKWARD);
	bench_close(&bench);
}

/* One half of a brake is a drive: with one input stuck, the other must stay. */
static void test_brake_that_cannot_be_let_go_stays(void **state)
{
	const enum bench_pin pins[] = {BENCH_FORWARD, BENCH_BACKWARD};

	(void)state;
	for (enum bench_kind kind = 0; kind < BENCH_N_KINDS; kind++)
		for (size_t i = 0; i < COUNT(pins); i++) {
			struct bench bench;

			if (bench_has_phase(kind))
				continue;
			bench_open(&bench, kind, MOTOR_BRAKE);
			assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
			assert_int_equal(bench_stop(&bench), 0);
			bench.broken[pins[i]] = true;
			assert_true(bench_set(&bench, MOTOR_FORWARD, 5) < 0);
			assert_false(motor_running(bench.motor));
			assert_int_equal(bench_effect(&bench), BENCH_SHORT);
			assert_true(motor_safe(bench.motor) < 0);
			assert_int_equal(bench_effect(&bench), BENCH_SHORT);
			bench_repair(&bench);
			assert_int_equal(motor_safe(bench.motor), 0);
			assert_int_equal(bench_effect(&bench), BENCH_COAST);
			bench_close(&bench);
		}
}

static void test_safe_that_failed_is_polled_again_at_once(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, BENCH_PWMS, MOTOR_COAST);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	bench.broken[BENCH_FORWARD] = true;
	assert_true(motor_safe(bench.motor) < 0);
	assert_false(motor_running(bench.motor));
	bench_repair(&bench);
	assert_int_equal(bench_at(&bench, bench.now_us), 0);
	assert_true(bench.next_us == UINT64_MAX);
	assert_stands(&bench);
	bench_close(&bench);
}

/* --- At random -------------------------------------------------------------------------------- */

/* xorshift64* (Marsaglia; Vigna): small, and the same on every machine. */
static uint32_t random_below(uint64_t *seed, uint32_t limit)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (uint32_t)((*seed * 0x2545f4914f6cdd1dULL) >> 33) % limit;
}

static int random_move(struct bench *bench, uint64_t *seed)
{
	unsigned direction = random_below(seed, 3);

	switch (random_below(seed, 6)) {
	case 0:
	case 1:
		return bench_set(
			bench, (enum motor_direction)direction, 1 + random_below(seed, 10));
	case 2:
		return bench_stop(bench);
	case 3:
		return bench_at(bench, bench->now_us + random_below(seed, 60000));
	default:
		if (bench->next_us == UINT64_MAX)
			return 0;
		if (bench->next_us < bench->now_us)
			return bench_at(bench, bench->now_us);
		return bench_at(bench, bench->next_us + random_below(seed, 2) * 3000);
	}
}

static void random_fault(struct bench *bench, uint64_t *seed)
{
	switch (random_below(seed, 12)) {
	case 0:
		bench->fail_at = bench->n_writes + 1 + random_below(seed, 8);
		break;
	case 1:
		bench->broken[random_below(seed, BENCH_N_PINS)] = true;
		break;
	case 2:
	case 3:
		bench_repair(bench);
		break;
	default:
		break;
	}
}

static void check_after_move(const struct bench *bench, int r)
{
	if (r < 0)
		assert_false(motor_running(bench->motor));
	/* Driven without being meant to is only ever a stop that waits to be written. */
	if (!motor_running(bench->motor) && bench_driven(bench))
		assert_true(bench->next_us != UINT64_MAX);
}

static void run_random(
	enum bench_kind kind, const struct motor_settings *settings, uint64_t seed, unsigned moves)
{
	struct bench bench;

	bench_open_with(&bench, kind, settings);
	for (unsigned n = 0; n < moves; n++) {
		random_fault(&bench, &seed);
		check_after_move(&bench, random_move(&bench, &seed));
		if (n % 50 == 49) {
			/* Repaired, it comes to a stop by itself, and obeys again. */
			bench_repair(&bench);
			assert_int_equal(bench_stop(&bench), 0);
			assert_stands(&bench);
			assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 10), 0);
			bench_settle(&bench);
			assert_int_equal(bench_effect(&bench), BENCH_DRIVE_FORWARD);
		}
	}
	bench_repair(&bench);
	bench_close(&bench);
}

static void test_random_commands_times_and_faults(void **state)
{
	(void)state;
	for (enum bench_kind kind = 0; kind < BENCH_N_KINDS; kind++)
		for (size_t i = 0; i < COUNT(SETTINGS); i++)
			for (uint64_t seed = 1; seed <= 200; seed++)
				run_random(kind, &SETTINGS[i], seed, 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_failed_write_ends_in_stop),
		cmocka_unit_test(test_any_write_that_failed_for_show_ends_in_stop),
		cmocka_unit_test(test_stop_goes_on_to_the_other_inputs),
		cmocka_unit_test(test_first_error_is_the_one_returned),
		cmocka_unit_test(test_unwritten_stop_is_tried_again_at_growing_intervals),
		cmocka_unit_test(test_rest_counts_from_the_stop_that_could_be_written),
		cmocka_unit_test(test_brake_that_cannot_be_let_go_stays),
		cmocka_unit_test(test_safe_that_failed_is_polled_again_at_once),
		cmocka_unit_test(test_random_commands_times_and_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
