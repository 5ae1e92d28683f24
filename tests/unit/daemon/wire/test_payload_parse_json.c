/* SPDX-License-Identifier: MIT */
/* The answers to messages that are not JSON: they name the mistake and what to write instead. */
#include "fake_config.h"
#include "payload.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *message, *reason;
} ROWS[] = {
	{"{'led':{}}",
		"not JSON: unexpected ' (a single quote) at byte 2: keys and texts stand in "
		"double quotes, \""},
	{"{\"a\":'b'}",
		"not JSON: unexpected ' (a single quote) at byte 6: keys and texts stand in "
		"double quotes, \""},
	{"{\xe2\x80\x9cled\xe2\x80\x9d:{}}",
		"not JSON: unexpected \xe2\x80\x9c (U+201C, a curly quote) at byte 2: keys and "
		"texts stand in double quotes, \""},
	{"{\"a\":True}", "not JSON: unexpected True at byte 6: JSON writes true"},
	{"{\"a\":None}", "not JSON: unexpected None at byte 6: JSON writes null"},
	{"[FALSE]", "not JSON: unexpected FALSE at byte 2: JSON writes false"},
	{"[ture]", "not JSON: unexpected ture at byte 2: did you mean true?"},
	{"{\"a\":on}", "not JSON: unexpected on at byte 6: JSON writes true"},
	{"{led:{0:{on:true}}}",
		"not JSON: unexpected led at byte 2: a key stands in double quotes, \"led\" (did "
		"a shell take them?)"},
	{"{\"a\":forward}",
		"not JSON: unexpected forward at byte 6: a text stands in double quotes, "
		"\"forward\""},
	{"{\"a\":1,}", "not JSON: unexpected } at byte 8: there is a comma too many before it"},
	{"{\"a\":[1, ]}", "not JSON: unexpected ] at byte 10: there is a comma too many before it"},
	{"[1,,2]", "not JSON: unexpected , at byte 4: there is a comma too many"},
	{"{\"a\":}", "not JSON: unexpected } at byte 6: a value is missing before it"},
	{"{\"a\":[1}", "not JSON: unexpected } at byte 8: a ] is missing before it"},
	{"[{]", "not JSON: unexpected ] at byte 3: a } is missing before it"},
	{"{\"a\" 1}", "not JSON: unexpected 1 at byte 6: a colon is missing before it"},
	{"{\"a\"=1}",
		"not JSON: unexpected = (an equals sign) at byte 5: a colon stands between a key "
		"and its value"},
	{"{\"a\":1 \"b\":2}", "not JSON: unexpected \" at byte 8: a comma is missing before it"},
	{"{\"a\":1 // one\n}", "not JSON: unexpected / (a slash) at byte 8: JSON has no comments"},
	{"{\"a\":+1}",
		"not JSON: unexpected + (a plus sign) at byte 6: a number has none in front"},
	{"{\"a\":.5}",
		"not JSON: unexpected . (a point) at byte 6: a number has digits on both sides "
		"of it, as 0.5"},
	{"{\"a\":\xc2\xa0"
	 "1}",
		"not JSON: unexpected \xc2\xa0 (U+00A0, a no-break space) at byte 6: write a "
		"plain blank"},
	{"{\"a\"\xef\xbc\x9a"
	 "1}",
		"not JSON: unexpected \xef\xbc\x9a (U+FF1A, a full-width colon) at byte 5: write "
		":"},
	{"{\xe2\x80\x8b\"a\":1}",
		"not JSON: unexpected \xe2\x80\x8b (U+200B, an invisible character) at byte 2: "
		"leave it out"},
	{"{\xc3\xa4:1}", "not JSON: unexpected \xc3\xa4 at byte 2: a key stands in double quotes"},
	{"[\x01]", "not JSON: unexpected character U+0001 at byte 2"},
	{"[\xff]", "not JSON: unexpected byte 0xff at byte 2: a message is UTF-8"},
	{"{\"a\":\"b\nc\"}",
		"not JSON: a control character in a string at byte 8: a line break in a text is "
		"written \\n"},
	{"{\"a\":\"b",
		"not JSON: it ends too early at byte 8: the double quote that ends a text is "
		"missing"},
	{"[1", "not JSON: it ends too early at byte 3: a ] is missing"},
	{"[]]", "not JSON: something after its end at byte 3: one bracket is too many"},
};

/* The only reason why a message is refused. */
static void check_reason(const char *bytes, size_t size, const char *reason)
{
	uint8_t *copy = malloc(size);
	const struct payload_bytes payload = {copy, size, size};
	struct fake_config fake;
	struct payload_action action;
	struct payload_errors errors;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	fake_config_init(&fake);
	assert_int_equal(
		payload_parse_action(&fake.config, &payload, 0, &action, &errors), -EINVAL);
	free(copy);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.items[0].path, "");
	assert_string_equal(errors.items[0].reason, reason);
}

static void what_was_typed_or_pasted_is_named_with_its_cure(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++)
		check_reason(ROWS[i].message, strlen(ROWS[i].message), ROWS[i].reason);
}

/* As a shell of Windows writes a file, say. */
static void other_encodings_are_named(void **state)
{
#define BYTES(literal) literal, sizeof(literal) - 1
	static const struct {
		const char *bytes;
		size_t size;
		const char *reason;
	} ENCODED[] = {
		{BYTES("\xff\xfe{\0\"\0a\0"), "not JSON: UTF-16 at byte 1: send it as UTF-8"},
		{BYTES("\xfe\xff\0{\0\"\0a"), "not JSON: UTF-16 at byte 1: send it as UTF-8"},
		{BYTES("{\0\"\0a\0"), "not JSON: UTF-16 at byte 2: send it as UTF-8"},
		{BYTES("\0{\0\"\0a"), "not JSON: UTF-16 at byte 1: send it as UTF-8"},
		{BYTES("\xff\xfe\0\0{\0\0\0"), "not JSON: UTF-32 at byte 1: send it as UTF-8"},
		{BYTES("{\0\0\0}\0\0\0"), "not JSON: UTF-32 at byte 2: send it as UTF-8"},
		{BYTES("\0\0\0{\0\0\0}"), "not JSON: UTF-32 at byte 1: send it as UTF-8"},
	};
#undef BYTES

	(void)state;
	for (size_t i = 0; i < sizeof(ENCODED) / sizeof(ENCODED[0]); i++)
		check_reason(ENCODED[i].bytes, ENCODED[i].size, ENCODED[i].reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_typed_or_pasted_is_named_with_its_cure),
		cmocka_unit_test(other_encodings_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
