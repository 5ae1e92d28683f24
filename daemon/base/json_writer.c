/* SPDX-License-Identifier: MIT */
#include "json_writer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

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

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static void put_string(struct json_writer *writer, const char *text)
{
	put_char(writer, '"');
	while (*text) {
		size_t plain = 0;

		while (text[plain] && is_plain(text[plain]))
			plain++;
		put(writer, text, plain);
		text += plain;
		if (*text)
			put_escaped(writer, *text++);
	}
	put_char(writer, '"');
}

/* Whatever has to stand before a value. */
static void put_key(struct json_writer *writer, const char *key)
{
	char last = writer->size > 0 ? writer->out[writer->size - 1] : '{';

	if (last != '{' && last != '[')
		put_char(writer, ',');
	if (!key)
		return;
	put_string(writer, key);
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
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char text[24] = "";
	size_t at = sizeof(text) - 1;

	/* Every reading has one: printf() would cost it more than all the rest of its text. */
	do {
		text[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		text[--at] = '-';
	json_raw(writer, key, text + at);
}

int json_finish(struct json_writer *writer)
{
	json_object_end(writer);
	if (writer->overflow || writer->size > INT_MAX)
		return -ENOBUFS;
	writer->out[writer->size] = '\0';
	return (int)writer->size;
}
