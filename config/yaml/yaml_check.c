/* SPDX-License-Identifier: MIT */
/*
 * Checks before libyaml sees the text: UTF-8 without control characters. YAML also takes NEL, LS
 * and PS as line breaks; they are refused, so that line numbers match those of an editor.
 */
#include "utf8.h"
#include "yaml_load.h"
#include <errno.h>

static bool allowed(uint32_t code, const char *next, const char *end)
{
	if (code == '\r')
		return next < end && *next == '\n';
	return utf8_printable(code) || code == '\t' || code == '\n';
}

size_t yaml_clean_size(const char *text, size_t size)
{
	const char *end = text + size;
	const char *p = text;

	while (p < end) {
		uint32_t code = 0;
		size_t length = utf8_decode(p, (size_t)(end - p), &code);

		if (!length || !allowed(code, p + length, end))
			break;
		p += length;
	}
	return (size_t)(p - text);
}

int yaml_check_text(const char *text, size_t size, struct diag *diag)
{
	struct diag_place place = {.line = 1, .column = 1, .width = 1};
	const char *end = text + size;

	for (const char *p = text; p < end;) {
		uint32_t code = 0;
		size_t length = utf8_decode(p, (size_t)(end - p), &code);
		if (!length) {
			diag_error(diag, place, "save the file as UTF-8", "byte 0x%02x is no UTF-8",
				(unsigned)(unsigned char)*p);
			return -EINVAL;
		}
		if (!allowed(code, p + length, end)) {
			diag_error(diag, place, NULL, "control character U+%04X", (unsigned)code);
			return -EINVAL;
		}
		p += length;
		place.column++;
		if (code == '\n') {
			place.line++;
			place.column = 1;
		}
	}
	return 0;
}
