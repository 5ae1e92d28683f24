/* SPDX-License-Identifier: MIT */
/* The motor in time: ramps, reversals and their rests. */
#include "motor_bench.h"

/* --- Ramps ------------------------------------------------------------------------------------ */

static const struct motor_settings RAMPED = {
	.stop_mode = MOTOR_COAST,
	.min_duty = 0.2,
	.ramp_us = 200000,
	.reverse_pause_us = 100000,
};

static void test_ramp_rises_evenly_and_ends_in_time(void **state)
{
	struct bench bench;
	uint64_t start;
	uint32_t duty;

	(void)state;
	bench_open_with(&bench, BENCH_PWMS, &RAMPED);
	start = bench.now_us;
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 10), 0);
	assert_int_equal(bench_duty(&bench), 200); /* the first write: where it begins to turn */
	for (unsigned step = 1; step <= 20; step++) {
		duty = bench_duty(&bench);
		assert_int_equal(bench.next_us, start + step * 10000);
		assert_int_equal(bench_at(&bench, bench.next_us), 0);
		assert_int_equal(bench_duty(&bench), duty + 40);
	}
	assert_int_equal(bench_duty(&bench), BENCH_STEPS);
	assert_true(bench.next_us == UINT64_MAX);
	bench_close(&bench);
}

static void test_ramp_has_no_more_steps_than_the_pwm(void **state)
{
	struct bench bench;
	struct hbridge_outputs outputs = bench_outputs(&bench, BENCH_LINES_PWM);

	(void)state;
	outputs.enable_pwm->steps = 4;
	assert_int_equal(motor_new(&outputs, &RAMPED, &bench.motor), 0);
	bench.settings = RAMPED;
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 10), 0);
	assert_int_equal(bench.next_us, 200000 / 4);
	bench_settle(&bench);
	assert_string_equal(bench.log, "B0 F0 E0 F1 E1 E2 E2 E3 E4 ");
	bench_close(&bench);
}

static void test_early_poll_does_nothing(void **state)
{
	struct bench bench;
	uint64_t next;

	(void)state;
	bench_open_with(&bench, BENCH_PWMS, &RAMPED);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 10), 0);
	bench_clear_log(&bench);
	next = bench.next_us;
	assert_int_equal(bench_at(&bench, next - 1), 0);
	assert_string_equal(bench.log, "");
	assert_int_equal(bench.next_us, next);
	bench_close(&bench);
}

static void test_late_poll_catches_up_and_keeps_the_grid(void **state)
{
	struct bench bench;
	uint64_t start;

	(void)state;
	bench_open_with(&bench, BENCH_PWMS, &RAMPED);
	start = bench.now_us;
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 10), 0);
	assert_int_equal(bench_at(&bench, start + 103000), 0);
	assert_int_equal(bench_duty(&bench), 200 + 412);
	assert_int_equal(bench.next_us, start + 110000);
	assert_int_equal(bench_at(&bench, start + 900000), 0);
	assert_int_equal(bench_duty(&bench), BENCH_STEPS);
	assert_true(bench.next_us == UINT64_MAX);
	bench_close(&bench);
}

static void test_new_speed_in_a_ramp_continues_from_the_present_duty(void **state)
{
	struct bench bench;
	uint64_t start;

	(void)state;
	bench_open_with(&bench, BENCH_PWMS, &RAMPED);
	start = bench.now_us;
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 10), 0);
	assert_int_equal(bench_at(&bench, start + 100000), 0);
	assert_int_equal(bench_duty(&bench), 600);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 1), 0); /* down again, to 280 */
	assert_int_equal(bench_duty(&bench), 600);
	assert_int_equal(bench_at(&bench, start + 150000), 0);
	assert_int_equal(bench_duty(&bench), 400);
	bench_settle(&bench);
	assert_int_equal(bench.now_us, start + 180000);
	assert_int_equal(bench_duty(&bench), 280);
	bench_close(&bench);
}

