/* SPDX-License-Identifier: MIT */
#include "diag.h"
#include "diag_lookalike.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct diag *new_diag(const char *text)
{
	struct diag *diag = NULL;

	assert_int_equal(diag_new("map.yaml", &diag), 0);
	assert_int_equal(diag_set_text(diag, text, strlen(text)), 0);
	return diag;
}

/* Compares all that is printed, and frees the diag. */
static void assert_printed(struct diag *diag, const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	diag_print(diag, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
	assert_null(diag_free(diag));
}

static struct diag_place place(size_t line, size_t column, size_t width)
{
	return (struct diag_place){line, column, width};
}

static void test_nothing(void **state)
{
	(void)state;
	struct diag *diag = new_diag("mqtt:\n");

	assert_int_equal(diag_count(diag), 0);
	assert_printed(diag, "");
}

static void test_mistake_with_line_caret_and_cure(void **state)
{
	(void)state;
	struct diag *diag = new_diag("chips:\n  climate: {driver: bme28, bus: x}\n");

	diag_error(diag, place(2, 21, 5), "did you mean \"bme280\"?", "unknown driver \"%s\"",
		"bme28");
	assert_int_equal(diag_count(diag), 1);
	assert_printed(diag,
		"map.yaml:2:21: error: unknown driver \"bme28\"\n"
		"  climate: {driver: bme28, bus: x}\n"
		"                    ^~~~~\n"
		"  did you mean \"bme280\"?\n");
}

static void test_file_as_a_whole(void **state)
{
	(void)state;
	struct diag *diag = new_diag("");

	diag_error(diag, place(0, 0, 0), NULL, "is empty");
	assert_printed(diag, "map.yaml: error: is empty\n");
}

static void test_no_text(void **state)
{
	(void)state;
	struct diag *diag = NULL;

	assert_int_equal(diag_new("map.yaml", &diag), 0);
	diag_error(diag, place(3, 1, 1), NULL, "wrong");
	assert_printed(diag, "map.yaml:3:1: error: wrong\n");
}

static void test_sorted_by_place(void **state)
{
	(void)state;
	struct diag *diag = new_diag("ab cd\nef\n");

	diag_error(diag, place(2, 1, 2), NULL, "fourth");
	diag_error(diag, place(1, 4, 2), NULL, "second");
	diag_error(diag, place(1, 1, 2), NULL, "first");
	diag_error(diag, place(1, 4, 2), NULL, "third, found later at the same place");
	assert_printed(diag,
		"map.yaml:1:1: error: first\n  ab cd\n  ^~\n"
		"map.yaml:1:4: error: second\n  ab cd\n     ^~\n"
		"map.yaml:1:4: error: third, found later at the same place\n"
		"  ab cd\n     ^~\n"
		"map.yaml:2:1: error: fourth\n  ef\n  ^~\n"
		"map.yaml: 4 mistakes\n");
}

static void test_columns_are_characters(void **state)
{
	(void)state;
	struct diag *diag = new_diag("größe: €uro\n");

	diag_error(diag, place(1, 8, 4), NULL, "wrong");
	assert_printed(diag, "map.yaml:1:8: error: wrong\n  größe: €uro\n         ^~~~\n");
}

static void test_the_caret_counts_columns_of_the_terminal(void **state)
{
	(void)state;
	struct diag *diag = new_diag("温度: 温度a\n");

	diag_error(diag, place(1, 5, 3), NULL, "wide");
	assert_printed(diag, "map.yaml:1:5: error: wide\n  温度: 温度a\n        ^~~~~\n");

	diag = new_diag("e\xcc\x81: e\xcc\x81\n"); /* an accent of its own */
	diag_error(diag, place(1, 5, 2), NULL, "none");
	assert_printed(diag, "map.yaml:1:5: error: none\n  e\xcc\x81: e\xcc\x81\n     ^\n");
}

static void test_tabs_are_kept(void **state)
{
	(void)state;
	struct diag *diag = new_diag("a:\tb\t c\n");

	diag_error(diag, place(1, 7, 1), NULL, "wrong");
	assert_printed(diag, "map.yaml:1:7: error: wrong\n  a:\tb\t c\n    \t \t ^\n");
}

static void test_place_in_the_indentation(void **state)
{
	(void)state;
	struct diag *diag = new_diag("\t\tkey: 1\n");

	diag_error(diag, place(1, 2, 1), NULL, "a tab");
	assert_printed(diag, "map.yaml:1:2: error: a tab\n  \tkey: 1\n  ^\n");
}

static void test_caret_stays_within_the_line(void **state)
{
	(void)state;
	struct diag *diag = new_diag("abc\r\nde");

	diag_error(diag, place(1, 2, 50), NULL, "wide");
	diag_error(diag, place(2, 3, 1), NULL, "behind the end");
	diag_error(diag, place(7, 1, 1), NULL, "behind the text");
	assert_printed(diag,
		"map.yaml:1:2: error: wide\n  abc\n   ^~\n"
		"map.yaml:2:3: error: behind the end\n  de\n    ^\n"
		"map.yaml:7:1: error: behind the text\n"
		"map.yaml: 3 mistakes\n");
}

static void test_long_line_is_cut_around_the_place(void **state)
{
	(void)state;
	char text[1000], expected[1000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	struct diag *diag = new_diag(text);
	diag_error(diag, place(1, 500, 3), NULL, "wrong");
	(void)snprintf(expected, sizeof(expected),
		"map.yaml:1:500: error: wrong\n  %.160s...\n  %60s^~~\n", text, "");
	assert_printed(diag, expected);
}

static void test_control_characters_do_not_reach_the_terminal(void **state)
{
	(void)state;
	struct diag *diag = new_diag("a\x1b[31m\xff\xc3\n");

	diag_error(diag, place(1, 1, 1), "\x07hint", "wrong \"%s\"", "\x1b[2J\n");
	assert_printed(diag, "map.yaml:1:1: error: wrong \"?[2J?\"\n  a?[31m??\n  ^\n  ?hint\n");

	/* Nor does what would turn the text around. */
	diag = new_diag("a: \u202eb\u2066\n");
	diag_error(diag, place(1, 1, 1), NULL, "wrong \u200f");
	assert_printed(diag, "map.yaml:1:1: error: wrong ?\n  a: ?b?\n  ^\n");
}

static void test_more_than_are_shown(void **state)
{
	(void)state;
	struct diag *diag = new_diag("");
	char *expected = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&expected, &size);

	assert_non_null(out);
	for (size_t i = 1; i <= DIAG_MAX + 7; i++) {
		diag_error(diag, place(i, 1, 1), NULL, "wrong");
		if (i <= DIAG_MAX)
			fprintf(out, "map.yaml:%zu:1: error: wrong\n", i);
	}
	fprintf(out, "map.yaml: 107 mistakes, 100 of them are shown\n");
	assert_int_equal(fclose(out), 0);
	assert_int_equal(diag_count(diag), DIAG_MAX + 7);
	assert_printed(diag, expected);
	free(expected);
}

static void test_warnings_are_no_mistakes(void **state)
{
	(void)state;
	struct diag *diag = new_diag("ab cd\nef\n");

	diag_warning(diag, place(2, 1, 2), "better: gh", "odd \"%s\"", "ef");
	assert_int_equal(diag_count(diag), 0);
	assert_int_equal(diag_count_warnings(diag), 1);
	assert_printed(diag, "map.yaml:2:1: warning: odd \"ef\"\n  ef\n  ^~\n  better: gh\n");

	diag = new_diag("ab cd\nef\n");
	diag_warning(diag, place(2, 1, 2), NULL, "third");
	diag_warning(diag, place(1, 1, 2), NULL, "second");
	diag_error(diag, place(1, 1, 2), NULL, "first");
	assert_int_equal(diag_count(diag), 1);
	assert_int_equal(diag_count_warnings(diag), 2);
	assert_printed(diag,
		"map.yaml:1:1: error: first\n  ab cd\n  ^~\n"
		"map.yaml:1:1: warning: second\n  ab cd\n  ^~\n"
		"map.yaml:2:1: warning: third\n  ef\n  ^~\n"
		"map.yaml: 2 warnings\n");
}

/* However many warnings there are, a mistake is shown. */
static void test_warnings_leave_room_for_mistakes(void **state)
{
	(void)state;
	struct diag *diag = new_diag("");
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	for (size_t i = 1; i <= DIAG_MAX + 3; i++)
		diag_warning(diag, place(i, 1, 1), NULL, "odd");
	diag_error(diag, place(DIAG_MAX + 9, 1, 1), NULL, "wrong");
	diag_print(diag, out);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text,
		":100:1: warning: odd\nmap.yaml:109:1: error: wrong\n"
		"map.yaml: 103 warnings, 100 of them are shown\n"));
	free(text);
	diag_free(diag);
}

