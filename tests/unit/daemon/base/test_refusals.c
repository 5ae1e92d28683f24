/* SPDX-License-Identifier: MIT */
#include "refusals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const uint64_t START_US = UINT64_C(5000000);

static void the_first_of_a_kind_is_told_and_the_rest_counted(void **state)
{
	struct refusals refusals = {0};

	(void)state;
	assert_true(refusals_add(&refusals, "actions", "there is no LED \"9\"", START_US));
	for (unsigned i = 1; i < 60; i++)
		assert_false(
			refusals_add(&refusals, "actions", "there is no LED \"9\"", START_US + i));
	assert_int_equal(refusals.count, 60);
	assert_int_equal(refusals_due(&refusals), START_US + 1 + REFUSALS_REST_US);
	assert_int_equal(refusals_take_rest(&refusals, START_US + REFUSALS_REST_US), 0);
	assert_int_equal(refusals_take_rest(&refusals, START_US + 1 + REFUSALS_REST_US), 59);
	assert_int_equal(refusals_take_rest(&refusals, START_US + 2 + REFUSALS_REST_US), 0);
	assert_true(refusals_due(&refusals) == UINT64_MAX);
}

static void numbers_and_what_is_quoted_make_no_other_kind(void **state)
{
	static const struct {
		const char *place, *reason;
		bool is_told;
	} ROWS[] = {
		{"actions", "expired 1200 ms ago", true},
		{"actions", "expired 7 ms ago", false},
		{"actions", "there is no LED \"9\": this gateway has 0 (red)", true},
		{"actions", "there is no LED \"gren\": this gateway has 0 (red)", false},
		{"actions", "there is no motor \"9\": this gateway has 0 (red)", true},
		{"sensors/interval", "expired 7 ms ago", true},
		{"actio", "nsexpired 7 ms ago", true},
	};
	struct refusals refusals = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++)
		assert_int_equal(refusals_add(&refusals, ROWS[i].place, ROWS[i].reason, START_US),
			ROWS[i].is_told);
}

static void a_kind_is_told_again_after_a_while(void **state)
{
	struct refusals refusals = {0};

	(void)state;
	assert_true(refusals_add(&refusals, "a", "b", START_US));
	assert_false(refusals_add(&refusals, "a", "b", START_US + REFUSALS_AGAIN_US - 1));
	assert_true(refusals_add(&refusals, "a", "b", START_US + REFUSALS_AGAIN_US));
	assert_false(refusals_add(&refusals, "a", "b", START_US + REFUSALS_AGAIN_US + 1));
}

/* A client that makes another mistake each time fills no log. */
static void lines_are_limited_and_none_is_left_uncounted(void **state)
{
	struct refusals refusals = {0};
	unsigned told = 0, rest = 0;
	uint64_t now_us = START_US;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		char reason[4] = {
			(char)('a' + i % 26), (char)('a' + i / 26 % 26), (char)('a' + i / 676), 0};

		now_us += 60000;
		told += refusals_add(&refusals, "actions", reason, now_us);
		rest += refusals_take_rest(&refusals, now_us);
	}
	rest += refusals_take_rest(&refusals, now_us + REFUSALS_REST_US);
	assert_int_equal(refusals.count, 10000);
	assert_int_equal(told + rest, 10000);
	assert_in_range(told, 50, 55); /* five in each of ten minutes */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_of_a_kind_is_told_and_the_rest_counted),
		cmocka_unit_test(numbers_and_what_is_quoted_make_no_other_kind),
		cmocka_unit_test(a_kind_is_told_again_after_a_while),
		cmocka_unit_test(lines_are_limited_and_none_is_left_uncounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
