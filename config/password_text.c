/* SPDX-License-Identifier: MIT */
#include "password_text.h"
#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

const char *password_text_odd(const char *text, size_t size)
{
	static const char mark[] = "\xef\xbb\xbf";
	const char *end = memchr(text, '\n', size);
	size_t line = end ? (size_t)(end - text) : size;

	if (line > 0 && text[line - 1] == '\r')
		line--;
	if (line >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0)
		return "begins with a byte-order mark, which is taken for a part of the password: "
		       "save it without one";
	if (line == 0)
		return "has an empty first line, which is the password: put it there";
	if (is_blank(text[line - 1]))
		return "has a blank at the end of its first line, which is a part of the password";
	if (is_blank(text[0]))
		return "begins with a blank, which is a part of the password";
	return NULL;
}
