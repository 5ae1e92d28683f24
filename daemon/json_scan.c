/* SPDX-License-Identifier: MIT */
#include "json_scan.h"
#include "utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct scan {
	const uint8_t *data;
	size_t size, at;
	unsigned depth, depth_max;
	struct json_mistake *mistake;
};

static int scan_value(struct scan *scan);

static int wrong_at(struct scan *scan, size_t offset, int error, const char *what)
{
	scan->mistake->offset = offset;
	scan->mistake->what = what;
	return error;
}

static int wrong(struct scan *scan, const char *what)
{
	return wrong_at(scan, scan->at, -EINVAL, what);
}

/* Whatever stands here instead of what the grammar wants. */
static int unexpected(struct scan *scan)
{
	if (scan->at >= scan->size)
		return wrong(scan, "not JSON: it ends too early");
	if (scan->data[scan->at] == '\0')
		return wrong(scan, "not JSON: a NUL byte");
	return wrong(scan, "not JSON: unexpected character");
}

/* The byte here, or -1 at the end. */
static int peek(const struct scan *scan)
{
	return scan->at < scan->size ? scan->data[scan->at] : -1;
}

static bool take(struct scan *scan, char wanted)
{
	if (peek(scan) != wanted)
		return false;
	scan->at++;
	return true;
}

static void skip_space(struct scan *scan)
{
	while (take(scan, ' ') || take(scan, '\t') || take(scan, '\n') || take(scan, '\r'))
		;
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Four hex digits, after "\u". */
static int scan_unit(struct scan *scan, unsigned *ret_unit)
{
	unsigned unit = 0;

	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(peek(scan));

		if (digit < 0)
			return wrong(scan, "not JSON: not a hex digit");
		unit = unit * 16 + (unsigned)digit;
		scan->at++;
	}
	*ret_unit = unit;
	return 0;
}

static int scan_unicode_escape(struct scan *scan, size_t begin)
{
	unsigned unit, low = 0;
	int r = scan_unit(scan, &unit);

	if (r < 0)
		return r;
	if (unit == 0)
		return wrong_at(scan, begin, -EINVAL, "\\u0000 is not allowed");
	if (unit < 0xd800 || unit > 0xdfff)
		return 0;
	if (unit < 0xdc00 && take(scan, '\\') && take(scan, 'u')) {
		r = scan_unit(scan, &low);
		if (r < 0)
			return r;
	}
	if (low < 0xdc00 || low > 0xdfff)
		return wrong_at(scan, begin, -EINVAL, "half of a surrogate pair");
	return 0;
}

static int scan_escape(struct scan *scan)
{
	size_t begin = scan->at - 1; /* at the backslash */
	int c = peek(scan);

	if (c == 'u') {
		scan->at++;
		return scan_unicode_escape(scan, begin);
	}
	if (c <= 0 || !strchr("\"\\/bfnrt", c))
		return wrong_at(scan, begin, -EINVAL, "not JSON: no such escape");
	scan->at++;
	return 0;
}

/* One character of a string, or one escape. */
static int scan_character(struct scan *scan)
{
	int c = peek(scan);
	uint32_t code;
	size_t length;

	if (c <= 0)
		return unexpected(scan);
	if (c < 0x20)
		return wrong(scan, "not JSON: a control character in a string");
	length = utf8_decode((const char *)scan->data + scan->at, scan->size - scan->at, &code);
	if (length == 0)
		return wrong_at(scan, scan->at, -EILSEQ, "not UTF-8");
	scan->at += length;
	return c == '\\' ? scan_escape(scan) : 0;
}

static int scan_string(struct scan *scan)
{
	if (!take(scan, '"'))
		return unexpected(scan);
	while (!take(scan, '"')) {
		int r = scan_character(scan);

		if (r < 0)
			return r;
	}
	return 0;
}

static size_t skip_digits(struct scan *scan)
{
	size_t begin = scan->at;

	while (peek(scan) >= '0' && peek(scan) <= '9')
		scan->at++;
	return scan->at - begin;
}

static int scan_number(struct scan *scan)
{
	size_t begin = scan->at;

	(void)take(scan, '-');
	/* A number is 0, or begins with another digit. */
	if (!take(scan, '0') && skip_digits(scan) == 0)
		return unexpected(scan);
	if (take(scan, '.') && skip_digits(scan) == 0)
		return unexpected(scan);
	if (take(scan, 'e') || take(scan, 'E')) {
		if (!take(scan, '+'))
			(void)take(scan, '-');
		if (skip_digits(scan) == 0)
			return unexpected(scan);
	}
	if (scan->at - begin > JSON_NUMBER_MAX)
		return wrong_at(scan, begin, -EINVAL, "a number of more than 63 characters");
	return 0;
}

static int scan_word(struct scan *scan, const char *word)
{
	size_t begin = scan->at;

	for (; *word; word++) {
		if (!take(scan, *word))
			return wrong_at(scan, begin, -EINVAL, "not JSON: unexpected word");
	}
	return 0;
}

static int scan_member(struct scan *scan)
{
	int r = scan_string(scan);

	if (r < 0)
		return r;
	skip_space(scan);
	if (!take(scan, ':'))
		return unexpected(scan);
	return scan_value(scan);
}

/* What stands between brackets; the opening one is taken. */
static int scan_list(struct scan *scan, char end, int (*scan_item)(struct scan *))
{
	skip_space(scan);
	if (take(scan, end))
		return 0;
	for (;;) {
		int r;

		skip_space(scan);
		r = scan_item(scan);
		if (r < 0)
			return r;
		skip_space(scan);
		if (take(scan, end))
			return 0;
		if (!take(scan, ','))
			return unexpected(scan);
	}
}

static int scan_nested(struct scan *scan, char end, int (*scan_item)(struct scan *))
{
	int r;

	if (scan->depth == scan->depth_max)
		return wrong_at(scan, scan->at, -E2BIG, "nested too deeply");
	scan->at++;
	scan->depth++;
	r = scan_list(scan, end, scan_item);
	scan->depth--;
	return r;
}

static int scan_value(struct scan *scan)
{
	skip_space(scan);
	switch (peek(scan)) {
	case '{':
		return scan_nested(scan, '}', scan_member);
	case '[':
		return scan_nested(scan, ']', scan_value);
	case '"':
		return scan_string(scan);
	case 't':
		return scan_word(scan, "true");
	case 'f':
		return scan_word(scan, "false");
	case 'n':
		return scan_word(scan, "null");
	default:
		return scan_number(scan);
	}
}

int json_scan(const uint8_t *data, size_t size, unsigned depth_max, struct json_mistake *mistake)
{
	struct scan scan = {.data = data, .size = size, .depth_max = depth_max, .mistake = mistake};
	int r;

	if (size == 0)
		return wrong(&scan, "not JSON: an empty message");
	if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		return wrong(&scan, "not JSON: a byte-order mark");
	r = scan_value(&scan);
	if (r < 0)
		return r;
	skip_space(&scan);
	if (scan.at < size)
		return wrong(&scan, "not JSON: something after its end");
	return 0;
}
