/* SPDX-License-Identifier: MIT */
#include "failsafe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { AFTER_US = 5000000, START_US = 1000000 };

static struct failsafe connected(bool guarded)
{
	struct failsafe failsafe;

	failsafe_init(&failsafe, AFTER_US, START_US);
	failsafe_connected(&failsafe, START_US);
	failsafe_guard(&failsafe, guarded, START_US);
	return failsafe;
}

static void test_never_connected_counts_from_the_start(void **state)
{
	struct failsafe failsafe;

	(void)state;
	failsafe_init(&failsafe, AFTER_US, START_US);
	assert_false(failsafe_trip(&failsafe, START_US + AFTER_US - 1));
	assert_true(failsafe_trip(&failsafe, START_US + AFTER_US));
}

static void test_unguarded_silence_is_no_absence(void **state)
{
	struct failsafe failsafe = connected(false);

	(void)state;
	assert_int_equal(failsafe_due(&failsafe), UINT64_MAX);
	assert_false(failsafe_trip(&failsafe, START_US + 100 * (uint64_t)AFTER_US));
}

static void test_guarded_silence_trips_once(void **state)
{
	struct failsafe failsafe = connected(true);

	(void)state;
	assert_int_equal(failsafe_due(&failsafe), START_US + AFTER_US);
	assert_true(failsafe_trip(&failsafe, START_US + AFTER_US));
	assert_false(failsafe_trip(&failsafe, START_US + AFTER_US + 1));
	assert_int_equal(failsafe_due(&failsafe), UINT64_MAX);
}

static void test_a_sign_of_life_moves_the_deadline(void **state)
{
	struct failsafe failsafe = connected(true);

	(void)state;
	failsafe_heard(&failsafe, START_US + 3000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 3000000 + AFTER_US);
	/* One that was on the queue for long does not move it back. */
	failsafe_heard(&failsafe, START_US + 1000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 3000000 + AFTER_US);
}

static void test_a_closed_connection_counts_from_its_end(void **state)
{
	struct failsafe failsafe = connected(false);

	(void)state;
	failsafe_lost(&failsafe, START_US + 7000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 7000000 + AFTER_US);
	/* Attempts to connect that fail do not move it. */
	failsafe_lost(&failsafe, START_US + 9000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 7000000 + AFTER_US);
	/* Nor does a late report of what came before the end. */
	failsafe_heard(&failsafe, START_US + 9500000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 7000000 + AFTER_US);
}

static void test_a_silence_acted_upon_is_not_acted_upon_again_when_the_connection_closes(
	void **state)
{
	struct failsafe failsafe = connected(true);

	(void)state;
	assert_true(failsafe_trip(&failsafe, START_US + AFTER_US));
	failsafe_lost(&failsafe, START_US + AFTER_US + 1000000);
	assert_false(failsafe_trip(&failsafe, START_US + 10 * (uint64_t)AFTER_US));
}

static void test_a_new_connection_arms_it_again(void **state)
{
	struct failsafe failsafe = connected(true);

	(void)state;
	failsafe_lost(&failsafe, START_US + 1000000);
	assert_true(failsafe_trip(&failsafe, START_US + 1000000 + AFTER_US));
	failsafe_connected(&failsafe, START_US + 20000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 20000000 + AFTER_US);
}

static void test_guarding_begins_now(void **state)
{
	struct failsafe failsafe = connected(false);

	(void)state;
	failsafe_guard(&failsafe, true, START_US + 60000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 60000000 + AFTER_US);
	failsafe_guard(&failsafe, true, START_US + 61000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 60000000 + AFTER_US);
	failsafe_guard(&failsafe, false, START_US + 62000000);
	assert_int_equal(failsafe_due(&failsafe), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_connected_counts_from_the_start),
		cmocka_unit_test(test_unguarded_silence_is_no_absence),
		cmocka_unit_test(test_guarded_silence_trips_once),
		cmocka_unit_test(test_a_sign_of_life_moves_the_deadline),
		cmocka_unit_test(test_a_closed_connection_counts_from_its_end),
		cmocka_unit_test(
			test_a_silence_acted_upon_is_not_acted_upon_again_when_the_connection_closes),
		cmocka_unit_test(test_a_new_connection_arms_it_again),
		cmocka_unit_test(test_guarding_begins_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
