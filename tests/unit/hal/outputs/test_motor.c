/* SPDX-License-Identifier: MIT */
/*
 * The motor: which inputs are written, in which order, with which duties. test_motor_time.c has the
 * times, and test_motor_fault.c the writes that fail.
 */
#include "motor_bench.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const enum motor_stop_mode MODES[] = {MOTOR_COAST, MOTOR_BRAKE};

/* --- Sequences of writes ---------------------------------------------------------------------- */

struct sequences {
	enum bench_kind kind;
	enum motor_stop_mode mode;
	const char *start;   /* to forward at 5, from new */
	const char *faster;  /* to forward at 7 */
	const char *reverse; /* to backward at 3 */
	const char *stop;
	const char *again; /* stop once more */
	const char *after; /* to forward at 10 */
};

static const struct sequences SEQUENCES[] = {
	{BENCH_LINES_PWM, MOTOR_COAST, "B0 F0 E0 F1 E500 ", "E700 ", "B0 F0 E0 B0 F0 E0 B1 E300 ",
		"F0 B0 E0 ", "F0 B0 E0 ", "F0 B0 E0 F1 E1000 "},
	{BENCH_LINES_PWM, MOTOR_BRAKE, "B0 F0 E0 F1 E500 ", "E700 ",
		"B0 F0 E0 F1 B1 E1000 E0 F0 B0 B1 E300 ", "F0 B0 E0 B1 F1 E1000 ", "B1 F1 E1000 ",
		"E0 B0 F0 F1 E1000 "},
	{BENCH_LINES_LINE, MOTOR_COAST, "E0 B0 F0 F1 E1 ", "", "E0 B0 F0 E0 B0 F0 B1 E1 ",
		"E0 F0 B0 ", "E0 F0 B0 ", "E0 F0 B0 F1 E1 "},
	{BENCH_LINES_LINE, MOTOR_BRAKE, "E0 B0 F0 F1 E1 ", "", "E0 B0 F0 F1 B1 E1 E0 F0 B0 B1 E1 ",
		"E0 F0 B0 B1 F1 E1 ", "B1 F1 E1 ", "E0 B0 F0 F1 E1 "},
	{BENCH_LINES, MOTOR_COAST, "B0 F0 F1 ", "", "B0 F0 B0 F0 B1 ", "F0 B0 ", "F0 B0 ",
		"F0 B0 F1 "},
	{BENCH_LINES, MOTOR_BRAKE, "B0 F0 F1 ", "", "B0 F0 F1 B1 F0 B0 B1 ", "F0 B0 B1 F1 ",
		"B1 F1 ", "B0 F0 F1 "},
	{BENCH_PWMS, MOTOR_COAST, "B0 F0 F500 ", "F700 ", "B0 F0 B0 F0 B300 ", "F0 B0 ", "F0 B0 ",
		"F0 B0 F1000 "},
	{BENCH_PWMS, MOTOR_BRAKE, "B0 F0 F500 ", "F700 ", "B0 F0 F1000 B1000 F0 B0 B300 ",
		"F0 B0 B1000 F1000 ", "B1000 F1000 ", "B0 F0 F1000 "},
	{BENCH_PHASE_PWM, MOTOR_COAST, "E0 P0 E500 ", "E700 ", "E0 E0 P1 E300 ", "E0 ", "E0 ",
		"E0 P0 E1000 "},
	{BENCH_PHASE_PWM, MOTOR_BRAKE, "E0 P0 E500 ", "E700 ", "E0 E0 E0 P1 E300 ", "E0 E0 ", "E0 ",
		"E0 P0 E1000 "},
	{BENCH_PHASE_LINE, MOTOR_COAST, "E0 P0 E1 ", "", "E0 E0 P1 E1 ", "E0 ", "E0 ", "E0 P0 E1 "},
	{BENCH_PHASE_LINE, MOTOR_BRAKE, "E0 P0 E1 ", "", "E0 E0 E0 P1 E1 ", "E0 E0 ", "E0 ",
		"E0 P0 E1 "},
};

