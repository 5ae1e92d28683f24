/* SPDX-License-Identifier: MIT */
/*
 * Writes JSON straight into a buffer, in the order of the calls. It builds no tree and allocates
 * nothing, so the sampler's real-time thread may use it. Keys and texts are escaped; bytes from
 * 0x80 on pass unchanged.
 *
 * If the buffer is too small, json_finish() says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_writer {
	char *out;
	size_t out_bytes, size;
	bool overflow;
};

/* Opens the outermost object. */
void json_begin(struct json_writer *writer, char *out, size_t out_bytes);

/* key: NULL for an element of an array. */
void json_object(struct json_writer *writer, const char *key);
/* An object whose key is the digits of number. */
void json_object_of(struct json_writer *writer, size_t number);
void json_array(struct json_writer *writer, const char *key);
void json_object_end(struct json_writer *writer);
void json_array_end(struct json_writer *writer);

void json_text(struct json_writer *writer, const char *key, const char *text);
void json_bool(struct json_writer *writer, const char *key, bool value);
void json_integer(struct json_writer *writer, const char *key, int64_t value);
/* Adds a value that is JSON already. */
void json_raw(struct json_writer *writer, const char *key, const char *json);

/* Closes the outermost object. Returns the length without the final NUL, or -ENOBUFS. */
int json_finish(struct json_writer *writer);