static void test_commands_faster_than_the_ramp_do_not_hold_it(void **state)
{
	struct bench bench;
	uint64_t start;

	(void)state;
	bench_open_with(&bench, BENCH_PWMS, &RAMPED);
	start = bench.now_us;
	while (bench.now_us < start + 200000) {
		assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 10), 0);
		bench.now_us += 1000;
	}
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 10), 0);
	assert_int_equal(bench_duty(&bench), BENCH_STEPS);
	bench_close(&bench);
}

static void test_ramp_stands_while_the_clock_goes_back(void **state)
{
	struct bench bench;

	(void)state;
	bench_open_with(&bench, BENCH_PWMS, &RAMPED);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 10), 0);
	bench.now_us -= 500000;
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 10), 0);
	assert_int_equal(bench_duty(&bench), 200);
	bench_settle(&bench);
	assert_int_equal(bench_duty(&bench), BENCH_STEPS);
	bench_close(&bench);
}

/* --- Stops and reversals ---------------------------------------------------------------------- */

static void test_stop_in_a_ramp_is_done_at_once(void **state)
{
	(void)state;
	for (enum bench_kind kind = 0; kind < BENCH_N_KINDS; kind++) {
		struct bench bench;

		bench_open_with(&bench, kind, &RAMPED);
		assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 10), 0);
		assert_int_equal(bench_at(&bench, bench.now_us + 50000), 0);
		assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, 10), 0);
		assert_int_equal(bench_at(&bench, bench.now_us + 10000), 0);
		assert_int_equal(bench_stop(&bench), 0);
		assert_false(bench_driven(&bench));
		assert_false(motor_running(bench.motor));
		assert_true(bench.next_us == UINT64_MAX);
		bench_close(&bench);
	}
}

static void test_reversal_ramps_down_rests_and_ramps_up(void **state)
{
	struct bench bench;
	uint64_t start;

	(void)state;
	bench_open_with(&bench, BENCH_PWMS, &RAMPED);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	bench_settle(&bench);
	start = bench.now_us;
	assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, 10), 0);
	while (bench.now_us < start + 100000) {
		assert_int_equal(bench_effect(&bench), BENCH_DRIVE_FORWARD);
		assert_int_equal(bench_at(&bench, bench.next_us), 0);
	}
	assert_int_equal(bench.now_us, start + 100000); /* half the way: half the ramp */
	assert_int_equal(bench_effect(&bench), BENCH_COAST);
	assert_true(motor_running(bench.motor));
	assert_int_equal(bench.next_us, start + 200000);
	assert_int_equal(bench_at(&bench, bench.next_us - 1), 0);
	assert_int_equal(bench_effect(&bench), BENCH_COAST);
	assert_int_equal(bench_at(&bench, bench.next_us), 0);
	assert_int_equal(bench_effect(&bench), BENCH_DRIVE_BACKWARD);
	bench_settle(&bench);
	assert_int_equal(bench.now_us, start + 400000);
	bench_close(&bench);
}

static void test_rest_counts_from_the_late_end_of_the_ramp(void **state)
{
	struct bench bench;

	(void)state;
	bench_open_with(&bench, BENCH_PWMS, &RAMPED);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	bench_settle(&bench);
	assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, 5), 0);
	assert_int_equal(bench_at(&bench, bench.now_us + 5000000), 0);
	assert_int_equal(bench_effect(&bench), BENCH_COAST);
	assert_int_equal(bench.next_us, bench.now_us + 100000);
	bench_close(&bench);
}

static const struct motor_settings PAUSED = {.reverse_pause_us = 100000};

static void test_next_reversal_after_a_way_back_rests_anew(void **state)
{
	struct bench bench;

	(void)state;
	bench_open_with(&bench, BENCH_LINES_PWM, &PAUSED);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, 5), 0);
	assert_int_equal(bench_effect(&bench), BENCH_COAST);
	bench.now_us += 60000;
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	assert_int_equal(bench_effect(&bench), BENCH_DRIVE_FORWARD);
	bench.now_us += 60000;
	assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, 5), 0);
	assert_int_equal(bench_effect(&bench), BENCH_COAST);
	assert_int_equal(bench.next_us, bench.now_us + 100000);
	bench_settle(&bench);
	assert_int_equal(bench_effect(&bench), BENCH_DRIVE_BACKWARD);
	bench_close(&bench);
}

