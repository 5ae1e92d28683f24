/* SPDX-License-Identifier: MIT */
#include "json_scan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DEPTH_MAX = 8 };

/* Bytes of a literal, which may contain NULs. */
#define BYTES(literal) literal, sizeof(literal) - 1

struct row {
	const char *bytes;
	size_t size;
	int error;
	size_t offset;
	const char *what;
};

static const struct row GOOD[] = {
	{BYTES("{}"), 0, 0, NULL},
	{BYTES(" \t\r\n{ } \n"), 0, 0, NULL},
	{BYTES("[]"), 0, 0, NULL},
	{BYTES("[1,2]"), 0, 0, NULL},
	{BYTES("null"), 0, 0, NULL},
	{BYTES("[true,false,null]"), 0, 0, NULL},
	{BYTES("0"), 0, 0, NULL},
	{BYTES("-0"), 0, 0, NULL},
	{BYTES("10"), 0, 0, NULL},
	{BYTES("-1.50e+10"), 0, 0, NULL},
	{BYTES("1E400"), 0, 0, NULL},
	{BYTES("0.0e-0"), 0, 0, NULL},
	{BYTES("\"\""), 0, 0, NULL},
	{BYTES("{\"a\" : [ {\"b\":1} , \"c\" ] }"), 0, 0, NULL},
	{BYTES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e4\\uFFFF\""), 0, 0, NULL},
	{BYTES("\"\\ud83d\\ude00\""), 0, 0, NULL},
	{BYTES("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\x7f\""), 0, 0, NULL},
	{BYTES("[[[[[[[[]]]]]]]]"), 0, 0, NULL},
	{BYTES("[[[[[[[{}]]]]]],[[[[[[]]]]]]]"), 0, 0, NULL},
	/* 63 characters */
	{BYTES("123456789012345678901234567890123456789012345678901234567890.12"), 0, 0, NULL},
};

static const char EARLY[] = "not JSON: it ends too early";
static const char UNEXPECTED[] = "not JSON: unexpected character";
static const char WORD[] = "not JSON: unexpected word";
static const char ESCAPE[] = "not JSON: no such escape";
static const char HEX[] = "not JSON: not a hex digit";
static const char NUL[] = "not JSON: a NUL byte";
static const char CONTROL[] = "not JSON: a control character in a string";
static const char AFTER[] = "not JSON: something after its end";
static const char UTF8[] = "not UTF-8";
static const char SURROGATE[] = "half of a surrogate pair";
static const char DEEP[] = "nested too deeply";

