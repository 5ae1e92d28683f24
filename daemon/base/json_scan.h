/* SPDX-License-Identifier: MIT */
/*
 * A strict check of JSON (RFC 8259) before cJSON reads it. cJSON is lenient: it accepts leading
 * zeros, control characters, any byte below 33 as white space, a byte-order mark and invalid UTF-8,
 * and cuts strings at \u0000. A text that passes here means the same to every reader.
 *
 * Pure; allocates nothing; any thread. Nesting takes one bit for each level and no stack.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* cJSON copies a number into 64 bytes, and stops in the middle of a longer one. */
	JSON_NUMBER_MAX = 63,
	JSON_DEPTH_MAX = 16 * 1024, /* levels that the scan can track */
};

/* The grammar expects this at the place of a mistake. */
enum json_wanted {
	JSON_WANTS_VALUE,
	JSON_WANTS_KEY,
	JSON_WANTS_COLON,
	JSON_WANTS_COMMA,   /* or the end of the object or array */
	JSON_WANTS_CLOSING, /* the quote that ends a text */
	JSON_WANTS_NOTHING, /* the text is complete */
};

struct json_mistake {
	size_t offset;    /* of the first wrong byte, from 0; the size if something is missing */
	const char *what; /* static: "not JSON: unexpected character" */
	enum json_wanted wanted;
	char open; /* '{' or '[': the innermost one that is still open; '\0': none */
};

/*
 * Checks one value with nothing but white space around it. Objects and arrays may be nested up to
 * depth_max (at most JSON_DEPTH_MAX). 0, or sets *mistake: -EINVAL not JSON (or a NUL in a string),
 * -EILSEQ not UTF-8, -E2BIG nested deeper.
 */
int json_scan(const uint8_t *data, size_t size, unsigned depth_max, struct json_mistake *mistake);

/*
 * True if some JSON reader accepts it: the grammar must be right. These do not matter: any depth up
 * to JSON_DEPTH_MAX, long numbers, \u0000, halves of surrogate pairs, invalid UTF-8 in a text, a
 * byte-order mark before it and NUL bytes after it.
 */
bool json_is_readable(const uint8_t *data, size_t size);