static void test_what_looks_like_another_character_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		size_t column, width;
		const char *words; /* NULL: none */
	} cases[] = {
		{"url: x", 6, 1, NULL},
		{"\u00a0 url: x", 3, 3,
			"column 1 is U+00A0, a no-break space: write a blank there"},
		{"url:\u202fx", 1, 6,
			"column 5 is U+202F, a narrow no-break space: write a blank there"},
		{"url: \u201cx\u201d", 6, 3, "column 6 is U+201C, a curly quote: write \" there"},
		{"a: \u2019x\u2019", 4, 3, "column 4 is U+2019, a curly quote: write ' there"},
		{"a\uff1a b: 1", 6, 1, NULL}, /* far from the place */
		{"a\uff1a b", 1, 4, "column 2 is U+FF1A, a full-width colon: write : there"},
		/* The text after the place does not matter. */
		{"a: b # caf\u00e9\u00a0", 4, 1, NULL},
		{"n: a\u200b", 4, 2,
			"column 5 is U+200B, a zero-width character, which nobody sees: leave it "
			"out"},
		{"n: \uff15ms", 4, 3,
			"column 4 is U+FF15, a full-width digit: write a plain one there"},
		{"n: \u22125", 4, 2, "column 4 is U+2212, a typographic minus: write - there"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char words[DIAG_LOOKALIKE_MAX] = "";
		bool found = diag_lookalike_find(cases[i].line, strlen(cases[i].line),
			cases[i].column, cases[i].width, words);
		assert_int_equal(found, cases[i].words != NULL);
		assert_string_equal(words, cases[i].words ? cases[i].words : "");
	}
	struct diag *diag = new_diag("a: \u201cb\u201d\n");
	diag_error(diag, place(1, 4, 3), "for example c", "wrong");
	diag_warning(diag, place(1, 4, 3), NULL, "odd");
	assert_printed(diag,
		"map.yaml:1:4: error: wrong\n  a: \u201cb\u201d\n     ^~~\n"
		"  column 4 is U+201C, a curly quote: write \" there\n  for example c\n"
		"map.yaml:1:4: warning: odd\n  a: \u201cb\u201d\n     ^~~\n");
}

