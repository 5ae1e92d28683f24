/* SPDX-License-Identifier: MIT */
#include "chatter.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SECOND_US = 1000000 };

#define BEGIN UINT64_C(5000000000)

/* So many a second, evenly, until the time; returns how many times it began to chatter. */
static unsigned run(
	struct chatter *chatter, uint64_t begin_us, uint64_t end_us, unsigned per_second)
{
	unsigned began = 0;

	for (uint64_t us = begin_us; us < end_us; us += SECOND_US / per_second)
		began += chatter_event(chatter, us);
	return began;
}

static void a_hundred_a_second_may_go_on_for_ever(void **state)
{
	struct chatter chatter = {0};

	(void)state;
	assert_int_equal(run(&chatter, BEGIN, BEGIN + 60 * SECOND_US, 100), 0);
	assert_int_equal(chatter_due_us(&chatter), CHATTER_NEVER);
}

static void a_thousand_a_second_for_ten_seconds_are_no_chatter(void **state)
{
	struct chatter chatter = {0};

	(void)state;
	/* Wherever in a second of the clock they begin. */
	for (unsigned i = 0; i < 10; i++) {
		uint64_t begin_us = BEGIN + i * UINT64_C(20100000);

		assert_int_equal(run(&chatter, begin_us, begin_us + 10 * SECOND_US, 1000), 0);
		assert_false(chatter_rests(&chatter, begin_us + 15 * SECOND_US));
	}
}

static void more_for_longer_is_one_until_it_rests(void **state)
{
	struct chatter chatter = {0};
	uint64_t last_us;

	(void)state;
	assert_int_equal(run(&chatter, BEGIN, BEGIN + 30 * SECOND_US, 125), 1);
	assert_true(chatter.is_chattering);
	last_us = chatter.last_us;
	assert_int_equal(chatter_due_us(&chatter), last_us + CHATTER_REST_US);
	assert_false(chatter_rests(&chatter, last_us + CHATTER_REST_US - 1));
	assert_true(chatter_rests(&chatter, last_us + CHATTER_REST_US));
	assert_false(chatter.is_chattering);
	/* And begins anew. */
	assert_int_equal(run(&chatter, BEGIN + 40 * SECOND_US, BEGIN + 49 * SECOND_US, 125), 0);
}

static void a_pause_begins_the_count_anew(void **state)
{
	struct chatter chatter = {0};

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		uint64_t begin_us = BEGIN + i * UINT64_C(12) * SECOND_US;

		assert_int_equal(run(&chatter, begin_us, begin_us + 9 * SECOND_US, 500), 0);
	}
}

static void a_slower_second_begins_the_count_anew(void **state)
{
	struct chatter chatter = {0};
	uint64_t us = BEGIN;

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(run(&chatter, us, us + 9 * SECOND_US, 500), 0);
		us += UINT64_C(9) * SECOND_US;
		assert_int_equal(run(&chatter, us, us + 2 * SECOND_US, 50), 0);
		us += UINT64_C(2) * SECOND_US;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hundred_a_second_may_go_on_for_ever),
		cmocka_unit_test(a_thousand_a_second_for_ten_seconds_are_no_chatter),
		cmocka_unit_test(more_for_longer_is_one_until_it_rests),
		cmocka_unit_test(a_pause_begins_the_count_anew),
		cmocka_unit_test(a_slower_second_begins_the_count_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
