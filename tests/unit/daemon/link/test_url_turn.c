/* SPDX-License-Identifier: MIT */
#include "url_turn.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { N = 3 };

static void test_each_gets_its_turn_before_there_is_a_wait(void **state)
{
	struct url_turn turn;

	(void)state;
	url_turn_init(&turn, N, 0);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < N; i++) {
			assert_int_equal(turn.index, i);
			assert_int_equal(url_turn_failed(&turn), i + 1 < N);
		}
	}
}

static void test_one_is_tried_again_after_a_wait(void **state)
{
	struct url_turn turn;

	(void)state;
	url_turn_init(&turn, 1, 0);
	assert_false(url_turn_failed(&turn));
	assert_false(url_turn_ended(&turn, 0, false));
	assert_false(url_turn_ended(&turn, URL_TURN_GOOD_US, true));
	assert_int_equal(turn.index, 0);
}

/* The connection was made, so "connect" alone never gets to the next one. */
static void test_a_connection_that_breaks_soon_is_a_failed_try(void **state)
{
	struct url_turn turn;

	(void)state;
	url_turn_init(&turn, 2, 0);
	assert_true(url_turn_ended(&turn, URL_TURN_GOOD_US - 1, false));
	assert_int_equal(turn.index, 1);
	assert_false(url_turn_ended(&turn, URL_TURN_GOOD_US - 1, false));
	assert_int_equal(turn.index, 0);
}

static void test_after_a_good_connection_the_first_one_is_next(void **state)
{
	struct url_turn turn;

	(void)state;
	url_turn_init(&turn, N, 0);
	assert_true(url_turn_failed(&turn));
	assert_false(url_turn_ended(&turn, URL_TURN_GOOD_US, false));
	assert_int_equal(turn.index, 0);
	for (size_t i = 0; i + 1 < N; i++)
		assert_true(url_turn_failed(&turn));
	assert_false(url_turn_failed(&turn));
}

/* It would hold up the next connection as it held up this one. */
static void test_one_that_is_silent_after_long_is_passed_over(void **state)
{
	struct url_turn turn;

	(void)state;
	url_turn_init(&turn, 2, 0);
	assert_true(url_turn_ended(&turn, 100 * URL_TURN_GOOD_US, true));
	assert_int_equal(turn.index, 1);
	assert_true(url_turn_ended(&turn, 100 * URL_TURN_GOOD_US, true));
	assert_int_equal(turn.index, 0);
}

/* The same, with another one in the first place. */
static void test_it_may_begin_anywhere(void **state)
{
	struct url_turn turn;

	(void)state;
	url_turn_init(&turn, N, 2);
	assert_int_equal(turn.index, 2);
	assert_true(url_turn_failed(&turn));
	assert_int_equal(turn.index, 0);
	assert_true(url_turn_failed(&turn));
	assert_int_equal(turn.index, 1);
	assert_false(url_turn_failed(&turn));
	assert_int_equal(turn.index, 2);
	assert_true(url_turn_failed(&turn));
	assert_false(url_turn_ended(&turn, URL_TURN_GOOD_US, false));
	assert_int_equal(turn.index, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_gets_its_turn_before_there_is_a_wait),
		cmocka_unit_test(test_one_is_tried_again_after_a_wait),
		cmocka_unit_test(test_a_connection_that_breaks_soon_is_a_failed_try),
		cmocka_unit_test(test_after_a_good_connection_the_first_one_is_next),
		cmocka_unit_test(test_one_that_is_silent_after_long_is_passed_over),
		cmocka_unit_test(test_it_may_begin_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
