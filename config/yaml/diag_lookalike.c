/* SPDX-License-Identifier: MIT */
#include "diag_lookalike.h"
#include "utf8.h"
#include <stdio.h>
#include <string.h>

struct lookalike {
	uint32_t first, last;
	const char *name, *instead;
};

static const struct lookalike LOOKALIKES[] = {
	{0x00a0, 0x00a0, "no-break space", " "},
	{0x2000, 0x200a, "typographic space", " "},
	{0x202f, 0x202f, "narrow no-break space", " "},
	{0x205f, 0x205f, "typographic space", " "},
	{0x3000, 0x3000, "full-width space", " "},
	{0x2018, 0x201b, "curly quote", "'"},
	{0x201c, 0x201f, "curly quote", "\""},
	{0xff02, 0xff02, "full-width quote", "\""},
	{0xff07, 0xff07, "full-width quote", "'"},
	{0xff1a, 0xff1a, "full-width colon", ":"},
	{0xff0c, 0xff0c, "full-width comma", ","},
	{0xff5b, 0xff5b, "full-width brace", "{"},
	{0xff5d, 0xff5d, "full-width brace", "}"},
	{0xff3b, 0xff3b, "full-width bracket", "["},
	{0xff3d, 0xff3d, "full-width bracket", "]"},
	{0x2010, 0x2015, "typographic dash", "-"},
	{0x2212, 0x2212, "typographic minus", "-"},
	{0x00ad, 0x00ad, "soft hyphen, which nobody sees", ""},
	{0x200b, 0x200f, "zero-width character, which nobody sees", ""},
	{0x202a, 0x202e, "mark of direction, which nobody sees", ""},
	{0x2060, 0x2064, "zero-width character, which nobody sees", ""},
	{0xfeff, 0xfeff, "byte-order mark, which nobody sees", ""},
	{0xff10, 0xff19, "full-width digit", "a plain one"},
};

const char *diag_lookalike(uint32_t code, const char **ret_name)
{
	for (size_t i = 0; i < sizeof(LOOKALIKES) / sizeof(LOOKALIKES[0]); i++) {
		if (code >= LOOKALIKES[i].first && code <= LOOKALIKES[i].last) {
			*ret_name = LOOKALIKES[i].name;
			return LOOKALIKES[i].instead;
		}
	}
	return NULL;
}

const char *diag_lookalike_cure(const char *instead, char buffer[static DIAG_LOOKALIKE_CURE_MAX])
{
	if (!*instead)
		return "leave it out";
	(void)snprintf(buffer, DIAG_LOOKALIKE_CURE_MAX, "write %s there",
		*instead == ' ' ? "a blank" : instead);
	return buffer;
}

bool diag_lookalike_find(const char *line, size_t size, size_t column, size_t width,
	char ret_words[static DIAG_LOOKALIKE_MAX])
{
	bool indented = true;
	size_t at = 1;

	for (size_t i = 0; i < size && at < column + width; at++) {
		const char *name = NULL;
		uint32_t code = 0;
		size_t length = utf8_decode(line + i, size - i, &code);
		const char *instead = length ? diag_lookalike(code, &name) : NULL;

		if (instead && (indented || at + 1 >= column)) {
			char cure[DIAG_LOOKALIKE_CURE_MAX];

			(void)snprintf(ret_words, DIAG_LOOKALIKE_MAX,
				"column %zu is U+%04X, a %s: %s", at, (unsigned)code, name,
				diag_lookalike_cure(instead, cure));
			return true;
		}
		indented = indented && (code == ' ' || code == '\t');
		i += length ? length : 1;
	}
	return false;
}