static void test_stop_in_between_does_not_shorten_the_rest(void **state)
{
	struct bench bench;
	uint64_t stopped;

	(void)state;
	bench_open_with(&bench, BENCH_LINES_PWM, &PAUSED);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	assert_int_equal(bench_stop(&bench), 0);
	stopped = bench.now_us;
	bench.now_us += 30000;
	assert_int_equal(bench_stop(&bench), 0); /* nor does a second one make it longer */
	bench.now_us += 30000;
	assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, 5), 0);
	assert_int_equal(bench_effect(&bench), BENCH_COAST);
	assert_true(motor_running(bench.motor));
	assert_int_equal(bench.next_us, stopped + 100000);
	bench_settle(&bench);
	assert_int_equal(bench_effect(&bench), BENCH_DRIVE_BACKWARD);
	bench_close(&bench);
}

static void test_stop_in_the_rest_ends_the_reversal(void **state)
{
	struct bench bench;

	(void)state;
	bench_open_with(&bench, BENCH_LINES_PWM, &PAUSED);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, 5), 0);
	assert_int_equal(bench_stop(&bench), 0);
	assert_false(motor_running(bench.motor));
	assert_int_equal(bench_at(&bench, bench.now_us + 1000000), 0);
	assert_int_equal(bench_effect(&bench), BENCH_COAST);
	bench_close(&bench);
}

static void test_direction_after_safe_rests_first(void **state)
{
	struct bench bench;

	(void)state;
	bench_open_with(&bench, BENCH_LINES_PWM, &PAUSED);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	bench.now_us += 1000000;
	assert_int_equal(motor_safe(bench.motor), 0);
	assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, 5), 0);
	assert_int_equal(bench_effect(&bench), BENCH_COAST);
	assert_int_equal(bench.next_us, bench.now_us + 100000);
	bench_settle(&bench);
	assert_int_equal(bench_effect(&bench), BENCH_DRIVE_BACKWARD);
	bench_close(&bench);
}

/* A write over I2C shows at its end. The watcher fails the test where the rest is too short. */
static void test_rest_is_not_shortened_by_a_slow_stop(void **state)
{
	struct bench bench;

	(void)state;
	for (enum bench_kind kind = 0; kind < BENCH_N_KINDS; kind++) {
		bench_open_with(&bench, kind, &PAUSED);
		assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
		bench.write_us = 30000;
		assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, 5), 0);
		bench.write_us = 0;
		bench_settle(&bench);
		assert_int_equal(bench_effect(&bench), BENCH_DRIVE_BACKWARD);
		bench_close(&bench);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ramp_rises_evenly_and_ends_in_time),
		cmocka_unit_test(test_ramp_has_no_more_steps_than_the_pwm),
		cmocka_unit_test(test_early_poll_does_nothing),
		cmocka_unit_test(test_late_poll_catches_up_and_keeps_the_grid),
		cmocka_unit_test(test_new_speed_in_a_ramp_continues_from_the_present_duty),
		cmocka_unit_test(test_commands_faster_than_the_ramp_do_not_hold_it),
		cmocka_unit_test(test_ramp_stands_while_the_clock_goes_back),
		cmocka_unit_test(test_stop_in_a_ramp_is_done_at_once),
		cmocka_unit_test(test_reversal_ramps_down_rests_and_ramps_up),
		cmocka_unit_test(test_rest_counts_from_the_late_end_of_the_ramp),
		cmocka_unit_test(test_next_reversal_after_a_way_back_rests_anew),
		cmocka_unit_test(test_stop_in_between_does_not_shorten_the_rest),
		cmocka_unit_test(test_stop_in_the_rest_ends_the_reversal),
		cmocka_unit_test(test_direction_after_safe_rests_first),
		cmocka_unit_test(test_rest_is_not_shortened_by_a_slow_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