static const struct row BAD[] = {
	{BYTES(""), -EINVAL, 0, "not JSON: an empty message"},
	{BYTES("  "), -EINVAL, 2, EARLY},
	{BYTES("\xef\xbb\xbf{}"), -EINVAL, 0, "not JSON: a byte-order mark"},
	{BYTES("{"), -EINVAL, 1, EARLY},
	{BYTES("{\"a\""), -EINVAL, 4, EARLY},
	{BYTES("{\"a\":"), -EINVAL, 5, EARLY},
	{BYTES("{\"a\":1"), -EINVAL, 6, EARLY},
	{BYTES("{\"a\":1,"), -EINVAL, 7, EARLY},
	{BYTES("{\"a\":1,}"), -EINVAL, 7, UNEXPECTED},
	{BYTES("{,}"), -EINVAL, 1, UNEXPECTED},
	{BYTES("{a:1}"), -EINVAL, 1, UNEXPECTED},
	{BYTES("{'a':1}"), -EINVAL, 1, UNEXPECTED},
	{BYTES("{1:1}"), -EINVAL, 1, UNEXPECTED},
	{BYTES("{\"a\" 1}"), -EINVAL, 5, UNEXPECTED},
	{BYTES("{\"a\":1 \"b\":2}"), -EINVAL, 7, UNEXPECTED},
	{BYTES("[1,]"), -EINVAL, 3, UNEXPECTED},
	{BYTES("[1}"), -EINVAL, 2, UNEXPECTED},
	{BYTES("{]"), -EINVAL, 1, UNEXPECTED},
	{BYTES("]"), -EINVAL, 0, UNEXPECTED},
	{BYTES("{}{}"), -EINVAL, 2, AFTER},
	{BYTES("{} x"), -EINVAL, 3, AFTER},
	{BYTES("{}\0"), -EINVAL, 2, AFTER},
	{BYTES("1 2"), -EINVAL, 2, AFTER},
	{BYTES("01"), -EINVAL, 1, AFTER},
	{BYTES("[01]"), -EINVAL, 2, UNEXPECTED},
	{BYTES("[-01]"), -EINVAL, 3, UNEXPECTED},
	{BYTES("+1"), -EINVAL, 0, UNEXPECTED},
	{BYTES(".5"), -EINVAL, 0, UNEXPECTED},
	{BYTES("-"), -EINVAL, 1, EARLY},
	{BYTES("1."), -EINVAL, 2, EARLY},
	{BYTES("[1.]"), -EINVAL, 3, UNEXPECTED},
	{BYTES("[1.e5]"), -EINVAL, 3, UNEXPECTED},
	{BYTES("[1e]"), -EINVAL, 3, UNEXPECTED},
	{BYTES("[1e+-5]"), -EINVAL, 4, UNEXPECTED},
	{BYTES("[0x10]"), -EINVAL, 2, UNEXPECTED},
	{BYTES("NaN"), -EINVAL, 0, UNEXPECTED},
	{BYTES("Infinity"), -EINVAL, 0, UNEXPECTED},
	{BYTES("-Infinity"), -EINVAL, 1, UNEXPECTED},
	{BYTES("True"), -EINVAL, 0, UNEXPECTED},
	{BYTES("tru"), -EINVAL, 0, WORD},
	{BYTES("[nul]"), -EINVAL, 1, WORD},
	{BYTES("[falsy]"), -EINVAL, 1, WORD},
	{BYTES("truex"), -EINVAL, 4, AFTER},
	{BYTES("{\"a\":\0}"), -EINVAL, 5, NUL},
	{BYTES("{\"a\0b\":1}"), -EINVAL, 3, NUL},
	{BYTES("\0"), -EINVAL, 0, NUL},
	{BYTES("\"a"), -EINVAL, 2, EARLY},
	{BYTES("\"a\nb\""), -EINVAL, 2, CONTROL},
	{BYTES("\"\x1f\""), -EINVAL, 1, CONTROL},
	{BYTES("{\v}"), -EINVAL, 1, UNEXPECTED},
	{BYTES("{\"a\":1}\f"), -EINVAL, 7, AFTER},
	{BYTES("\"\\x\""), -EINVAL, 1, ESCAPE},
	{BYTES("\"\\'\""), -EINVAL, 1, ESCAPE},
	{BYTES("\"\\"), -EINVAL, 1, ESCAPE},
	{BYTES("\"\\\0\""), -EINVAL, 1, ESCAPE},
	{BYTES("\"\\u12g4\""), -EINVAL, 5, HEX},
	{BYTES("\"\\u12"), -EINVAL, 5, HEX},
	{BYTES("{\"a\":\"x\\u0000\"}"), -EINVAL, 7, "\\u0000 is not allowed"},
	{BYTES("{\"\\u0000\":1}"), -EINVAL, 2, "\\u0000 is not allowed"},
	{BYTES("\"\\ud800\""), -EINVAL, 1, SURROGATE},
	{BYTES("\"x\\udc00\""), -EINVAL, 2, SURROGATE},
	{BYTES("\"\\ud800\\n\""), -EINVAL, 1, SURROGATE},
	{BYTES("\"\\ud800\\u0041\""), -EINVAL, 1, SURROGATE},
	{BYTES("\"\\ud800\\ud800\""), -EINVAL, 1, SURROGATE},
	{BYTES("\"\xff\""), -EILSEQ, 1, UTF8},
	{BYTES("\"\x80\""), -EILSEQ, 1, UTF8},
	{BYTES("\"ab\xc3\""), -EILSEQ, 3, UTF8},
	{BYTES("\"\xc3"), -EILSEQ, 1, UTF8},
	{BYTES("\"\xc0\xaf\""), -EILSEQ, 1, UTF8},
	{BYTES("\"\xe0\x80\xaf\""), -EILSEQ, 1, UTF8},
	{BYTES("\"\xed\xa0\x80\""), -EILSEQ, 1, UTF8},
	{BYTES("\"\xf4\x90\x80\x80\""), -EILSEQ, 1, UTF8},
	{BYTES("{\xc3\xa4:1}"), -EINVAL, 1, UNEXPECTED},
	{BYTES("[[[[[[[[[]]]]]]]]]"), -E2BIG, 8, DEEP},
	{BYTES("[[[[[[[{\"a\":[]}]]]]]]]"), -E2BIG, 12, DEEP},
	/* 64 characters */
	{BYTES("[1234567890123456789012345678901234567890123456789012345678901234]"), -EINVAL, 1,
		"a number of more than 63 characters"},
};

/* Scans a copy of exactly this size, so that a sanitizer sees a read behind its end. */
static int scan(const char *bytes, size_t size, struct json_mistake *mistake)
{
	uint8_t *copy = malloc(size ? size : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	r = json_scan(copy, size, DEPTH_MAX, mistake);
	free(copy);
	return r;
}

static void json_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
		struct json_mistake mistake = {.what = ""};

		if (scan(GOOD[i].bytes, GOOD[i].size, &mistake) != 0)
			fail_msg("%s: %s at %zu", GOOD[i].bytes, mistake.what, mistake.offset);
	}
}