static void check_sequence(
	struct bench *bench, enum motor_direction direction, unsigned speed, const char *expected)
{
	bench_clear_log(bench);
	assert_int_equal(bench_set(bench, direction, speed), 0);
	assert_string_equal(bench->log, expected);
	assert_true(bench->next_us == UINT64_MAX);
	assert_int_equal(motor_running(bench->motor), direction != MOTOR_STOP);
}

static void test_each_bridge_is_written_as_its_datasheet_wants(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(SEQUENCES); i++) {
		const struct sequences *sequences = &SEQUENCES[i];
		struct bench bench;

		bench_open(&bench, sequences->kind, sequences->mode);
		check_sequence(&bench, MOTOR_FORWARD, 5, sequences->start);
		check_sequence(&bench, MOTOR_FORWARD, 7, sequences->faster);
		check_sequence(&bench, MOTOR_BACKWARD, 3, sequences->reverse);
		check_sequence(&bench, MOTOR_STOP, 0, sequences->stop);
		check_sequence(&bench, MOTOR_STOP, 0, sequences->again);
		check_sequence(&bench, MOTOR_FORWARD, 10, sequences->after);
		bench_close(&bench);
	}
}

static enum bench_effect effect_at_rest(const struct bench *bench, bool has_turned)
{
	if (bench_has_phase(bench->kind))
		return BENCH_SHORT;
	return bench->settings.stop_mode == MOTOR_BRAKE && has_turned ? BENCH_SHORT : BENCH_COAST;
}

/* Sets, settles, and checks where it ends. The watcher checks the way there. */
static void go(struct bench *bench, enum motor_direction direction, unsigned speed)
{
	assert_int_equal(bench_set(bench, direction, speed), 0);
	if (direction == MOTOR_STOP) {
		assert_int_equal(
			bench_effect(bench), effect_at_rest(bench, bench->last_drive_us > 0));
		assert_true(bench->next_us == UINT64_MAX);
		return;
	}
	bench_settle(bench);
	assert_int_equal(bench_effect(bench),
		direction == MOTOR_FORWARD ? BENCH_DRIVE_FORWARD : BENCH_DRIVE_BACKWARD);
	assert_int_equal(bench_duty(bench),
		bench_has_pwm(bench->kind)
			? lround(1000 *
				  (bench->settings.min_duty +
					  (1 - bench->settings.min_duty) * speed / 10))
			: (bench->kind == BENCH_LINES ? 0 : BENCH_STEPS));
}

static void check_transitions(enum bench_kind kind, const struct motor_settings *settings)
{
	for (enum motor_direction from = MOTOR_STOP; from <= MOTOR_BACKWARD; from++)
		for (unsigned from_speed = 1; from_speed <= 10; from_speed += 3)
			for (enum motor_direction to = MOTOR_STOP; to <= MOTOR_BACKWARD; to++)
				for (unsigned speed = 1; speed <= 10; speed++) {
					struct bench bench;

					bench_open_with(&bench, kind, settings);
					go(&bench, from, from_speed);
					go(&bench, to, speed);
					go(&bench, MOTOR_STOP, 0);
					bench_close(&bench);
				}
}

static void test_every_transition_between_directions_and_speeds(void **state)
{
	(void)state;
	for (enum bench_kind kind = 0; kind < BENCH_N_KINDS; kind++)
		for (size_t mode = 0; mode < COUNT(MODES); mode++) {
			check_transitions(kind, &(struct motor_settings){.stop_mode = MODES[mode]});
			check_transitions(
				kind, &(struct motor_settings){MODES[mode], 0.25, 200000, 100000});
			check_transitions(
				kind, &(struct motor_settings){MODES[mode], 0.25, 0, 100000});
			check_transitions(kind, &(struct motor_settings){MODES[mode], 0, 50000, 0});
		}
}

/* --- Speeds ----------------------------------------------------------------------------------- */

