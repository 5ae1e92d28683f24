/* SPDX-License-Identifier: MIT */
#include "neighbour.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SILENCE_US UINT64_C(180000000)

static void test_it_is_news_once(void **state)
{
	struct neighbour neighbour = {0};

	(void)state;
	assert_false(neighbour_is_gone(&neighbour, SILENCE_US, UINT64_MAX));
	assert_true(neighbour_heard(&neighbour, "0123456789abcdef", 1000));
	assert_string_equal(neighbour.instance, "0123456789abcdef");
	assert_false(neighbour_heard(&neighbour, "0123456789abcdef", 2000));
	/* It was started again. */
	assert_false(neighbour_heard(&neighbour, "fedcba9876543210", 3000));
	assert_string_equal(neighbour.instance, "fedcba9876543210");
}

static void test_it_is_gone_after_a_silence(void **state)
{
	struct neighbour neighbour = {0};

	(void)state;
	assert_true(neighbour_heard(&neighbour, "0123456789abcdef", 1000));
	assert_false(neighbour_heard(&neighbour, "0123456789abcdef", 5000));
	assert_false(neighbour_is_gone(&neighbour, SILENCE_US, 4999 + SILENCE_US));
	assert_true(neighbour_is_gone(&neighbour, SILENCE_US, 5000 + SILENCE_US));
	assert_string_equal(neighbour.instance, "");
	assert_false(neighbour_is_gone(&neighbour, SILENCE_US, 6000 + SILENCE_US));
	assert_true(neighbour_heard(&neighbour, "0123456789abcdef", 7000 + SILENCE_US));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_news_once),
		cmocka_unit_test(test_it_is_gone_after_a_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
