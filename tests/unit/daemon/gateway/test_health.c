/* SPDX-License-Identifier: MIT */
#include "health.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000)

static uint64_t first_us(uint64_t random, uint64_t interval_us)
{
	static struct health health; /* large */

	health_init(&health, 0, random);
	return health_first_us(&health, interval_us);
}

static void test_the_first_comes_within_the_interval(void **state)
{
	(void)state;
	static const uint64_t intervals[] = {SECOND, 60 * SECOND, 24 * 3600 * SECOND};

	for (size_t i = 0; i < sizeof(intervals) / sizeof(*intervals); i++) {
		assert_int_equal(first_us(0, intervals[i]), 1000);
		assert_int_equal(first_us(UINT32_MAX, intervals[i]), intervals[i]);
		assert_int_equal(
			first_us(UINT64_C(1) << 31, intervals[i]), intervals[i] / 2 + 1000);
	}
}

/* Gateways that start together: no second of the minute gets much more than the others. */
static void test_many_are_spread(void **state)
{
	(void)state;
	unsigned n[61] = {0};
	uint64_t random = 1;

	for (unsigned i = 0; i < 6000; i++) {
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		n[first_us(random, 60 * SECOND) / SECOND]++;
	}
	for (size_t i = 0; i < 60; i++)
		assert_in_range(n[i], 50, 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_comes_within_the_interval),
		cmocka_unit_test(test_many_are_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
