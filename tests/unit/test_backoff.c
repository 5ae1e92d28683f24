/* SPDX-License-Identifier: MIT */
#include "backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint32_t MIDDLE = 0x80000000U;

static void waits_double_from_1_s_to_60_s(void **state)
{
	const uint32_t expected[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	struct backoff backoff = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_int_equal(backoff_next_ms(&backoff, MIDDLE), expected[i]);
}

static void jitter_is_20_percent_to_both_sides(void **state)
{
	struct backoff low = {0}, high = {0};

	(void)state;
	assert_int_equal(backoff_next_ms(&low, 0), 800);
	assert_int_equal(backoff_next_ms(&high, UINT32_MAX), 1200);
	for (int i = 0; i < 10; i++) {
		(void)backoff_next_ms(&low, 0);
		(void)backoff_next_ms(&high, UINT32_MAX);
	}
	assert_int_equal(backoff_next_ms(&low, 0), 48000);
	assert_int_equal(backoff_next_ms(&high, UINT32_MAX), 72000);
}

static void jitter_does_not_add_up(void **state)
{
	struct backoff backoff = {0};

	(void)state;
	(void)backoff_next_ms(&backoff, UINT32_MAX);
	assert_int_equal(backoff_next_ms(&backoff, MIDDLE), 2000);
}

static void a_connection_that_lasted_starts_over(void **state)
{
	struct backoff backoff = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)backoff_next_ms(&backoff, MIDDLE);
	backoff_lasted(&backoff, 4000001);
	assert_int_equal(backoff_next_ms(&backoff, MIDDLE), 1000);
}

static void a_connection_that_is_thrown_out_is_a_failure(void **state)
{
	struct backoff backoff = {0};

	(void)state;
	(void)backoff_next_ms(&backoff, MIDDLE);
	(void)backoff_next_ms(&backoff, MIDDLE);
	backoff_lasted(&backoff, 50000);
	assert_int_equal(backoff_next_ms(&backoff, MIDDLE), 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_double_from_1_s_to_60_s),
		cmocka_unit_test(jitter_is_20_percent_to_both_sides),
		cmocka_unit_test(jitter_does_not_add_up),
		cmocka_unit_test(a_connection_that_lasted_starts_over),
		cmocka_unit_test(a_connection_that_is_thrown_out_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
