/* SPDX-License-Identifier: MIT */
/* Tests which values of which readings a derived value is worked out from. */
#include "derivation.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { INLET, OUTLET, DROP, SENSORS };

#define NONE ((double)NAN)

struct fixture {
	char names[SENSORS][8];
	size_t of[2];
	struct config_sensor sensors[SENSORS];
	struct config config;
	struct derivation derivation;
	char words[128];
	size_t failed;
};

static int setup(void **state)
{
	static const char *const names[] = {"inlet", "outlet", "drop"};
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	*state = fixture;
	for (size_t i = 0; i < SENSORS; i++) {
		memcpy(fixture->names[i], names[i], strlen(names[i]));
		fixture->sensors[i].name = fixture->names[i];
	}
	fixture->of[0] = INLET;
	fixture->of[1] = OUTLET;
	fixture->sensors[DROP].derived = derived_find("difference");
	fixture->sensors[DROP].of = fixture->of;
	fixture->sensors[DROP].n_of = 2;
	fixture->config.sensors = fixture->sensors;
	fixture->config.n_sensors = SENSORS;
	assert_int_equal(derivation_init(&fixture->derivation, &fixture->config, DROP), 0);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	derivation_fini(&fixture->derivation);
	free(fixture);
	return 0;
}

/* A reading with both; due: 1 for the inlet, 2 for the outlet. */
static bool take(struct fixture *fixture, double inlet, double outlet, unsigned due)
{
	const double values[SENSORS] = {inlet, outlet, NONE};
	const unsigned char is_due[SENSORS] = {(due & 1) != 0, (due & 2) != 0, 0};

	return derivation_take(&fixture->derivation, values, is_due);
}

static int work_out(struct fixture *fixture, double *ret_value)
{
	return derivation_work_out(&fixture->derivation, ret_value, &fixture->failed,
		fixture->words, sizeof(fixture->words));
}

static void assert_drop(struct fixture *fixture, double wanted)
{
	double value = 0;

	assert_int_equal(work_out(fixture, &value), 0);
	assert_true(fabs(value - wanted) < 1e-9);
}

static void it_is_due_with_its_sources(void **state)
{
	assert_true(take(*state, 40, 30, 3));
	assert_drop(*state, 10);
	assert_true(take(*state, 41, 28.5, 3));
	assert_drop(*state, 12.5);
}

static void between_two_values_of_a_slow_source_it_is_not_due(void **state)
{
	assert_true(take(*state, 40, 30, 3));
	assert_false(take(*state, 41, NONE, 1));
	assert_false(take(*state, 42, NONE, 1));
	assert_true(take(*state, 43, 33, 3));
	assert_drop(*state, 10);
	assert_false(take(*state, 44, NONE, 1));
}

static void sources_that_are_never_in_one_reading_make_one_value_each_turn(void **state)
{
	assert_false(take(*state, 40, NONE, 1));
	assert_true(take(*state, NONE, 30, 2));
	assert_drop(*state, 10);
	assert_false(take(*state, NONE, 29, 2));
	assert_false(take(*state, NONE, 28, 2));
	assert_true(take(*state, 38.5, NONE, 1));
	assert_drop(*state, 10.5);
	assert_false(take(*state, NONE, NONE, 0));
}

static void it_fails_with_the_source_that_failed(void **state)
{
	struct fixture *fixture = *state;
	double value = 7;

	assert_true(take(fixture, 40, NONE, 3));
	assert_int_equal(work_out(fixture, &value), -ENODATA);
	assert_int_equal(fixture->failed, OUTLET);
	assert_true(value > 6.9 && value < 7.1);
	assert_true(take(fixture, NONE, 30, 3));
	assert_int_equal(work_out(fixture, &value), -ENODATA);
	assert_int_equal(fixture->failed, INLET);
	assert_true(take(fixture, 40, 30, 3));
	assert_drop(fixture, 10);
}

static void a_source_outside_of_the_domain_is_named(void **state)
{
	struct fixture *fixture = *state;
	double value = 0;

	fixture->sensors[DROP].derived = derived_find("dew_point");
	assert_true(take(fixture, 20, 0, 3));
	assert_int_equal(work_out(fixture, &value), -ERANGE);
	assert_string_equal(fixture->words, "outlet is 0, and dew_point takes 0.1..100");
	/* A source that failed takes precedence over it. */
	assert_true(take(fixture, NONE, 0, 3));
	assert_int_equal(work_out(fixture, &value), -ENODATA);
	assert_int_equal(fixture->failed, INLET);
}

static void where_the_function_has_no_value_is_named(void **state)
{
	static double arguments[] = {4095, 10000, 15000, 0.7};
	struct fixture *fixture = *state;
	double value = 0;

	fixture->sensors[DROP].derived = derived_find("lux_of_cds");
	fixture->sensors[DROP].arguments = arguments;
	fixture->sensors[DROP].n_of = 1;
	assert_true(take(fixture, 4095, NONE, 1));
	assert_int_equal(work_out(fixture, &value), -ERANGE);
	assert_string_equal(fixture->words, "lux_of_cds has no value where inlet is 4095");
}

static void another_map_goes_on_with_what_there_was(void **state)
{
	struct fixture *fixture = *state;
	struct derivation old = fixture->derivation;

	assert_false(take(fixture, 40, NONE, 1));
	old = fixture->derivation;
	assert_int_equal(derivation_init(&fixture->derivation, &fixture->config, DROP), 0);
	derivation_adopt(&fixture->derivation, &old);
	derivation_fini(&old);
	assert_true(take(fixture, NONE, 30, 2));
	assert_drop(fixture, 10);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(it_is_due_with_its_sources),
		test(between_two_values_of_a_slow_source_it_is_not_due),
		test(sources_that_are_never_in_one_reading_make_one_value_each_turn),
		test(it_fails_with_the_source_that_failed),
		test(a_source_outside_of_the_domain_is_named),
		test(where_the_function_has_no_value_is_named),
		test(another_map_goes_on_with_what_there_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
