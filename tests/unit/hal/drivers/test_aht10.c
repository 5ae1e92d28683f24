/* SPDX-License-Identifier: MIT */
/* Tests only for the AHT10 and AHT20. The rest is in test_drivers.c. */
#include "drivers/rig.h"

#include <errno.h>
#include <string.h>

enum { TEMPERATURE, HUMIDITY, CHANNELS };

static char AHT10[] = "aht10", AHT20[] = "aht20";

static int setup(void **state)
{
	*state = (void *)(uintptr_t)driver_find(*state);
	return rig_setup(state);
}

/* A dip of its supply while it measures; it measures again, but without its calibration. */
static void a_part_without_calibration_gives_no_value(void **state)
{
	struct rig *rig = *state;
	double values[CHANNELS] = {-1000, -1000};

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(rig_measure(rig, HUMIDITY, values), 0);
	rig_fault(rig, SIM_FAULT_NO_ANSWER);
	rig_fault(rig, SIM_FAULT_NONE);
	values[HUMIDITY] = -1000;
	assert_int_equal(rig_measure(rig, HUMIDITY, values), -EBADMSG);
	assert_near(values[HUMIDITY], -1000, 0);
}

static void before_its_time_there_is_no_value(void **state)
{
	struct rig *rig = *state;
	double values[CHANNELS] = {-1000, -1000};
	uint32_t wait_us = 0;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, HUMIDITY, &wait_us), 0);
	rig->now_us += wait_us - 1;
	assert_int_equal(chip_collect(rig->chip, HUMIDITY, values), -EAGAIN);
	assert_near(values[HUMIDITY], -1000, 0);
}

/* The bytes of a real part, with one bit of the humidity turned. */
static void the_crc_of_the_aht20_counts(void **state)
{
	static const uint8_t RAW[] = {0x18, 0x93, 0xAC, 0x94, 0x2A, 0xC5, 0xB3};
	struct rig *rig = *state;
	double values[CHANNELS];

	assert_int_equal(sim_load_part(rig->board, RIG_PART, RAW, sizeof(RAW)), 0);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(rig_measure(rig, HUMIDITY, values), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate_setup_teardown(
			a_part_without_calibration_gives_no_value, setup, rig_teardown, AHT10),
		cmocka_unit_test_prestate_setup_teardown(
			a_part_without_calibration_gives_no_value, setup, rig_teardown, AHT20),
		cmocka_unit_test_prestate_setup_teardown(
			before_its_time_there_is_no_value, setup, rig_teardown, AHT10),
		cmocka_unit_test_prestate_setup_teardown(
			before_its_time_there_is_no_value, setup, rig_teardown, AHT20),
		cmocka_unit_test_prestate_setup_teardown(
			the_crc_of_the_aht20_counts, setup, rig_teardown, AHT20),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
