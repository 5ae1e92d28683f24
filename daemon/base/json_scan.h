/* SPDX-License-Identifier: MIT */
/*
 * The strict reading of JSON (RFC 8259) that goes before cJSON, which is lenient: it takes leading
 * zeros, control characters, any byte below 33 as white space, a byte-order mark, bytes that are no
 * UTF-8, and cuts strings at \u0000. What passes here means the same to every reader.
 *
 * Pure; allocates nothing; any thread. Nesting takes a bit a level and no stack.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* cJSON copies a number into 64 bytes and breaks off in the middle of a longer one. */
	JSON_NUMBER_MAX = 63,
	JSON_DEPTH_MAX = 16 * 1024, /* levels that can be told apart */
};

/* What the grammar wants at the place of a mistake. */
enum json_wanted {
	JSON_WANTS_VALUE,
	JSON_WANTS_KEY,
	JSON_WANTS_COLON,
	JSON_WANTS_COMMA,   /* or the end of the object or array */
	JSON_WANTS_CLOSING, /* the quote that ends a text */
	JSON_WANTS_NOTHING, /* it is over */
};

struct json_mistake {
	size_t offset;    /* of the first wrong byte, from 0; the size where something is missing */
	const char *what; /* static: "not JSON: unexpected character" */
	enum json_wanted wanted;
	char open; /* '{' or '[': the innermost that is not closed yet; '\0': none */
};

/*
 * One value with nothing but white space around it, objects and arrays at most depth_max (up to
 * JSON_DEPTH_MAX) in each other. 0, or *mistake is set: -EINVAL not JSON (or a NUL in a string),
 * -EILSEQ not UTF-8, -E2BIG nested deeper.
 */
int json_scan(const uint8_t *data, size_t size, unsigned depth_max, struct json_mistake *mistake);

/*
 * Whether some reader of JSON takes it: the grammar must be right. Any depth up to JSON_DEPTH_MAX,
 * long numbers, \u0000, halves of surrogate pairs, bytes that are no UTF-8 in a text, a byte-order
 * mark before and NUL bytes behind it do not matter.
 */
bool json_is_readable(const uint8_t *data, size_t size);
