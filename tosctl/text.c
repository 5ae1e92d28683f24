/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

static bool is_utf8;

void text_init(void)
{
	(void)setlocale(LC_ALL, "");
	is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	/* Messages are UTF-8, whatever the terminal is, and their numbers have a point. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	(void)setlocale(LC_NUMERIC, "C");
}

bool text_is_utf8(void)
{
	return is_utf8;
}

bool text_has_colors(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no_color && *no_color) && term && strcmp(term, "dumb") != 0 && isatty(fileno(out));
}

void text_color(FILE *out, enum text_color color)
{
	static const char *const CODES[] = {"0", "1", "32", "31", "33", "2"};

	if (text_has_colors(out))
		fprintf(out, "\033[%sm", CODES[color]);
}

/* One character: its bytes, and its columns; of what is no character or steers a terminal 1, and
 * *ret_shown is false. */
static size_t next(const char *text, size_t size, int *ret_columns, bool *ret_shown)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t bytes = mbrtowc(&wide, text, size, &state);
	int columns = bytes > 0 && bytes <= size ? wcwidth(wide) : -1;

	*ret_shown = columns >= 0;
	*ret_columns = columns >= 0 ? columns : 1;
	return bytes > 0 && bytes <= size ? bytes : 1;
}

int text_width(const char *text)
{
	size_t size = strlen(text);
	int width = 0;

	while (size > 0) {
		int columns;
		bool shown;
		size_t bytes = next(text, size, &columns, &shown);

		width += columns;
		text += bytes;
		size -= bytes;
	}
	return width;
}

/* At most that many columns. Returns how many. */
static int print(FILE *out, const char *text, size_t size, int limit)
{
	int width = 0;

	while (size > 0) {
		int columns;
		bool shown;
		size_t bytes = next(text, size, &columns, &shown);

		if (width + columns > limit)
			break;
		if (shown)
			(void)fwrite(text, 1, bytes, out);
		else
			(void)fputc('?', out);
		width += columns;
		text += bytes;
		size -= bytes;
	}
	return width;
}

void text_print(FILE *out, const char *text, size_t size)
{
	(void)print(out, text, size, 1 << 30);
}

void text_pad(FILE *out, const char *text, int columns)
{
	int width = print(out, text, strlen(text), columns);

	fprintf(out, "%*s", columns - width, "");
}

void text_print_duration(FILE *out, uint64_t ms)
{
	static const struct {
		uint64_t ms;
		const char *unit;
	} UNITS[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}};

	for (size_t i = 0; i < 4; i++) {
		uint64_t rest = ms % UNITS[i].ms;

		if (ms < UNITS[i].ms)
			continue;
		fprintf(out, "%" PRIu64 " %s", ms / UNITS[i].ms, UNITS[i].unit);
		if (i < 3 && rest / UNITS[i + 1].ms > 0)
			fprintf(out, " %" PRIu64 " %s", rest / UNITS[i + 1].ms, UNITS[i + 1].unit);
		return;
	}
	fprintf(out, "%" PRIu64 " ms", ms);
}
