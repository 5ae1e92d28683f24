/* SPDX-License-Identifier: MIT */
#include "payload.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * Paths and reasons quote what a peer sent. Whatever prints them must get one line of UTF-8 without
 * control characters, even if the text was cut in the middle of a character.
 */
static void make_printable(char *text)
{
	size_t size = strlen(text);

	for (size_t i = 0; i < size;) {
		uint32_t code = 0;
		size_t length = utf8_decode(text + i, size - i, &code);

		if (length == 0 || !utf8_printable(code)) {
			memset(text + i, '?', length ? length : 1);
			length = 1;
		}
		i += length;
	}
}

void payload_errors_append(struct payload_errors *errors, const struct payload_errors *more)
{
	for (size_t i = 0; i < more->count; i++) {
		if (errors->count < PAYLOAD_ERRORS_MAX && i < PAYLOAD_ERRORS_MAX)
			errors->items[errors->count] = more->items[i];
		errors->count++;
	}
}

void payload_error_add(struct payload_errors *errors, const char *path, const char *format, ...)
{
	va_list arguments;

	if (errors->count < PAYLOAD_ERRORS_MAX) {
		struct payload_error *error = &errors->items[errors->count];

		(void)snprintf(error->path, sizeof(error->path), "%s", path);
		va_start(arguments, format);
		(void)vsnprintf(error->reason, sizeof(error->reason), format, arguments);
		va_end(arguments);
		make_printable(error->path);
		make_printable(error->reason);
	}
	errors->count++;
}
