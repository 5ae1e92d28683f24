/* SPDX-License-Identifier: MIT */
/* Tests only for the SCD4x. The rest is in test_drivers.c. */
#include "drivers/rig.h"
#include "trace_log.h"

#include <errno.h>
#include <string.h>

enum { CO2, TEMPERATURE, HUMIDITY, CHANNELS };

static int setup(void **state)
{
	*state = (void *)(uintptr_t)driver_find("scd4x");
	return rig_setup(state);
}

/* Version 1.5, table 9: stop, serial number, start; after 5 s: ready? and the measurement. */
static void it_says_what_the_datasheet_has(void **state)
{
	static const char *const WORDS[] = {
		"w 3f 86", "w 36 82", "w 21 b1", "w e4 b8", "w ec 05", NULL};
	struct rig *rig = *state;
	struct trace_log log = {""};
	const struct hal_trace trace = trace_log_observer(&log);
	double values[CHANNELS];
	const char *at = log.text;

	rig->chip->i2c->trace = &trace;
	assert_int_equal(rig_configure(rig), 0);
	rig->now_us += 5000000;
	assert_int_equal(rig_measure(rig, CO2, values), 0);
	for (size_t i = 0; WORDS[i]; i++) {
		at = strstr(at, WORDS[i]);
		assert_non_null(at);
	}
	assert_near(values[CO2], 600, 0);
}

/* Nothing is repeated: what has been read is gone, and the next value comes 5 s after it. */
static void a_value_is_read_once(void **state)
{
	struct rig *rig = *state;
	double values[CHANNELS];

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(rig_measure(rig, CO2, values), 0);
	rig_show(rig, CO2, 1500);
	uint64_t begin_us = rig->now_us;

	assert_int_equal(rig_measure(rig, CO2, values), 0);
	assert_near(values[CO2], 1500, 0);
	assert_in_range(rig->now_us - begin_us, 4800000, 5200000);
}

/* The program before this one crashed: a part that measures takes neither its name nor a start. */
static void a_part_that_was_left_measuring_is_stopped_first(void **state)
{
	struct rig *rig = *state;
	double values[CHANNELS];

	assert_int_equal(rig_configure(rig), 0);
	rig_open(rig, NULL);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(rig_measure(rig, HUMIDITY, values), 0);
	assert_near(values[HUMIDITY], 45, 0.002);
}

static void a_dip_of_the_supply_is_no_measurement(void **state)
{
	struct rig *rig = *state;
	double values[CHANNELS];

	assert_int_equal(rig_configure(rig), 0);
	rig_fault(rig, SIM_FAULT_NO_ANSWER);
	rig_fault(rig, SIM_FAULT_NONE);
	assert_int_equal(rig_measure(rig, CO2, values), -ETIMEDOUT);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(rig_measure(rig, CO2, values), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			it_says_what_the_datasheet_has, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_value_is_read_once, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_part_that_was_left_measuring_is_stopped_first, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_dip_of_the_supply_is_no_measurement, setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