static void test_a_speed_may_lie_between_two(void **state)
{
	static const struct motor_settings settings = {MOTOR_COAST, 0.2, 0, 0};
	struct bench bench;

	(void)state;
	bench_open_with(&bench, BENCH_LINES_PWM, &settings);
	bench.asked[MOTOR_FORWARD] = true;
	assert_int_equal(motor_set(bench.motor, MOTOR_FORWARD, 125, bench.now_us), 0);
	bench_settle(&bench);
	assert_int_equal(bench_duty(&bench), 200 + 100); /* 20 % and an eighth of the rest */
	assert_int_equal(motor_set(bench.motor, MOTOR_FORWARD, 0, bench.now_us), -EINVAL);
	assert_int_equal(
		motor_set(bench.motor, MOTOR_FORWARD, MOTOR_FINE_MAX + 1, bench.now_us), -EINVAL);
	assert_int_equal(bench_duty(&bench), 300);
	bench_close(&bench);
}

static void test_speed_one_turns_even_with_one_step(void **state)
{
	struct bench bench;
	struct hbridge_outputs outputs = bench_outputs(&bench, BENCH_LINES_PWM);
	const struct motor_settings settings = {.stop_mode = MOTOR_COAST};

	(void)state;
	outputs.enable_pwm->steps = 1;
	assert_int_equal(motor_new(&outputs, &settings, &bench.motor), 0);
	bench.asked[MOTOR_FORWARD] = true;
	assert_int_equal(motor_set(bench.motor, MOTOR_FORWARD, MOTOR_FINE_PER_SPEED, 0), 0);
	assert_string_equal(bench.log, "B0 F0 E0 F1 E1 ");
	bench_close(&bench);
}

static void test_wrong_speed_or_direction_changes_nothing(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, BENCH_LINES_PWM, MOTOR_COAST);
	assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
	bench_clear_log(&bench);
	assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, 0), -EINVAL);
	assert_int_equal(bench_set(&bench, MOTOR_BACKWARD, MOTOR_SPEED_MAX + 1), -EINVAL);
	assert_int_equal(motor_set(bench.motor, (enum motor_direction)7, 5, bench.now_us), -EINVAL);
	assert_string_equal(bench.log, "");
	assert_true(motor_running(bench.motor));
	bench_close(&bench);
}

/* --- The ends --------------------------------------------------------------------------------- */

static void test_what_never_turned_is_not_braked(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, BENCH_PWMS, MOTOR_BRAKE);
	assert_int_equal(bench_stop(&bench), 0);
	assert_string_equal(bench.log, "B0 F0 ");
	bench_close(&bench);
}

static void test_safe_writes_off_from_every_state_and_never_brakes(void **state)
{
	(void)state;
	for (enum bench_kind kind = 0; kind < BENCH_N_KINDS; kind++)
		for (enum motor_direction from = MOTOR_STOP; from <= MOTOR_BACKWARD; from++) {
			struct bench bench;

			bench_open(&bench, kind, MOTOR_BRAKE);
			assert_int_equal(bench_set(&bench, MOTOR_FORWARD, 5), 0);
			assert_int_equal(bench_set(&bench, from, 5), 0);
			for (unsigned n = 0; n < 2; n++) {
				unsigned writes = bench.n_writes;

				assert_int_equal(motor_safe(bench.motor), 0);
				assert_true(bench.n_writes > writes);
				assert_false(motor_running(bench.motor));
				assert_int_equal(bench.outputs[BENCH_FORWARD].level, 0);
				assert_int_equal(bench.outputs[BENCH_BACKWARD].level, 0);
				assert_int_equal(bench.outputs[BENCH_ENABLE].level, 0);
			}
			bench_close(&bench);
		}
}

static void check_no_bridge(
	struct hbridge_outputs *outputs, struct bench *bench, unsigned n_outputs)
{
	const struct motor_settings settings = {.stop_mode = MOTOR_COAST};
	struct motor *motor = NULL;

	assert_int_equal(motor_new(outputs, &settings, &motor), -EINVAL);
	assert_null(motor);
	assert_int_equal(bench->n_closed, n_outputs);
	assert_int_equal(bench->n_writes, 0);
}

