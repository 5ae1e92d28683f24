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
	bool lenient;
	enum json_wanted wanted;
	struct json_mistake *mistake;
	/* One bit for each open level: object or array. Not cleared beyond depth, since it is
	 * large. */
	uint8_t is_object[JSON_DEPTH_MAX / 8];
};

/* The grammar expects this next. */
enum step { STEP_VALUE, STEP_KEY, STEP_AFTER, STEP_END };

static bool in_object(const struct scan *scan)
{
	unsigned level = scan->depth - 1;

	return scan->is_object[level / 8] >> level % 8 & 1;
}

static int wrong_at(struct scan *scan, size_t offset, int error, const char *what)
{
	*scan->mistake = (struct json_mistake){
		.offset = offset,
		.what = what,
		.wanted = scan->wanted,
		.open = (char)(scan->depth == 0   ? '\0'
				: in_object(scan) ? '{'
						  : '['),
	};
	return error;
}

static int wrong(struct scan *scan, const char *what)
{
	return wrong_at(scan, scan->at, -EINVAL, what);
}

/* Reports the byte at this place, which the grammar does not allow. */
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

__attribute__((noinline)) static void skip_blanks(struct scan *scan)
{
	while (take(scan, ' ') || take(scan, '\t') || take(scan, '\n') || take(scan, '\r'))
		;
}

static inline void skip_space(struct scan *scan)
{
	/* Mostly there are none. */
	if (peek(scan) <= ' ')
		skip_blanks(scan);
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
	if (scan->lenient)
		return 0;
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
	size_t begin = scan->at - 1; /* of the backslash */
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
	if (length == 0 && !scan->lenient)
		return wrong_at(scan, scan->at, -EILSEQ, "not UTF-8");
	scan->at += length ? length : 1;
	return c == '\\' ? scan_escape(scan) : 0;
}

/* Skips plain characters, which are most of a string. */
static void skip_letters(struct scan *scan)
{
	const uint8_t *data = scan->data;
	size_t at = scan->at, size = scan->size;

	while (at < size && data[at] > '\\' && data[at] < 0x7f)
		at++;
	scan->at = at;
}

static int scan_string(struct scan *scan)
{
	if (!take(scan, '"'))
		return unexpected(scan);
	scan->wanted = JSON_WANTS_CLOSING;
	for (;;) {
		int r;

		skip_letters(scan);
		if (take(scan, '"'))
			return 0;
		r = scan_character(scan);
		if (r < 0)
			return r;
	}
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
	if (scan->at - begin > JSON_NUMBER_MAX && !scan->lenient)
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

static int scan_scalar(struct scan *scan)
{
	switch (peek(scan)) {
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

/* These return an enum step, or a negative errno. */

/* Enters an object or an array. */
static int open_level(struct scan *scan, bool is_object)
{
	unsigned level = scan->depth;
	uint8_t bit = (uint8_t)(1U << level % 8);

	if (level == scan->depth_max)
		return wrong_at(scan, scan->at, -E2BIG, "nested too deeply");
	scan->at++;
	if (level % 8 == 0)
		scan->is_object[level / 8] = 0;
	if (is_object)
		scan->is_object[level / 8] |= bit;
	else
		scan->is_object[level / 8] &= (uint8_t)~bit;
	scan->depth++;
	skip_space(scan);
	if (take(scan, is_object ? '}' : ']')) {
		scan->depth--;
		return STEP_AFTER;
	}
	return is_object ? STEP_KEY : STEP_VALUE;
}

static int step_value(struct scan *scan)
{
	int r;

	scan->wanted = JSON_WANTS_VALUE;
	skip_space(scan);
	if (peek(scan) == '{' || peek(scan) == '[')
		return open_level(scan, peek(scan) == '{');
	r = scan_scalar(scan);
	return r < 0 ? r : STEP_AFTER;
}

static int step_key(struct scan *scan)
{
	int r;

	scan->wanted = JSON_WANTS_KEY;
	skip_space(scan);
	r = scan_string(scan);
	if (r < 0)
		return r;
	scan->wanted = JSON_WANTS_COLON;
	skip_space(scan);
	return take(scan, ':') ? STEP_VALUE : unexpected(scan);
}

static int step_after(struct scan *scan)
{
	bool is_object;

	if (scan->depth == 0)
		return STEP_END;
	is_object = in_object(scan);
	scan->wanted = JSON_WANTS_COMMA;
	skip_space(scan);
	if (take(scan, ','))
		return is_object ? STEP_KEY : STEP_VALUE;
	if (!take(scan, is_object ? '}' : ']'))
		return unexpected(scan);
	scan->depth--;
	return STEP_AFTER;
}

static int scan_whole(struct scan *scan)
{
	int step = STEP_VALUE;

	while (step >= 0 && step != STEP_END) {
		if (step == STEP_VALUE)
			step = step_value(scan);
		else if (step == STEP_KEY)
			step = step_key(scan);
		else
			step = step_after(scan);
	}
	if (step < 0)
		return step;
	skip_space(scan);
	while (scan->lenient && take(scan, '\0'))
		;
	scan->wanted = JSON_WANTS_NOTHING;
	return scan->at < scan->size ? wrong(scan, "not JSON: something after its end") : 0;
}

/* Not an initializer, which would clear the bits as well. */
static void begin(struct scan *scan, const uint8_t *data, size_t size, struct json_mistake *mistake)
{
	scan->data = data;
	scan->size = size;
	scan->at = 0;
	scan->depth = 0;
	scan->lenient = false;
	scan->wanted = JSON_WANTS_VALUE;
	scan->mistake = mistake;
	scan->is_object[0] = 0;
}

static bool has_mark(const uint8_t *data, size_t size)
{
	return size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0;
}

int json_scan(const uint8_t *data, size_t size, unsigned depth_max, struct json_mistake *mistake)
{
	struct scan scan;

	begin(&scan, data, size, mistake);
	scan.depth_max = depth_max < JSON_DEPTH_MAX ? depth_max : JSON_DEPTH_MAX;
	if (size == 0)
		return wrong(&scan, "not JSON: an empty message");
	if (has_mark(data, size))
		return wrong(&scan, "not JSON: a byte-order mark");
	return scan_whole(&scan);
}

bool json_is_readable(const uint8_t *data, size_t size)
{
	struct json_mistake mistake;
	struct scan scan;

	begin(&scan, data, size, &mistake);
	scan.depth_max = JSON_DEPTH_MAX;
	scan.lenient = true;
	if (has_mark(data, size))
		scan.at = 3;
	return scan_whole(&scan) == 0;
}
