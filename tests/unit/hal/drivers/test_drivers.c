/* SPDX-License-Identifier: MIT */
/*
 * The generic driver test: every part of the driver table, on the simulated bus, through every
 * check that applies to its kind. A new part needs no test of its own here.
 */
#include "drivers/checks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct driver_check *const CHECKS[] = {
	CHECKS_TABLE,
	CHECKS_SENSOR,
	CHECKS_FAULTS,
	CHECKS_PWM,
	CHECKS_TOGETHER,
	CHECKS_EVENTS,
	CHECKS_COUNTS,
	CHECKS_IDENTITY,
	NULL,
};

static void no_two_drivers_have_one_name(void **state)
{
	(void)state;
	for (const struct driver *const *driver = driver_table; *driver; driver++)
		assert_ptr_equal(driver_find((*driver)->name), *driver);
}

static void what_is_not_in_the_table_is_not_found(void **state)
{
	(void)state;
	assert_null(driver_find("no-such-part"));
	assert_null(driver_find(""));
	assert_int_equal(driver_channel_find(driver_table[0], "no-such-channel"), -ENOENT);
	assert_int_equal(driver_channel_find(driver_table[0], ""), -ENOENT);
}

struct list {
	struct CMUnitTest *tests;
	size_t n;
};

static void append(struct list *list, const struct driver *driver, const struct driver_check *check)
{
	char *name;

	list->tests = realloc(list->tests, (list->n + 1) * sizeof(*list->tests));
	if (!list->tests || asprintf(&name, "%s: %s", driver->name, check->name) < 0)
		abort();
	list->tests[list->n++] = (struct CMUnitTest){
		.name = name,
		.test_func = check->run,
		.setup_func = rig_setup,
		.teardown_func = rig_teardown,
		.initial_state = (void *)(uintptr_t)driver,
	};
}

static void append_checks(
	struct list *list, const struct driver *driver, const struct driver_check *check)
{
	for (; check->name; check++) {
		if (check->applies(driver))
			append(list, driver, check);
	}
}

int main(void)
{
	const struct CMUnitTest table_tests[] = {
		cmocka_unit_test(no_two_drivers_have_one_name),
		cmocka_unit_test(what_is_not_in_the_table_is_not_found),
	};
	struct list list = {NULL, 0};
	int failed;

	for (const struct driver *const *driver = driver_table; *driver; driver++) {
		for (size_t i = 0; CHECKS[i]; i++)
			append_checks(&list, *driver, CHECKS[i]);
	}
	failed = cmocka_run_group_tests_name("table", table_tests, NULL, NULL);
	failed += _cmocka_run_group_tests("drivers", list.tests, list.n, NULL, NULL);
	for (size_t i = 0; i < list.n; i++)
		free((void *)(uintptr_t)list.tests[i].name);
	free(list.tests);
	return failed;
}
