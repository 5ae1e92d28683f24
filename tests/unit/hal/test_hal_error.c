/* SPDX-License-Identifier: MIT */
#include "hal_error.h"
#include "trace_log.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_the_words_are_those_of_hardware(void **state)
{
	(void)state;
	assert_string_equal(hal_strerror(-ENXIO), "no answer");
	assert_non_null(strstr(hal_strerror(-ETIMEDOUT), "bus is stuck"));
	assert_string_equal(hal_strerror(-ENOMEM), "Cannot allocate memory");
	assert_string_equal(hal_strerror(-999999), "unknown error");
}

static void test_set_returns_the_code_and_writes_the_words(void **state)
{
	(void)state;
	struct hal_error error = {"old"};

	assert_int_equal(hal_error_set(&error, -EBUSY, "held by \"%s\"", "w1"), -EBUSY);
	assert_string_equal(error.text, "held by \"w1\"");
	assert_int_equal(hal_error_set(NULL, -EBUSY, "%s", "nobody reads this"), -EBUSY);
}

static void test_long_words_are_cut_and_end(void **state)
{
	(void)state;
	struct hal_error error;
	char words[2 * HAL_ERROR_BYTES];

	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	(void)hal_error_set(&error, -EIO, "%s", words);
	assert_int_equal(strlen(error.text), HAL_ERROR_BYTES - 1);
}

static void test_hex_shows_at_most_16_bytes(void **state)
{
	(void)state;
	uint8_t data[17] = {0xf7, 0x5a, 0x01};
	char text[64];

	assert_string_equal(hal_trace_hex(data, 3, text, sizeof(text)), "f7 5a 01");
	assert_string_equal(hal_trace_hex(data, 0, text, sizeof(text)), "");
	assert_string_equal(hal_trace_hex(data, 16, text, sizeof(text)),
		"f7 5a 01 00 00 00 00 00 00 00 00 00 00 00 00 00");
	assert_string_equal(hal_trace_hex(data, 17, text, sizeof(text)),
		"f7 5a 01 00 00 00 00 00 00 00 00 00 00 00 00 00 ...");
}

static void test_hex_stays_within_its_buffer(void **state)
{
	(void)state;
	const uint8_t data[4] = {1, 2, 3, 4};
	char text[8];

	memset(text, '#', sizeof(text));
	(void)hal_trace_hex(data, sizeof(data), text, 6);
	assert_memory_equal(text, "01 02\0##", 8);
}

static void test_a_trace_line_reaches_its_observer(void **state)
{
	(void)state;
	struct trace_log log = {""};
	struct hal_trace trace = trace_log_observer(&log);

	hal_trace_printf(&trace, "/dev/i2c-1", "0x%02x ok", 0x77);
	hal_trace_printf(NULL, "/dev/i2c-1", "nobody looks");
	assert_string_equal(log.text, "/dev/i2c-1: 0x77 ok\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_words_are_those_of_hardware),
		cmocka_unit_test(test_set_returns_the_code_and_writes_the_words),
		cmocka_unit_test(test_long_words_are_cut_and_end),
		cmocka_unit_test(test_hex_shows_at_most_16_bytes),
		cmocka_unit_test(test_hex_stays_within_its_buffer),
		cmocka_unit_test(test_a_trace_line_reaches_its_observer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
