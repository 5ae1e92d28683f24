/* SPDX-License-Identifier: MIT */
#include "left_out.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void test_nothing_is_left_out_at_first(void **state)
{
	struct left_out left_out = {0};

	(void)state;
	assert_false(left_out_has(&left_out, "tos/about"));
}

static void test_one_that_is_refused_is_left_out_and_told_once(void **state)
{
	struct left_out left_out = {0};

	(void)state;
	assert_true(left_out_refused(&left_out, "tos/about"));
	assert_false(left_out_refused(&left_out, "tos/about"));
	assert_true(left_out_has(&left_out, "tos/about"));
	assert_false(left_out_has(&left_out, "tos/abou"));
	assert_false(left_out_has(&left_out, "tos/about/more"));
}

static void test_the_second_connection_that_ends_over_it_leaves_it_out(void **state)
{
	struct left_out left_out = {0};

	(void)state;
	assert_false(left_out_lost(&left_out, "tos/about"));
	assert_false(left_out_lost(&left_out, "tos/events"));
	assert_false(left_out_has(&left_out, "tos/about"));
	assert_true(left_out_lost(&left_out, "tos/about"));
	assert_true(left_out_has(&left_out, "tos/about"));
	assert_false(left_out_has(&left_out, "tos/events"));
	assert_false(left_out_lost(&left_out, "tos/about"));
}

/* A connection that ends for another reason is no proof, however often. */
static void test_one_that_was_taken_meanwhile_is_not_to_blame(void **state)
{
	struct left_out left_out = {0};

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_false(left_out_lost(&left_out, "tos/about"));
		left_out_taken(&left_out, "tos/about");
	}
	left_out_taken(&left_out, "tos/unknown");
	assert_int_equal(left_out.n, 1);
}

static void test_more_than_there_is_room_for(void **state)
{
	struct left_out left_out = {0};
	char topic[2 * IN_FLIGHT_TOPIC_MAX];

	(void)state;
	for (int i = 0; i < 2 * LEFT_OUT_MAX; i++) {
		(void)snprintf(topic, sizeof(topic), "tos/%d", i);
		assert_int_equal(left_out_refused(&left_out, topic), i < LEFT_OUT_MAX);
	}
}

static void test_a_long_topic_is_known_by_its_front(void **state)
{
	struct left_out left_out = {0};
	char topic[2 * IN_FLIGHT_TOPIC_MAX];

	(void)state;
	(void)snprintf(topic, sizeof(topic), "%0*d", (int)sizeof(topic) - 1, 0);
	assert_true(left_out_refused(&left_out, topic));
	assert_true(left_out_has(&left_out, topic));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_left_out_at_first),
		cmocka_unit_test(test_one_that_is_refused_is_left_out_and_told_once),
		cmocka_unit_test(test_the_second_connection_that_ends_over_it_leaves_it_out),
		cmocka_unit_test(test_one_that_was_taken_meanwhile_is_not_to_blame),
		cmocka_unit_test(test_more_than_there_is_room_for),
		cmocka_unit_test(test_a_long_topic_is_known_by_its_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
