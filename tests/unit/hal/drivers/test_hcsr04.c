/* SPDX-License-Identifier: MIT */
/* Tests only for the distance sensor: when it may be triggered, and which pulses are no echo. */
#include "drivers/rig.h"

#include <errno.h>
#include <string.h>

enum { CYCLE_US = 60000 };

static void a_measurement_waits_for_the_echoes_of_the_one_before(void **state)
{
	struct rig *rig = *state;
	uint32_t wait_us = 0;
	double values[DRIVER_CHANNELS_MAX];
	uint64_t first_us = rig->now_us;

	assert_int_equal(rig_configure(rig), 0);
	rig_show(rig, 0, 0.34);
	assert_int_equal(rig_measure(rig, 0, values), 0);
	assert_true(rig->now_us - first_us < CYCLE_US / 2);
	assert_int_equal(chip_start(rig->chip, 0, &wait_us), 0);
	assert_int_equal(rig->now_us + wait_us, first_us + CYCLE_US);
	rig->now_us += wait_us;
	assert_int_equal(chip_collect(rig->chip, 0, values), -EAGAIN); /* triggered just now */
	rig->now_us += 3000;
	assert_int_equal(chip_collect(rig->chip, 0, values), 0);
	assert_near(values[0], 0.34, 0.001);
	rig->now_us += CYCLE_US;
	assert_int_equal(chip_start(rig->chip, 0, &wait_us), 0);
	assert_true(wait_us < 2000);
}

static void no_echo_is_of_this_measurement_alone(void **state)
{
	struct rig *rig = *state;
	double values[DRIVER_CHANNELS_MAX] = {-1};

	assert_int_equal(rig_configure(rig), 0);
	rig_show(rig, 0, 6.4); /* 38 ms */
	assert_int_equal(rig_measure(rig, 0, values), -ERANGE);
	assert_non_null(strstr(rig->chip->words.text, "no echo"));
	rig_show(rig, 0, 100); /* the line stays high */
	assert_int_equal(rig_measure(rig, 0, values), -ERANGE);
	assert_near(values[0], -1, 0);
	rig->now_us += 1000000;
	rig_show(rig, 0, 1);
	assert_int_equal(rig_measure(rig, 0, values), 0);
	assert_near(values[0], 1, 0.001);
}

/* Not connected, or without its supply. */
static void an_echo_line_that_never_rises_is_no_answer(void **state)
{
	struct rig *rig = *state;
	double values[DRIVER_CHANNELS_MAX];

	assert_int_equal(sim_remove_part(rig->board, RIG_PART), 0);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(rig_measure(rig, 0, values), -ENXIO);
	assert_non_null(strstr(rig->chip->words.text, "does not answer the trigger"));
}

#define TEST(function)                                                                             \
	{                                                                                          \
		.name = #function, .test_func = (function), .setup_func = rig_setup,               \
		.teardown_func = rig_teardown,                                                     \
		.initial_state = (void *)(uintptr_t)driver_find("hcsr04")                          \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_measurement_waits_for_the_echoes_of_the_one_before),
		TEST(no_echo_is_of_this_measurement_alone),
		TEST(an_echo_line_that_never_rises_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