static void test_outputs_that_make_no_bridge_are_closed(void **state)
{
	struct hbridge_outputs outputs, other;
	struct bench bench, other_bench;

	(void)state;
	outputs = bench_outputs(&bench, BENCH_LINES_PWM);
	outputs.forward_line = NULL;
	check_no_bridge(&outputs, &bench, 2);

	outputs = bench_outputs(&bench, BENCH_PHASE_PWM);
	outputs.enable_pwm = NULL; /* nothing could stop it */
	check_no_bridge(&outputs, &bench, 1);

	outputs = bench_outputs(&bench, BENCH_PWMS);
	outputs.backward_pwm = NULL;
	check_no_bridge(&outputs, &bench, 1);

	outputs = bench_outputs(&bench, BENCH_LINES_PWM);
	other = bench_outputs(&other_bench, BENCH_LINES_LINE);
	outputs.enable_line = other.enable_line; /* two enables */
	check_no_bridge(&outputs, &bench, 3);
	assert_int_equal(other_bench.n_closed, 1);

	outputs = bench_outputs(&bench, BENCH_LINES_PWM);
	other = bench_outputs(&other_bench, BENCH_PWMS);
	outputs.forward_pwm = other.forward_pwm;
	outputs.backward_pwm = other.backward_pwm;
	check_no_bridge(&outputs, &bench, 3);
	assert_int_equal(other_bench.n_closed, 2);

	memset(&outputs, 0, sizeof(outputs));
	check_no_bridge(&outputs, &bench, 3);
}

/* A direction that it does not have changes nothing. */
static void test_enable_alone_turns_one_way(void **state)
{
	const struct motor_settings settings = {.stop_mode = MOTOR_COAST};
	struct bench bench;
	struct hbridge_outputs outputs = bench_outputs(&bench, BENCH_PHASE_PWM);
	struct motor *motor = NULL;

	(void)state;
	outputs.phase_line = NULL;
	bench.asked[MOTOR_FORWARD] = true;
	assert_int_equal(motor_new(&outputs, &settings, &motor), 0);
	assert_int_equal(motor_set(motor, MOTOR_BACKWARD, 500, 1), -EINVAL);
	assert_int_equal(bench.n_writes, 0);
	assert_int_equal(motor_set(motor, MOTOR_FORWARD, 400, 1), 0);
	assert_int_equal(bench.outputs[BENCH_ENABLE].level, 400);
	assert_int_equal(motor_set(motor, MOTOR_BACKWARD, 500, 2), -EINVAL);
	assert_int_equal(bench.outputs[BENCH_ENABLE].level, 400);
	assert_int_equal(motor_driven(motor), MOTOR_FORWARD);
	assert_int_equal(motor_set(motor, MOTOR_STOP, 0, 3), 0);
	assert_int_equal(bench.outputs[BENCH_ENABLE].level, 0);
	assert_int_equal(motor_driven(motor), MOTOR_STOP);
	assert_null(motor_close(motor));
	assert_int_equal(bench.n_closed, 1);
}

static void test_min_duty_outside_its_range_closes_the_outputs(void **state)
{
	const double wrong[] = {-0.01, 1.01, (double)NAN};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct bench bench;
		struct hbridge_outputs outputs = bench_outputs(&bench, BENCH_PWMS);
		const struct motor_settings settings = {.min_duty = wrong[i]};
		struct motor *motor = NULL;

		assert_int_equal(motor_new(&outputs, &settings, &motor), -EINVAL);
		assert_null(motor);
		assert_int_equal(bench.n_closed, 2);
	}
	assert_null(motor_close(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_bridge_is_written_as_its_datasheet_wants),
		cmocka_unit_test(test_every_transition_between_directions_and_speeds),
		cmocka_unit_test(test_a_speed_may_lie_between_two),
		cmocka_unit_test(test_speed_one_turns_even_with_one_step),
		cmocka_unit_test(test_wrong_speed_or_direction_changes_nothing),
		cmocka_unit_test(test_what_never_turned_is_not_braked),
		cmocka_unit_test(test_safe_writes_off_from_every_state_and_never_brakes),
		cmocka_unit_test(test_outputs_that_make_no_bridge_are_closed),
		cmocka_unit_test(test_enable_alone_turns_one_way),
		cmocka_unit_test(test_min_duty_outside_its_range_closes_the_outputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
