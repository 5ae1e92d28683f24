/* SPDX-License-Identifier: MIT */
#include "broker_farewell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FAREWELL(bytes, farewell) broker_farewell_find(bytes, sizeof(bytes), farewell)

static void the_reason_is_found(void **state)
{
	static const uint8_t BARE[] = {0xe0, 0}, CODE[] = {0xe0, 1, 0x8d},
			     EMPTY[] = {0xe0, 2, 0x8b, 0};
	struct broker_farewell farewell;

	(void)state;
	assert_true(FAREWELL(BARE, &farewell));
	assert_int_equal(farewell.code, BROKER_FAREWELL_NORMAL);
	assert_true(FAREWELL(CODE, &farewell));
	assert_int_equal(farewell.code, 0x8d);
	assert_string_equal(farewell.text, "");
	assert_true(FAREWELL(EMPTY, &farewell));
	assert_int_equal(farewell.code, 0x8b);
}

static void the_brokers_words_are_found(void **state)
{
	static const uint8_t PACKETS[] = {/* PUBACK, PINGRESP */
		0x40, 2, 0, 1, 0xd0, 0,
		/* DISCONNECT: session expiry, user property, reason */
		0xe0, 23, 0x97, 21, 0x11, 0, 0, 0, 9, 0x26, 0, 1, 'a', 0, 1, 'b', 0x1f, 0, 6, 'q',
		'u', '\n', 't', 0xc3, '!'};
	struct broker_farewell farewell;

	(void)state;
	assert_true(FAREWELL(PACKETS, &farewell));
	assert_int_equal(farewell.code, 0x97);
	assert_string_equal(farewell.text, "qu?t?!");
}

static void long_words_are_cut(void **state)
{
	uint8_t packet[128] = {0xe0, 124, 0x97, 122, 0x1f, 0, 119};
	struct broker_farewell farewell;

	(void)state;
	memset(packet + 7, 'x', 119);
	assert_true(broker_farewell_find(packet, 126, &farewell));
	assert_int_equal(strlen(farewell.text), sizeof(farewell.text) - 1);
}

static void what_is_no_farewell_is_none(void **state)
{
	static const uint8_t PUBACK[] = {0x40, 2, 0, 1}, BEHIND[] = {0xe0, 1, 0x8d, 0xd0, 0},
			     INSIDE[] = {0x30, 4, 0, 0, 0xe0, 0}, PART[] = {0xe0, 2, 0x8d},
			     LENGTH[] = {0xe0}, ENDLESS[] = {0xe0, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct broker_farewell farewell = {.code = 7};

	(void)state;
	assert_false(broker_farewell_find(PUBACK, 0, &farewell));
	assert_false(FAREWELL(PUBACK, &farewell));
	assert_false(FAREWELL(BEHIND, &farewell));
	assert_false(FAREWELL(INSIDE, &farewell));
	assert_false(FAREWELL(PART, &farewell));
	assert_false(FAREWELL(LENGTH, &farewell));
	assert_false(FAREWELL(ENDLESS, &farewell));
	assert_int_equal(farewell.code, 7);
}

static void properties_that_lie_do_no_harm(void **state)
{
	static const uint8_t PACKETS[][8] = {
		{0xe0, 6, 0x97, 4, 0x1f, 0xff, 0xff, 'x'},
		{0xe0, 6, 0x97, 0x7f, 0x1f, 0, 1, 'x'},
		{0xe0, 6, 0x97, 4, 0x55, 0, 1, 'x'},
		{0xe0, 6, 0x97, 4, 0x26, 0, 1, 'x'},
		{0xe0, 6, 0x97, 4, 0x11, 0, 1, 'x'},
	};
	struct broker_farewell farewell;

	(void)state;
	for (size_t i = 0; i < sizeof(PACKETS) / sizeof(*PACKETS); i++) {
		assert_true(FAREWELL(PACKETS[i], &farewell));
		assert_int_equal(farewell.code, 0x97);
		assert_string_equal(farewell.text, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reason_is_found),
		cmocka_unit_test(the_brokers_words_are_found),
		cmocka_unit_test(long_words_are_cut),
		cmocka_unit_test(what_is_no_farewell_is_none),
		cmocka_unit_test(properties_that_lie_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
