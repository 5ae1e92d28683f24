/* SPDX-License-Identifier: MIT */
#include "json_tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* All tokens on one line: "( :key \"text\" #word )". */
static const char *tokens_of(const char *json)
{
	static const char *const BEFORE[] = {
		[JSON_TOKEN_OPEN] = "(",
		[JSON_TOKEN_CLOSE] = ")",
		[JSON_TOKEN_KEY] = ":",
		[JSON_TOKEN_TEXT] = "'",
		[JSON_TOKEN_WORD] = "#",
	};
	static char line[512];
	const uint8_t *begin = (const uint8_t *)json;
	struct json_tokens tokens = {begin, begin + strlen(json)};
	struct json_token token;
	size_t used = 0;

	line[0] = '\0';
	while (json_tokens_next(&tokens, &token))
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s%s",
			used ? " " : "", BEFORE[token.kind], token.text);
	return line;
}

static void each_kind_is_told_apart(void **state)
{
	(void)state;
	assert_string_equal(tokens_of(""), "");
	assert_string_equal(tokens_of(" \"a\" "), "'a");
	assert_string_equal(tokens_of("{\"a\":{\"b\" : \"c\"},\"d\":[1.5e3,true,null]}"),
		"( :a ( :b 'c ) :d ( #1.5e3 #true #null ) )");
	assert_string_equal(tokens_of("\xef\xbb\xbf[\n-1\t]\r"), "( #-1 )");
}

static void escapes_are_decoded(void **state)
{
	(void)state;
	assert_string_equal(tokens_of("\"a\\\"b\\\\c\\/\\n\""), "'a\"b\\c/\n");
	assert_string_equal(tokens_of("\"\\u0041\\u00e9\\u20AC\""), "'A\xc3\xa9\xe2\x82\xac");
	assert_string_equal(tokens_of("\"\\u0000\\ud800\""), "'??");
	assert_string_equal(tokens_of("{\"st\\u006fp\":1}"), "( :stop #1 )");
}

static void a_long_text_is_cut_and_what_follows_is_read(void **state)
{
	char json[3 * JSON_TOKEN_BYTES];
	const char *line;

	(void)state;
	memset(json, 'x', sizeof(json));
	json[0] = '"';
	(void)snprintf(json + 2 * JSON_TOKEN_BYTES, JSON_TOKEN_BYTES, "\":7");
	line = tokens_of(json);
	assert_in_range(strspn(line + 1, "x"), JSON_TOKEN_BYTES - 4, JSON_TOKEN_BYTES - 1);
	assert_string_equal(strchr(line, ' '), " #7");
	memset(json, '1', sizeof(json));
	(void)snprintf(json + 2 * JSON_TOKEN_BYTES, JSON_TOKEN_BYTES, ",\"a\"");
	line = tokens_of(json);
	assert_int_equal(strspn(line + 1, "1"), JSON_TOKEN_BYTES - 1);
	assert_string_equal(strchr(line, ' '), " 'a");
}

static void a_text_without_an_end_ends_with_the_bytes(void **state)
{
	(void)state;
	assert_string_equal(tokens_of("[\"abc"), "( 'abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_told_apart),
		cmocka_unit_test(escapes_are_decoded),
		cmocka_unit_test(a_long_text_is_cut_and_what_follows_is_read),
		cmocka_unit_test(a_text_without_an_end_ends_with_the_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
