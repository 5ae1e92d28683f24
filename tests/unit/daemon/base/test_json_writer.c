/* SPDX-License-Identifier: MIT */
#include "json_writer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int write_all(char *out, size_t out_bytes)
{
	struct json_writer json;

	json_begin(&json, out, out_bytes);
	json_bool(&json, "yes", true);
	json_object(&json, "object");
	json_array(&json, "list");
	json_object(&json, NULL);
	json_object_end(&json);
	json_integer(&json, NULL, INT64_MIN);
	json_text(&json, NULL, "");
	json_array_end(&json);
	json_object_end(&json);
	json_raw(&json, "raw", "1.50");
	return json_finish(&json);
}

static const char ALL[] = "{\"yes\":true,\"object\":{\"list\":[{},-9223372036854775808,\"\"]},"
			  "\"raw\":1.50}";

static void commas_and_brackets_stand_where_they_belong(void **state)
{
	char text[128];

	(void)state;
	assert_int_equal(write_all(text, sizeof(text)), strlen(ALL));
	assert_string_equal(text, ALL);
}

static void keys_and_texts_are_escaped(void **state)
{
	char text[128];
	struct json_writer json;

	(void)state;
	json_begin(&json, text, sizeof(text));
	json_text(&json, "a\"b", "\"\\/\b\f\n\r\t\x01\x1f\x7f \xc3\xa4 {[");
	json_text(&json, "c", "d");
	assert_true(json_finish(&json) > 0);
	assert_string_equal(text,
		"{\"a\\\"b\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f \xc3\xa4 "
		"{[\",\"c\":\"d\"}");
}

static void integers_are_written_to_the_last_digit(void **state)
{
	static const int64_t INTEGERS[] = {0, -1, 9, 10, 1795360000123, INT64_MAX, INT64_MIN};
	char text[128];
	struct json_writer json;

	(void)state;
	json_begin(&json, text, sizeof(text));
	json_array(&json, "n");
	for (size_t i = 0; i < sizeof(INTEGERS) / sizeof(*INTEGERS); i++)
		json_integer(&json, NULL, INTEGERS[i]);
	json_array_end(&json);
	assert_true(json_finish(&json) > 0);
	assert_string_equal(
		text, "{\"n\":[0,-1,9,10,1795360000123,9223372036854775807,-9223372036854775808]}");
}

/* Exactly as much as is needed, and nothing beyond it is touched. */
static void what_does_not_fit_is_told(void **state)
{
	char text[sizeof(ALL) + 1];

	(void)state;
	for (size_t size = 0; size < sizeof(ALL); size++) {
		memset(text, '~', sizeof(text));
		assert_int_equal(write_all(text, size), -ENOBUFS);
		assert_int_equal(text[size], '~');
	}
	assert_int_equal(write_all(text, sizeof(ALL)), strlen(ALL));
	assert_int_equal(text[sizeof(ALL)], '~');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_and_brackets_stand_where_they_belong),
		cmocka_unit_test(keys_and_texts_are_escaped),
		cmocka_unit_test(integers_are_written_to_the_last_digit),
		cmocka_unit_test(what_does_not_fit_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
