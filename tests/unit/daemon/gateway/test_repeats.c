/* SPDX-License-Identifier: MIT */
#include "repeats.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void what_is_noted_is_known_for_ten_minutes(void **state)
{
	static struct repeats repeats;

	(void)state;
	assert_int_equal(repeats_find(&repeats, 7, 5), REPEATS_UNKNOWN);
	assert_int_equal(repeats_find(&repeats, 0, 5), REPEATS_UNKNOWN);
	repeats_note(&repeats, 7, REPEATS_DONE, 1000);
	repeats_note(&repeats, 8, REPEATS_FAILED, 2000);
	assert_int_equal(repeats_find(&repeats, 7, 1000), REPEATS_DONE);
	assert_int_equal(repeats_find(&repeats, 7, 1000 + REPEATS_US), REPEATS_UNKNOWN);
	assert_int_equal(repeats_find(&repeats, 8, 1000 + REPEATS_US), REPEATS_FAILED);
	/* The latest counts. */
	repeats_note(&repeats, 7, REPEATS_REFUSED, 1000 + REPEATS_US);
	assert_int_equal(repeats_find(&repeats, 7, 1000 + REPEATS_US), REPEATS_REFUSED);
}

/* The broker sends it again with each connection that ends before the acknowledgement. */
static void what_comes_again_is_known_for_ten_minutes_more(void **state)
{
	static struct repeats repeats;
	uint64_t now_us = 1000;

	(void)state;
	repeats_note(&repeats, 7, REPEATS_DONE, now_us);
	for (int i = 0; i < 3; i++) {
		now_us += REPEATS_US - 1;
		assert_int_equal(repeats_find(&repeats, 7, now_us), REPEATS_DONE);
	}
	assert_int_equal(repeats_find(&repeats, 7, now_us + REPEATS_US), REPEATS_UNKNOWN);
}

static void the_oldest_is_forgotten(void **state)
{
	static struct repeats repeats;

	(void)state;
	for (uint64_t hash = 1; hash <= REPEATS_MAX + 1; hash++)
		repeats_note(&repeats, hash, REPEATS_DONE, hash);
	assert_int_equal(repeats_find(&repeats, 1, 500), REPEATS_UNKNOWN);
	for (uint64_t hash = 2; hash <= REPEATS_MAX + 1; hash++)
		assert_int_equal(repeats_find(&repeats, hash, 500), REPEATS_DONE);
}

static void a_part_does_not_run_into_the_next_one(void **state)
{
	uint64_t ab_c = repeats_hash(repeats_hash(REPEATS_HASH, "ab", 2), "c", 1);
	uint64_t a_bc = repeats_hash(repeats_hash(REPEATS_HASH, "a", 1), "bc", 2);
	uint64_t none = repeats_hash(REPEATS_HASH, "", 0);

	(void)state;
	assert_true(ab_c != a_bc);
	assert_true(none != REPEATS_HASH);
	assert_true(ab_c == repeats_hash(repeats_hash(REPEATS_HASH, "ab", 2), "c", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_noted_is_known_for_ten_minutes),
		cmocka_unit_test(what_comes_again_is_known_for_ten_minutes_more),
		cmocka_unit_test(the_oldest_is_forgotten),
		cmocka_unit_test(a_part_does_not_run_into_the_next_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
