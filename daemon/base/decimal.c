/* SPDX-License-Identifier: MIT */
/*
 * Rounding is done on decimal digits, as by hand, because neither 2.675 nor the product 2.675 * 100
 * exists in binary. But nearly every value is far enough from a half that the product is right as
 * well, and the product is ten times as fast.
 */
#include "decimal.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The digits that every double preserves (DBL_DIG); beyond them is arithmetic noise. */
enum { DIGITS = 15 };

/* From here on a double has no halves to round, but digits beyond the first 15 to keep. */
#define WHOLE_FROM 1e15

/*
 * Below this, products are off by less than the margin, whatever the value's digits beyond 15 are.
 */
#define PRODUCT_BELOW  1e8
#define PRODUCT_MARGIN 1e-6

/* Adds one to the last of n digits. The first digit is a spare zero, which leaves room to carry. */
static void increment(char *digits, int n)
{
	int i = n - 1;

	while (digits[i] == '9')
		digits[i--] = '0';
	digits[i]++;
}

/* Cuts 0.<digits> * 10^point to the given decimals. Returns the number of digits left. */
static int round_digits(char *digits, int point, int decimals)
{
	int keep = point + decimals;

	if (keep >= DIGITS + 1)
		return DIGITS + 1;
	if (keep < 1)
		return 0; /* less than a tenth of the last place */
	if (digits[keep] >= '5')
		increment(digits, keep);
	return keep;
}

/* 0.<n digits> * 10^point as plain text: "0.05", "1230". */
static int write_digits(const char *digits, int n, int point, char text[static DECIMAL_BYTES])
{
	char *out = text;
	int i = 0;

	while (n > 0 && digits[n - 1] == '0')
		n--;
	while (i < n && i < point && digits[i] == '0')
		i++;
	for (; n > 0 && i < point; i++)
		*out++ = i < n ? digits[i] : '0';
	if (out == text)
		*out++ = '0';
	if (n > 0 && n > point) {
		*out++ = '.';
		for (i = point; i < n; i++)
			*out++ = i < 0 ? '0' : digits[i];
	}
	*out = '\0';
	return (int)(out - text);
}

/*
 * Multiplies and rounds: the value without its point. 0; -ERANGE: too large, or too near to a half.
 */
static int round_product(double magnitude, unsigned decimals, uint32_t *ret_whole)
{
	static const double POWERS[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6};
	double product;
	uint32_t whole;

	if (decimals >= sizeof(POWERS) / sizeof(*POWERS))
		return -ERANGE;
	product = magnitude * POWERS[decimals];
	if (product >= PRODUCT_BELOW)
		return -ERANGE;
	whole = (uint32_t)product;
	if (fabs(product - whole - 0.5) < PRODUCT_MARGIN)
		return -ERANGE;
	*ret_whole = whole + (product - whole > 0.5);
	return 0;
}

/* Writes it as plain text, from the end. */
static int write_product(uint32_t whole, unsigned decimals, char text[static DECIMAL_BYTES])
{
	char digits[DIGITS + 2];
	char *const end = digits + sizeof(digits);
	char *at = end;

	for (; decimals > 0 && whole % 10 == 0; decimals--)
		whole /= 10;
	if (decimals > 0) {
		for (; decimals > 0; decimals--, whole /= 10)
			*--at = (char)('0' + whole % 10);
		*--at = '.';
	}
	do {
		*--at = (char)('0' + whole % 10);
		whole /= 10;
	} while (whole > 0);
	memcpy(text, at, (size_t)(end - at));
	text[end - at] = '\0';
	return (int)(end - at);
}

/* The same for any value, as 0.<digits> * 10^point. Returns the number of digits. */
static int round_by_hand(
	double magnitude, unsigned decimals, char digits[static DIGITS + 2], int *ret_point)
{
	char science[DIGITS + 16];

	/* "d.dddddddddddddde-xx" */
	(void)snprintf(science, sizeof(science), "%.*e", DIGITS - 1, magnitude);
	digits[0] = '0';
	digits[1] = science[0];
	memcpy(digits + 2, science + 2, DIGITS - 1);
	digits[DIGITS + 1] = '\0';

	/* With the spare zero in front, the first digit comes before the point: 0.0d * 10^2. */
	*ret_point = atoi(strchr(science, 'e') + 1) + 2;
	return round_digits(digits, *ret_point, (int)decimals);
}

static int write_by_hand(double magnitude, unsigned decimals, char text[static DECIMAL_BYTES])
{
	char digits[DIGITS + 2];
	int point;
	int n = round_by_hand(magnitude, decimals, digits, &point);

	return write_digits(digits, n, point, text);
}

static int format_magnitude(double magnitude, unsigned decimals, char text[static DECIMAL_BYTES])
{
	uint32_t whole;

	return round_product(magnitude, decimals, &whole) == 0
		? write_product(whole, decimals, text)
		: write_by_hand(magnitude, decimals, text);
}

static int format_fraction(double value, unsigned decimals, char text[static 1 + DECIMAL_BYTES])
{
	int length;

	if (!signbit(value))
		return format_magnitude(value, decimals, text);
	text[0] = '-';
	length = format_magnitude(-value, decimals, text + 1);
	if (strcmp(text, "-0") != 0)
		return length + 1;
	strcpy(text, "0");
	return 1;
}

int decimal_format(double value, unsigned decimals, char *out, size_t out_bytes)
{
	char text[1 + DECIMAL_BYTES];
	int length;

	if (!isfinite(value))
		return -ENODATA;
	if (fabs(value) >= WHOLE_FROM)
		length = snprintf(text, sizeof(text), "%.0f", value);
	else
		length = format_fraction(value, decimals, text);
	if ((size_t)length >= out_bytes)
		return -ENOBUFS;
	memcpy(out, text, (size_t)length + 1);
	return length;
}

double decimal_round(double value, unsigned decimals)
{
	char text[DECIMAL_BYTES];

	if (decimal_format(value, decimals, text, sizeof(text)) < 0)
		return value;
	return strtod(text, NULL);
}
