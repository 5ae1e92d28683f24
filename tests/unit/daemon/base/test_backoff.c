/* SPDX-License-Identifier: MIT */
#include "backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint32_t MIDDLE = 0x80000000U;

static void windows_double_from_1_s_to_60_s(void **state)
{
	const uint32_t expected[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	struct backoff low = {0}, high = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		assert_int_equal(backoff_next_ms(&low, 0), expected[i] / 2);
		assert_int_equal(backoff_next_ms(&high, UINT32_MAX), expected[i]);
	}
}

static void what_was_drawn_does_not_add_up(void **state)
{
	struct backoff backoff = {0};

	(void)state;
	(void)backoff_next_ms(&backoff, UINT32_MAX);
	assert_int_equal(backoff_next_ms(&backoff, 0), 1000);
}

/* Ten thousand gateways of one broker, each with its own number, evenly distributed: in each tenth
 * of the half window comes a tenth of them, in the first window and in the last one. */
static void many_gateways_come_back_evenly(void **state)
{
	enum { GATEWAYS = 10000, PARTS = 10 };
	const uint32_t windows_ms[] = {1000, 60000};

	(void)state;
	for (size_t i = 0; i < sizeof(windows_ms) / sizeof(*windows_ms); i++) {
		const uint32_t half_ms = windows_ms[i] / 2;
		int counts[PARTS] = {0};

		for (uint32_t gateway = 0; gateway < GATEWAYS; gateway++) {
			struct backoff backoff = {.window_ms = i == 0 ? 0 : windows_ms[i]};
			uint32_t wait_ms =
				backoff_next_ms(&backoff, gateway * (UINT32_MAX / GATEWAYS));
			uint32_t part = (wait_ms - half_ms) * PARTS / half_ms;

			assert_in_range(wait_ms, half_ms, windows_ms[i]);
			counts[part < PARTS ? part : PARTS - 1]++;
		}
		for (int part = 0; part < PARTS; part++)
			assert_in_range(counts[part], GATEWAYS / PARTS * 95 / 100,
				GATEWAYS / PARTS * 105 / 100);
	}
}

static void a_connection_that_lasted_starts_over(void **state)
{
	struct backoff backoff = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)backoff_next_ms(&backoff, MIDDLE);
	backoff_lasted(&backoff, 4000001);
	assert_int_equal(backoff_next_ms(&backoff, UINT32_MAX), 1000);
}

static void a_connection_that_is_thrown_out_is_a_failure(void **state)
{
	struct backoff backoff = {0};

	(void)state;
	(void)backoff_next_ms(&backoff, MIDDLE);
	(void)backoff_next_ms(&backoff, MIDDLE);
	backoff_lasted(&backoff, 50000);
	assert_int_equal(backoff_next_ms(&backoff, UINT32_MAX), 4000);
}

static void hardware_waits_for_the_whole_window(void **state)
{
	const uint64_t expected_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
	struct backoff backoff = {0};
	uint64_t now_us = 5;

	(void)state;
	assert_true(backoff_is_due(&backoff, 0));
	for (size_t i = 0; i < sizeof(expected_s) / sizeof(*expected_s); i++) {
		backoff_failed(&backoff, now_us);
		now_us += expected_s[i] * 1000000;
		assert_false(backoff_is_due(&backoff, now_us - 1));
		assert_true(backoff_is_due(&backoff, now_us));
	}
	backoff_succeeded(&backoff);
	assert_true(backoff_is_due(&backoff, 0));
	backoff_failed(&backoff, 0);
	assert_int_equal(backoff.due_us, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_double_from_1_s_to_60_s),
		cmocka_unit_test(what_was_drawn_does_not_add_up),
		cmocka_unit_test(many_gateways_come_back_evenly),
		cmocka_unit_test(hardware_waits_for_the_whole_window),
		cmocka_unit_test(a_connection_that_lasted_starts_over),
		cmocka_unit_test(a_connection_that_is_thrown_out_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
