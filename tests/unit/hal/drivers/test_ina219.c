/* SPDX-License-Identifier: MIT */
/* Tests only for the INA219. The rest is in test_drivers.c. */
#include "drivers/rig.h"

#include <errno.h>
#include <string.h>

enum { VOLTAGE, CURRENT, CHANNELS };

static int setup(void **state)
{
	*state = (void *)(uintptr_t)driver_find("ina219");
	return rig_setup(state);
}

/* It measures on and on by itself then, and its own Current register reads as no current. */
static void a_dip_of_the_supply_is_no_measurement(void **state)
{
	struct rig *rig = *state;
	double values[CHANNELS];
	uint32_t wait_us;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, CURRENT, &wait_us), 0);
	rig_fault(rig, SIM_FAULT_NO_ANSWER);
	rig_fault(rig, SIM_FAULT_NONE);
	rig->now_us += wait_us;
	assert_int_equal(chip_collect(rig->chip, CURRENT, values), -EBADMSG);
	assert_non_null(strstr(rig->chip->words.text, "0x399f instead of 0x3c43"));
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(rig_measure(rig, CURRENT, values), 0);
	assert_near(values[CURRENT], 0.25, 0.0001);
}

/* Triggering again does not take the sign of the last result away. */
static void the_result_before_is_not_the_next_one(void **state)
{
	struct rig *rig = *state;
	double values[CHANNELS];
	uint32_t wait_us;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(rig_measure(rig, CURRENT, values), 0);
	rig_show(rig, CURRENT, -2);
	assert_int_equal(chip_start(rig->chip, CURRENT, &wait_us), 0);
	assert_int_equal(chip_collect(rig->chip, CURRENT, values), -EAGAIN);
	rig->now_us += wait_us;
	assert_int_equal(chip_collect(rig->chip, CURRENT, values), 0);
	assert_near(values[CURRENT], -2, 0.0001);
}

/* 0.1 ohm: 320 mV are 3.2 A. */
static void a_current_beyond_the_shunts_range_is_no_value(void **state)
{
	struct rig *rig = *state;
	double values[CHANNELS];

	assert_int_equal(rig_configure(rig), 0);
	rig_show(rig, CURRENT, 3.3);
	assert_int_equal(rig_measure(rig, CURRENT, values), -ERANGE);
	rig_show(rig, CURRENT, -3.2);
	assert_int_equal(rig_measure(rig, CURRENT, values), -ERANGE);
	rig_show(rig, CURRENT, -3.1999);
	assert_int_equal(rig_measure(rig, CURRENT, values), 0);
}

/* As the map has it, so that what is simulated is what is measured. */
static void the_simulated_part_has_the_shunt_of_the_map(void **state)
{
	static const double PARAMS[] = {0.01, 16};
	struct rig *rig = *state;
	double values[CHANNELS];

	rig_open(rig, PARAMS);
	assert_int_equal(sim_wire_part(rig->board, RIG_PART, PARAMS), 0);
	assert_int_equal(sim_wire_part(rig->board, "nobody", PARAMS), -ENOENT);
	rig_show(rig, CURRENT, 20);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rig_configure(rig), 0);
		assert_int_equal(rig_measure(rig, CURRENT, values), 0);
		assert_near(values[CURRENT], 20, 0.001);
		/* Unplugged and back, it is still wired so. */
		rig_fault(rig, SIM_FAULT_NO_ANSWER);
		rig_fault(rig, SIM_FAULT_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_dip_of_the_supply_is_no_measurement, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			the_result_before_is_not_the_next_one, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_current_beyond_the_shunts_range_is_no_value, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			the_simulated_part_has_the_shunt_of_the_map, setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
