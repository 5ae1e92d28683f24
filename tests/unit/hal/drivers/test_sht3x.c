/* SPDX-License-Identifier: MIT */
/* Tests only for the SHT3x and SHT4x. The rest is in test_drivers.c. */
#include "drivers/rig.h"

#include <errno.h>
#include <string.h>

enum { TEMPERATURE, HUMIDITY, CHANNELS };

static char SHT3X[] = "sht3x", SHT4X[] = "sht4x";

static int setup(void **state)
{
	*state = (void *)(uintptr_t)driver_find(*state);
	return rig_setup(state);
}

static void before_its_time_there_is_no_value(void **state)
{
	struct rig *rig = *state;
	double values[CHANNELS] = {-1000, -1000};
	uint32_t wait_us = 0;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, TEMPERATURE, &wait_us), 0);
	assert_true(wait_us >= 8300);
	rig->now_us += wait_us - 1;
	assert_int_equal(chip_collect(rig->chip, TEMPERATURE, values), -EAGAIN);
	assert_near(values[TEMPERATURE], -1000, 0);
	rig->now_us++;
	assert_int_equal(chip_collect(rig->chip, TEMPERATURE, values), 0);
	/* The part has shown it, and has it no more. */
	assert_int_equal(chip_collect(rig->chip, TEMPERATURE, values), -EAGAIN);
}

/* Both have the same address, and acknowledge what they do not know. */
static void the_other_generation_is_not_taken_for_it(void **state)
{
	struct rig *rig = *state;
	const struct driver *part = rig->driver;

	rig->driver = driver_find(strcmp(part->name, "sht3x") == 0 ? "sht4x" : "sht3x");
	rig_open(rig, NULL);
	assert_int_equal(rig_configure(rig), -EBADMSG);
	assert_non_null(strstr(rig->chip->words.text, "another part?"));
	assert_non_null(strstr(rig->chip->words.text, rig->driver->name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate_setup_teardown(
			before_its_time_there_is_no_value, setup, rig_teardown, SHT3X),
		cmocka_unit_test_prestate_setup_teardown(
			before_its_time_there_is_no_value, setup, rig_teardown, SHT4X),
		cmocka_unit_test_prestate_setup_teardown(
			the_other_generation_is_not_taken_for_it, setup, rig_teardown, SHT3X),
		cmocka_unit_test_prestate_setup_teardown(
			the_other_generation_is_not_taken_for_it, setup, rig_teardown, SHT4X),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
