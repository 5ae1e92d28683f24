/* SPDX-License-Identifier: MIT */
#include "json_writer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_BYTES = 21 }; /* of 64 bits, with a sign */

/* Writes the number so that it ends at the end of text. Returns its beginning. Every reading has
 * such a number, and printf() would take longer for it than all the rest of the reading. */
static char *write_number(uint64_t number, char text[static NUMBER_BYTES])
{
	char *at = text + NUMBER_BYTES;

	for (; number >= 100; number /= 100) {
		unsigned two = (unsigned)(number % 100);

		*--at = (char)('0' + two % 10);
		*--at = (char)('0' + two / 10);
	}
	if (number >= 10)
		*--at = (char)('0' + number % 10);
	*--at = (char)('0' + (number >= 10 ? number / 10 : number));
	return at;
}

static void put(struct json_writer *writer, const char *bytes, size_t size)
{
	/* One byte is kept for the NUL. */
	if (writer->overflow || writer->out_bytes - writer->size <= size) {
		writer->overflow = true;
		return;
	}
	memcpy(writer->out + writer->size, bytes, size);
	writer->size += size;
}

static void put_char(struct json_writer *writer, char c)
{
	put(writer, &c, 1);
}

static void put_escaped(struct json_writer *writer, char c)
{
	static const char ESCAPED[] = "\"\\\b\f\n\r\t", LETTERS[] = "\"\\bfnrt";
	const char *at = c ? strchr(ESCAPED, c) : NULL;
	char text[8];
	int size = at ? snprintf(text, sizeof(text), "\\%c", LETTERS[at - ESCAPED])
		      : snprintf(text, sizeof(text), "\\u%04x", (unsigned)(unsigned char)c);

	put(writer, text, (size_t)size);
}

/* False for NUL too. The first comparison decides for most characters. */
static bool is_plain(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte > '\\' || (byte >= 0x20 && byte != '"' && byte != '\\');
}

__attribute__((noinline)) static void put_with_escapes(struct json_writer *writer, const char *text)
{
	put_char(writer, '"');
	while (*text) {
		size_t plain = 0;

		while (is_plain(text[plain]))
			plain++;
		put(writer, text, plain);
		text += plain;
		if (*text)
			put_escaped(writer, *text++);
	}
	put_char(writer, '"');
}

/* Writes nearly every string in one step. False: it needs an escape, or there is no room. */
static bool put_plain(struct json_writer *writer, bool comma, const char *text, bool colon)
{
	size_t plain = 0;
	char *out;

	while (is_plain(text[plain]))
		plain++;
	if (text[plain] || writer->overflow || writer->out_bytes - writer->size <= plain + 4)
		return false;
	out = writer->out + writer->size;
	if (comma)
		*out++ = ',';
	*out++ = '"';
	out = mempcpy(out, text, plain);
	*out++ = '"';
	if (colon)
		*out++ = ':';
	writer->size = (size_t)(out - writer->out);
	return true;
}

static void put_string(struct json_writer *writer, const char *text)
{
	if (!put_plain(writer, false, text, false))
		put_with_escapes(writer, text);
}

/* Writes everything that comes before a value. */
static void put_key(struct json_writer *writer, const char *key)
{
	char last = writer->size > 0 ? writer->out[writer->size - 1] : '{';
	bool is_first = last == '{' || last == '[';

	if (key && put_plain(writer, !is_first, key, true))
		return;
	if (!is_first)
		put_char(writer, ',');
	if (!key)
		return;
	put_with_escapes(writer, key);
	put_char(writer, ':');
}

void json_begin(struct json_writer *writer, char *out, size_t out_bytes)
{
	*writer = (struct json_writer){.out = out, .out_bytes = out_bytes};
	put_char(writer, '{');
}

void json_object(struct json_writer *writer, const char *key)
{
	put_key(writer, key);
	put_char(writer, '{');
}

void json_object_of(struct json_writer *writer, size_t number)
{
	char text[NUMBER_BYTES + 1];

	text[NUMBER_BYTES] = '\0';
	json_object(writer, write_number(number, text));
}

void json_array(struct json_writer *writer, const char *key)
{
	put_key(writer, key);
	put_char(writer, '[');
}

void json_object_end(struct json_writer *writer)
{
	put_char(writer, '}');
}

void json_array_end(struct json_writer *writer)
{
	put_char(writer, ']');
}

void json_text(struct json_writer *writer, const char *key, const char *text)
{
	put_key(writer, key);
	put_string(writer, text);
}

void json_raw(struct json_writer *writer, const char *key, const char *json)
{
	put_key(writer, key);
	put(writer, json, strlen(json));
}

void json_bool(struct json_writer *writer, const char *key, bool value)
{
	json_raw(writer, key, value ? "true" : "false");
}

void json_integer(struct json_writer *writer, const char *key, int64_t value)
{
	char text[NUMBER_BYTES];
	char *at = write_number(value < 0 ? -(uint64_t)value : (uint64_t)value, text);

	if (value < 0)
		*--at = '-';
	put_key(writer, key);
	put(writer, at, (size_t)(text + NUMBER_BYTES - at));
}

int json_finish(struct json_writer *writer)
{
	json_object_end(writer);
	if (writer->overflow || writer->size > INT_MAX)
		return -ENOBUFS;
	writer->out[writer->size] = '\0';
	return (int)writer->size;
}
