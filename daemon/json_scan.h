/* SPDX-License-Identifier: MIT */
/*
 * The strict reading of JSON (RFC 8259) that goes before cJSON, which is lenient: it takes leading
 * zeros, control characters, any byte below 33 as white space, a byte-order mark, bytes that are no
 * UTF-8, and cuts strings at \u0000. What passes here means the same to every reader.
 *
 * Pure; allocates nothing; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* cJSON copies a number into 64 bytes and breaks off in the middle of a longer one. */
enum { JSON_NUMBER_MAX = 63 };

struct json_mistake {
	size_t offset;    /* of the first wrong byte, from 0; the size where something is missing */
	const char *what; /* static: "not JSON: unexpected character" */
};

/*
 * One value with nothing but white space around it, objects and arrays at most depth_max in each
 * other. 0, or *mistake is set: -EINVAL not JSON (or a NUL in a string), -EILSEQ not UTF-8, -E2BIG
 * nested deeper.
 */
int json_scan(const uint8_t *data, size_t size, unsigned depth_max, struct json_mistake *mistake);
