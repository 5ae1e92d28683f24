/* SPDX-License-Identifier: MIT */
/* Tests only for the BH1750 and the VEML7700. The rest is in test_drivers.c. */
#include "drivers/rig.h"

#include <errno.h>

static char BH1750[] = "bh1750", VEML7700[] = "veml7700";

static int setup(void **state)
{
	*state = (void *)(uintptr_t)driver_find(*state);
	return rig_setup(state);
}

static int measure_bytes(struct rig *rig, uint8_t first, uint8_t second, double *ret_lux)
{
	const uint8_t raw[] = {first, second};

	assert_int_equal(sim_load_part(rig->board, RIG_PART, raw, sizeof(raw)), 0);
	assert_int_equal(rig_configure(rig), 0);
	return rig_measure(rig, 0, ret_lux);
}

static void the_dark_is_a_value(void **state)
{
	double lux = -1;

	assert_int_equal(measure_bytes(*state, 0x00, 0x00, &lux), 0);
	assert_near(lux, 0, 0);
}

/* There or anywhere beyond. */
static void the_last_count_is_no_value(void **state)
{
	double lux = -1;

	assert_int_equal(measure_bytes(*state, 0xFF, 0xFF, &lux), -ERANGE);
	assert_near(lux, -1, 0);
}

/* The answer before stays until then. */
static uint32_t wait_of(struct rig *rig)
{
	uint32_t wait_us = 0;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, 0, &wait_us), 0);
	return wait_us;
}

static void the_bh1750_is_given_its_longest_time(void **state)
{
	assert_true(wait_of(*state) >= 180000);
}

/* Document 84323, "Command Code ALS_IT": 30 % more; figure 23: 2.5 ms before that. */
static void the_veml7700_is_given_its_longest_time(void **state)
{
	struct rig *rig = *state;
	const struct driver_param *integration = &rig->driver->params[1];

	for (size_t i = 0; i < integration->n_choices; i++) {
		const double params[] = {0.125, integration->choices[i]};

		rig_open(rig, params);
		assert_true(wait_of(rig) >= 2500 + (uint32_t)(1300 * params[1]));
	}
}

/* With gain 1 and 100 ms, and nothing else set, the settings would read as zeros. */
static void the_veml7700_is_told_from_zeros_with_all_settings(void **state)
{
	static const double params[] = {1, 100};
	struct rig *rig = *state;
	double lux = -1;

	rig_open(rig, params);
	assert_int_equal(rig_configure(rig), 0);
	rig_fault(rig, SIM_FAULT_HELD_SDA);
	assert_int_equal(rig_measure(rig, 0, &lux), -EBADMSG);
	assert_near(lux, -1, 0);
}

/*
 * Document 84323, "Resolution and Maximum Detection Range": 4404 lx at 1/8 and 800 ms, 8808 lx at
 * 400 ms, each before the correction, which is above 1 here; one count less, for the last is no
 * value.
 */
static void the_veml7700_has_the_range_of_its_note(void **state)
{
	static const struct {
		double gain, integration_ms, max, tolerance;
	} rows[] = {
		{0.125, 800, 5418.4, 0.1},
		{0.125, 25, 120000, 0},
		{0.25, 800, 2516.0, 0.1},
		{1, 100, 100, 0},
		{2, 800, 100, 0},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const double params[] = {rows[i].gain, rows[i].integration_ms};
		double min, max;

		rig_open(rig, params);
		rig_range(rig, 0, &min, &max);
		assert_near(min, 0, 0);
		assert_near(max, rows[i].max, rows[i].tolerance);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate_setup_teardown(
			the_dark_is_a_value, setup, rig_teardown, BH1750),
		cmocka_unit_test_prestate_setup_teardown(
			the_dark_is_a_value, setup, rig_teardown, VEML7700),
		cmocka_unit_test_prestate_setup_teardown(
			the_last_count_is_no_value, setup, rig_teardown, BH1750),
		cmocka_unit_test_prestate_setup_teardown(
			the_last_count_is_no_value, setup, rig_teardown, VEML7700),
		cmocka_unit_test_prestate_setup_teardown(
			the_bh1750_is_given_its_longest_time, setup, rig_teardown, BH1750),
		cmocka_unit_test_prestate_setup_teardown(
			the_veml7700_is_given_its_longest_time, setup, rig_teardown, VEML7700),
		cmocka_unit_test_prestate_setup_teardown(
			the_veml7700_is_told_from_zeros_with_all_settings, setup, rig_teardown,
			VEML7700),
		cmocka_unit_test_prestate_setup_teardown(
			the_veml7700_has_the_range_of_its_note, setup, rig_teardown, VEML7700),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