static void what_is_not_json_is_refused_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		const struct row *row = &BAD[i];
		struct json_mistake mistake = {.what = "nothing"};
		int r = scan(row->bytes, row->size, &mistake);

		if (r != row->error || mistake.offset != row->offset ||
			strcmp(mistake.what, row->what) != 0)
			fail_msg("%s: %d, %s at %zu", row->bytes, r, mistake.what, mistake.offset);
	}
}

/* An object or an array is not JSON before its last byte. */
static void every_beginning_of_a_message_is_refused(void **state)
{
	static const char WHOLE[] =
		"{\"a\":[1.5e3,true,null,\"\\ud83d\\ude00\xc3\xa4\\n\"],\"b\":{\"c\":false}}";

	(void)state;
	for (size_t size = 0; size < sizeof(WHOLE) - 1; size++) {
		struct json_mistake mistake;

		assert_true(scan(WHOLE, size, &mistake) < 0);
		assert_true(mistake.offset <= size);
	}
}

static void a_hundred_thousand_levels_need_no_stack(void **state)
{
	enum { LEVELS = 100000 };
	struct json_mistake mistake;
	uint8_t *deep = malloc(LEVELS);

	(void)state;
	assert_non_null(deep);
	memset(deep, '[', LEVELS);
	assert_int_equal(json_scan(deep, LEVELS, DEPTH_MAX, &mistake), -E2BIG);
	assert_int_equal(mistake.offset, DEPTH_MAX);
	free(deep);
}

/* A stop is looked for even in such messages. */
static void a_lenient_reader_takes_more(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} ROWS[] = {
		{BYTES("\xef\xbb\xbf{}")},
		{BYTES("{}\0\0")},
		{BYTES("[[[[[[[[[{}]]]]]]]]]")},
		{BYTES("[\"\\u0000\\ud800\", \"\xff\xc3\"]")},
		{BYTES("[1234567890123456789012345678901234567890123456789012345678901234]")},
	};
	static const struct {
		const char *bytes;
		size_t size;
	} NOT[] = {{BYTES("")}, {BYTES("{,}")}, {BYTES("{\"a\":1,}")}, {BYTES("[\"\n\"]")},
		{BYTES("{} {}")}, {BYTES("[\"\\u12\"]")}, {BYTES("[\"\\")}, {BYTES("\xef\xbb\xbf")},
		{BYTES("\0{}")}, {BYTES("{\0}")}};

	(void)state;
	for (size_t i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++)
		assert_true(json_is_readable((const uint8_t *)GOOD[i].bytes, GOOD[i].size));
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++)
		assert_true(json_is_readable((const uint8_t *)ROWS[i].bytes, ROWS[i].size));
	for (size_t i = 0; i < sizeof(NOT) / sizeof(NOT[0]); i++)
		assert_false(json_is_readable((const uint8_t *)NOT[i].bytes, NOT[i].size));
}

static void as_many_levels_as_fit_into_a_message_are_read(void **state)
{
	static char deep[JSON_DEPTH_MAX];
	const size_t half = sizeof(deep) / 2;

	(void)state;
	memset(deep, '[', half);
	memset(deep + half, ']', half);
	assert_true(json_is_readable((const uint8_t *)deep, sizeof(deep)));
	deep[sizeof(deep) - 1] = '}';
	assert_false(json_is_readable((const uint8_t *)deep, sizeof(deep)));
}

static void a_mistake_says_what_the_grammar_wants(void **state)
{
	static const struct {
		const char *text;
		enum json_wanted wanted;
		char open;
	} ROWS[] = {
		{"x", JSON_WANTS_VALUE, '\0'},
		{"[x]", JSON_WANTS_VALUE, '['},
		{"{\"a\":x}", JSON_WANTS_VALUE, '{'},
		{"{x}", JSON_WANTS_KEY, '{'},
		{"[{\"a\":1,}]", JSON_WANTS_KEY, '{'},
		{"{\"a\" 1}", JSON_WANTS_COLON, '{'},
		{"[{} {}]", JSON_WANTS_COMMA, '['},
		{"{\"a\":[1}", JSON_WANTS_COMMA, '['},
		{"[\"a", JSON_WANTS_CLOSING, '['},
		{"{} x", JSON_WANTS_NOTHING, '\0'},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct json_mistake mistake = {.what = ""};

		assert_true(scan(ROWS[i].text, strlen(ROWS[i].text), &mistake) < 0);
		assert_int_equal(mistake.wanted, ROWS[i].wanted);
		assert_int_equal(mistake.open, ROWS[i].open);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_passes),
		cmocka_unit_test(what_is_not_json_is_refused_with_its_place),
		cmocka_unit_test(every_beginning_of_a_message_is_refused),
		cmocka_unit_test(a_hundred_thousand_levels_need_no_stack),
		cmocka_unit_test(a_lenient_reader_takes_more),
		cmocka_unit_test(as_many_levels_as_fit_into_a_message_are_read),
		cmocka_unit_test(a_mistake_says_what_the_grammar_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
