/* SPDX-License-Identifier: MIT */
#include "in_flight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void add(struct in_flight *in_flight, int token, unsigned kind)
{
	const struct in_flight_entry entry = {
		.id = (uint64_t)token + 1000, .token = token, .kind = kind};

	in_flight_add(in_flight, &entry);
}

static void what_is_done_is_taken_out_in_the_order_of_sending(void **state)
{
	struct in_flight in_flight = {0};
	struct in_flight_entry entry;

	(void)state;
	for (int token = 1; token <= 4; token++)
		add(&in_flight, token, 0);
	assert_false(in_flight_take_done(&in_flight, &entry));
	assert_true(in_flight_done(&in_flight, 3, 0));
	assert_true(in_flight_done(&in_flight, 1, 0x87));
	assert_true(in_flight_take_done(&in_flight, &entry));
	assert_int_equal(entry.id, 1001);
	assert_int_equal(entry.reason, 0x87);
	assert_true(in_flight_take_done(&in_flight, &entry));
	assert_int_equal(entry.id, 1003);
	assert_int_equal(entry.reason, 0);
	assert_false(in_flight_take_done(&in_flight, &entry));
	assert_int_equal(in_flight.count, 2);
}

static void an_unknown_token_is_told(void **state)
{
	struct in_flight in_flight = {0};

	(void)state;
	add(&in_flight, 1, 0);
	assert_false(in_flight_done(&in_flight, 2, 0));
	assert_true(in_flight_done(&in_flight, 1, 0));
	assert_false(in_flight_done(&in_flight, 1, 0));
}

static void what_is_no_longer_pending_is_done(void **state)
{
	const int pending[] = {4, 2, -1};
	struct in_flight in_flight = {0};
	struct in_flight_entry entry;

	(void)state;
	for (int token = 1; token <= 4; token++)
		add(&in_flight, token, 0);
	assert_true(in_flight_keep(&in_flight, pending));
	assert_false(in_flight_keep(&in_flight, pending));
	assert_true(in_flight_take_done(&in_flight, &entry));
	assert_int_equal(entry.token, 1);
	assert_true(in_flight_take_done(&in_flight, &entry));
	assert_int_equal(entry.token, 3);
	assert_false(in_flight_take_done(&in_flight, &entry));
	(void)in_flight_keep(&in_flight, NULL);
	assert_true(in_flight_take_done(&in_flight, &entry));
	assert_true(in_flight_take_done(&in_flight, &entry));
	assert_int_equal(in_flight.count, 0);
}

static void kinds_are_counted(void **state)
{
	struct in_flight in_flight = {0};

	(void)state;
	for (int token = 0; token < IN_FLIGHT_MAX; token++)
		add(&in_flight, token, token % 4 == 0);
	assert_int_equal(in_flight_count(&in_flight, 1), IN_FLIGHT_MAX / 4);
	assert_int_equal(in_flight_count(&in_flight, 0), IN_FLIGHT_MAX * 3 / 4);
	assert_int_equal(in_flight_count(&in_flight, 2), 0);
}

static void the_oldest_one_is_told(void **state)
{
	struct in_flight in_flight = {0};

	(void)state;
	assert_int_equal(in_flight_oldest_us(&in_flight, 0), 0);
	in_flight_add(&in_flight, &(struct in_flight_entry){.token = 1, .qos = 1, .at_us = 100});
	in_flight_add(&in_flight, &(struct in_flight_entry){.token = 2, .qos = 2, .at_us = 200});
	in_flight_add(&in_flight, &(struct in_flight_entry){.token = 3, .qos = 2, .at_us = 300});
	assert_int_equal(in_flight_oldest_us(&in_flight, 0), 100);
	assert_int_equal(in_flight_oldest_us(&in_flight, 2), 200);
	assert_true(in_flight_done(&in_flight, 2, 0));
	assert_int_equal(in_flight_oldest_us(&in_flight, 2), 300);
	assert_int_equal(in_flight_oldest(&in_flight)->token, 1);
	assert_true(in_flight_done(&in_flight, 1, 0));
	assert_int_equal(in_flight_oldest(&in_flight)->token, 3);
	assert_true(in_flight_done(&in_flight, 3, 0));
	assert_null(in_flight_oldest(&in_flight));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_done_is_taken_out_in_the_order_of_sending),
		cmocka_unit_test(an_unknown_token_is_told),
		cmocka_unit_test(what_is_no_longer_pending_is_done),
		cmocka_unit_test(kinds_are_counted),
		cmocka_unit_test(the_oldest_one_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
