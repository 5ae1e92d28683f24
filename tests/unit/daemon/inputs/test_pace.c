/* SPDX-License-Identifier: MIT */
/* Tests when a sensor counts as slow, and when it no longer does. */
#include "pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define LIMIT_US  UINT64_C(100000)
#define SECOND_US UINT64_C(1000000)
#define BEGIN_US  (50 * SECOND_US)

static void the_limit_is_half_an_interval_and_no_more_than_100_ms(void **state)
{
	(void)state;
	assert_int_equal(pace_limit_us(20000), 10000);
	assert_int_equal(pace_limit_us(199998), 99999);
	assert_int_equal(pace_limit_us(200000), 100000);
	assert_int_equal(pace_limit_us(3600 * SECOND_US), 100000);
}

static void what_was_never_slow_is_called_at_once_and_waited_for(void **state)
{
	struct pace pace = {0};

	(void)state;
	assert_true(pace_is_waited_for(&pace, BEGIN_US));
	for (unsigned i = 0; i < 100; i++) {
		pace_measured(&pace, LIMIT_US, LIMIT_US, BEGIN_US + i);
		assert_false(pace.apart);
		assert_true(pace_is_waited_for(&pace, BEGIN_US + i));
	}
}

static void what_is_slow_is_apart_and_not_waited_for(void **state)
{
	struct pace pace = {0};

	(void)state;
	pace_slow(&pace, BEGIN_US);
	assert_true(pace.apart);
	assert_false(pace_is_waited_for(&pace, BEGIN_US));
	assert_false(pace_is_waited_for(&pace, BEGIN_US + PACE_TRUST_US - 1));
	/* one that is measured each hour is given a chance each time, on another thread */
	assert_true(pace_is_waited_for(&pace, BEGIN_US + PACE_TRUST_US));
	assert_true(pace.apart);
}

static void a_measurement_that_took_long_is_seen_to_be_slow(void **state)
{
	struct pace pace = {0};

	(void)state;
	pace_measured(&pace, LIMIT_US + 1, LIMIT_US, BEGIN_US);
	assert_true(pace.apart);
	assert_false(pace_is_waited_for(&pace, BEGIN_US));
}

static void trust_takes_ten_measurements(void **state)
{
	struct pace pace = {0};
	uint64_t now_us = BEGIN_US + 10 * PACE_TRUST_US;

	(void)state;
	pace_slow(&pace, BEGIN_US);
	for (unsigned i = 1; i < PACE_TRUST_COUNT; i++) {
		pace_measured(&pace, 2000, LIMIT_US, now_us);
		assert_true(pace.apart);
	}
	pace_measured(&pace, 2000, LIMIT_US, now_us);
	assert_false(pace.apart);
}

static void trust_takes_ten_seconds(void **state)
{
	struct pace pace = {0};

	(void)state;
	pace_slow(&pace, BEGIN_US);
	for (unsigned i = 1; i <= 100; i++)
		pace_measured(&pace, 2000, LIMIT_US, BEGIN_US + i * 20000);
	assert_true(pace.apart);
	pace_measured(&pace, 2000, LIMIT_US, BEGIN_US + PACE_TRUST_US);
	assert_false(pace.apart);
}

static void one_slow_measurement_begins_it_anew(void **state)
{
	struct pace pace = {0};
	uint64_t now_us = BEGIN_US;

	(void)state;
	/* one that is slow each ninth time never comes back */
	for (unsigned i = 0; i < 1000; i++) {
		now_us += 2 * (uint64_t)PACE_TRUST_US;
		pace_measured(&pace, i % 9 == 0 ? LIMIT_US + 1 : 2000, LIMIT_US, now_us);
		assert_true(pace.apart);
	}
}

static void what_is_not_known_yet_may_be_slow_too(void **state)
{
	struct pace unknown = {0}, known = {0};

	(void)state;
	pace_measured(&known, 2000, LIMIT_US, BEGIN_US);
	pace_suspect(&known);
	pace_suspect(&unknown);
	assert_false(known.apart);
	assert_true(unknown.apart);
	/* but a reading waits for it, and one measurement clears it */
	assert_true(pace_is_waited_for(&unknown, BEGIN_US));
	pace_measured(&unknown, 2000, LIMIT_US, BEGIN_US);
	assert_false(unknown.apart);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limit_is_half_an_interval_and_no_more_than_100_ms),
		cmocka_unit_test(what_was_never_slow_is_called_at_once_and_waited_for),
		cmocka_unit_test(what_is_slow_is_apart_and_not_waited_for),
		cmocka_unit_test(a_measurement_that_took_long_is_seen_to_be_slow),
		cmocka_unit_test(trust_takes_ten_measurements),
		cmocka_unit_test(trust_takes_ten_seconds),
		cmocka_unit_test(one_slow_measurement_begins_it_anew),
		cmocka_unit_test(what_is_not_known_yet_may_be_slow_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
