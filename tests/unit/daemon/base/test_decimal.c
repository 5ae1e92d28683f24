/* SPDX-License-Identifier: MIT */
#include "decimal.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	double value;
	unsigned decimals;
	const char *text;
} ROWS[] = {
	{0, 0, "0"},
	{0, 9, "0"},
	{-0.0, 0, "0"},
	{23, 0, "23"},
	{23, 1, "23"},
	{23.4, 0, "23"},
	{23.4, 1, "23.4"},
	{23.4, 2, "23.4"},
	{23.5, 0, "24"},
	{22.5, 0, "23"},
	{-22.5, 0, "-23"},
	{0.5, 0, "1"},
	{-0.5, 0, "-1"},
	{0.4, 0, "0"},
	{-0.4, 0, "0"},
	{-0.04, 1, "0"},
	{-0.05, 1, "-0.1"},
	{0.049999, 1, "0"},
	/* what a double holds a little too small, or too large */
	{2.675, 2, "2.68"},
	{-2.675, 2, "-2.68"},
	{1.005, 2, "1.01"},
	{1.115, 2, "1.12"},
	{0.145, 2, "0.15"},
	{4.35, 1, "4.4"},
	{1023.5 * 0.1, 2, "102.35"},
	{0.1 + 0.2, 9, "0.3"},
	{2.6749, 2, "2.67"},
	{0.49999999999, 0, "0"},
	/* carry */
	{9.5, 0, "10"},
	{99.95, 1, "100"},
	{999999.9999999, 3, "1000000"},
	{0.999999999, 8, "1"},
	{-9.99, 1, "-10"},
	/* zeros */
	{0.001, 2, "0"},
	{0.006, 2, "0.01"},
	{0.000000001, 9, "0.000000001"},
	{0.0000000005, 9, "0.000000001"},
	{0.0000000004, 9, "0"},
	{1e-300, 9, "0"},
	{100, 2, "100"},
	{1200, 0, "1200"},
	{1000.05, 2, "1000.05"},
	{10.10, 2, "10.1"},
	/* large */
	{1234567.891, 9, "1234567.891"},
	{999999999999999, 0, "999999999999999"},
	{99999999999999.5, 0, "100000000000000"},
	{1e15, 0, "1000000000000000"},
	{9007199254740993.0, 0, "9007199254740992"},
	{-9007199254740991.0, 2, "-9007199254740991"},
	{1e22, 3, "10000000000000000000000"},
};

static void a_value_is_rounded_as_by_hand(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		char text[DECIMAL_BYTES];
		int r = decimal_format(ROWS[i].value, ROWS[i].decimals, text, sizeof(text));

		assert_string_equal(text, ROWS[i].text);
		assert_int_equal(r, strlen(text));
	}
}

static void the_rounded_number_is_the_one_of_the_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		double rounded = decimal_round(ROWS[i].value, ROWS[i].decimals);

		assert_true(rounded == strtod(ROWS[i].text, NULL));
	}
}

static void what_is_no_number_has_no_text(void **state)
{
	char text[] = "untouched";

	(void)state;
	assert_int_equal(decimal_format((double)NAN, 0, text, sizeof(text)), -ENODATA);
	assert_int_equal(decimal_format((double)INFINITY, 0, text, sizeof(text)), -ENODATA);
	assert_int_equal(decimal_format(-(double)INFINITY, 0, text, sizeof(text)), -ENODATA);
	assert_string_equal(text, "untouched");
	assert_true(isnan(decimal_round((double)NAN, 2)));
	assert_true(isinf(decimal_round((double)INFINITY, 2)));
}

static void a_text_needs_room_for_its_nul(void **state)
{
	char text[] = "....";

	(void)state;
	assert_int_equal(decimal_format(-23.45, 2, text, 6), -ENOBUFS);
	assert_string_equal(text, "....");
	assert_int_equal(decimal_format(23.4, 1, text, 5), 4);
	assert_int_equal(decimal_format(1, 0, text, 0), -ENOBUFS);
}

static void the_largest_double_fits(void **state)
{
	char text[DECIMAL_BYTES];

	(void)state;
	assert_int_equal(decimal_format(-DBL_MAX, 9, text, sizeof(text)), 310);
}

/* "12.3450" without what decimal_format() leaves out. */
static void strip(char *text)
{
	size_t length = strlen(text);

	if (strchr(text, '.')) {
		while (text[length - 1] == '0')
			text[--length] = '\0';
		if (text[length - 1] == '.')
			text[length - 1] = '\0';
	}
}

/* Away from the halves there is only one way to round, and printf() knows it. */
static void away_from_a_half_it_rounds_like_printf(void **state)
{
	(void)state;
	for (unsigned decimals = 0; decimals <= 9; decimals++) {
		for (unsigned i = 1; i < 20000; i++) {
			double value = (i % 2 ? -1 : 1) * pow(i, 2.5) / 977;
			double product = fabs(value) * pow(10, decimals);
			char expected[DECIMAL_BYTES], text[DECIMAL_BYTES];

			if (product > 1e9 || fabs(product - floor(product) - 0.5) < 1e-4)
				continue;
			snprintf(expected, sizeof(expected), "%.*f", (int)decimals, value);
			strip(expected);
			assert_true(decimal_format(value, decimals, text, sizeof(text)) > 0);
			assert_string_equal(text, strcmp(expected, "-0") == 0 ? "0" : expected);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_rounded_as_by_hand),
		cmocka_unit_test(away_from_a_half_it_rounds_like_printf),
		cmocka_unit_test(the_rounded_number_is_the_one_of_the_text),
		cmocka_unit_test(what_is_no_number_has_no_text),
		cmocka_unit_test(a_text_needs_room_for_its_nul),
		cmocka_unit_test(the_largest_double_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