static void test_nearest(void **state)
{
	(void)state;
	static const char *const words[] = {"led", "motor", "keepalive", "topic", "id", NULL};
	static const char *const none[] = {NULL};
	static const struct {
		const char *word, *nearest;
	} cases[] = {
		{"led", "led"},
		{"lde", "led"},  /* swapped neighbours are one mistake */
		{"ledd", "led"}, /* one too many */
		{"ld", "led"},   /* one missing */
		{"lid", "led"},  /* another one */
		{"deled", NULL}, /* two of five are more than a third */
		{"keepalvie", "keepalive"},
		{"kepalve", "keepalive"}, /* two of nine */
		{"keep_aliev", "keepalive"},
		{"keep", "keepalive"}, /* the beginning of one alone */
		{"ke", NULL},
		{"KeepAlive", "keepalive"}, /* capitals are no mistake */
		{"tpoci", NULL},            /* two swaps in five */
		{"xyz", NULL},
		{"", NULL},
		{"a-word-that-is-longer-than-any-that-could-be-meant-here", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *nearest = diag_nearest(cases[i].word, words);
		if (cases[i].nearest)
			assert_string_equal(nearest ? nearest : cases[i].word, cases[i].nearest);
		else
			assert_null(nearest);
	}
	assert_null(diag_nearest("led", none));
}

static void test_nearest_of_several(void **state)
{
	(void)state;
	static const char *const words[] = {"backwards", "backward", "forward", NULL};

	assert_string_equal(diag_nearest("bakward", words), "backward");
	assert_string_equal(diag_nearest("foward", words), "forward");
	assert_null(diag_nearest("bac", words));
}

static void test_free_takes_null(void **state)
{
	(void)state;
	assert_null(diag_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_mistake_with_line_caret_and_cure),
		cmocka_unit_test(test_file_as_a_whole),
		cmocka_unit_test(test_no_text),
		cmocka_unit_test(test_sorted_by_place),
		cmocka_unit_test(test_columns_are_characters),
		cmocka_unit_test(test_the_caret_counts_columns_of_the_terminal),
		cmocka_unit_test(test_tabs_are_kept),
		cmocka_unit_test(test_place_in_the_indentation),
		cmocka_unit_test(test_caret_stays_within_the_line),
		cmocka_unit_test(test_long_line_is_cut_around_the_place),
		cmocka_unit_test(test_control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(test_more_than_are_shown),
		cmocka_unit_test(test_warnings_are_no_mistakes),
		cmocka_unit_test(test_warnings_leave_room_for_mistakes),
		cmocka_unit_test(test_what_looks_like_another_character_is_named),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_nearest_of_several),
		cmocka_unit_test(test_free_takes_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
