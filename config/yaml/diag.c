/* SPDX-License-Identifier: MIT */
#include "diag.h"
#include "diag_lookalike.h"
#include "utf8.h"
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
	SHOWN_MAX = 160,   /* characters of a source line; a longer one is cut around the place */
	SHOWN_BEFORE = 60, /* of these, at most before the place */
};

enum severity { MISTAKE, WARNING, SEVERITIES };

/* The words for each severity: before its message, and in the count. */
static const struct {
	const char *label, *plural;
} WORDS[SEVERITIES] = {{"error", "mistakes"}, {"warning", "warnings"}};

struct note {
	enum severity severity;
	struct diag_place place;
	char *message, *hint; /* message is NULL if memory ran out */
};

struct diag {
	char *name, *text;
	size_t size; /* of text, bytes */
	struct note notes[SEVERITIES][DIAG_MAX];
	size_t count[SEVERITIES]; /* of all, including those that were not kept */
};

int diag_new(const char *name, struct diag **ret_diag)
{
	struct diag *diag = calloc(1, sizeof(*diag));

	if (!diag)
		return -ENOMEM;
	diag->name = strdup(name);
	if (!diag->name) {
		diag_free(diag);
		return -ENOMEM;
	}
	*ret_diag = diag;
	return 0;
}

int diag_set_text(struct diag *diag, const char *text, size_t size)
{
	char *copy = malloc(size + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, size);
	copy[size] = '\0';
	free(diag->text);
	diag->text = copy;
	diag->size = size;
	return 0;
}

__attribute__((format(printf, 5, 0))) static void add(struct diag *diag, enum severity severity,
	struct diag_place place, const char *hint, const char *format, va_list arguments)
{
	if (diag->count[severity]++ >= DIAG_MAX)
		return;

	struct note *note = &diag->notes[severity][diag->count[severity] - 1];

	note->severity = severity;
	note->place = place;
	note->hint = hint ? strdup(hint) : NULL;
	if (vasprintf(&note->message, format, arguments) < 0)
		note->message = NULL;
}

void diag_error(
	struct diag *diag, struct diag_place place, const char *hint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(diag, MISTAKE, place, hint, format, arguments);
	va_end(arguments);
}

void diag_warning(
	struct diag *diag, struct diag_place place, const char *hint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(diag, WARNING, place, hint, format, arguments);
	va_end(arguments);
}

size_t diag_count(const struct diag *diag)
{
	return diag->count[MISTAKE];
}

size_t diag_count_warnings(const struct diag *diag)
{
	return diag->count[WARNING];
}

static bool is_shown(uint32_t code)
{
	return utf8_printable(code) && !utf8_turns(code);
}

/* Text from a stranger must not control the terminal that shows it, so a question mark stands for
 * every character that is not printable. Returns the bytes taken. */
static size_t put_character(const char *text, size_t size, FILE *out)
{
	uint32_t code = 0;
	size_t length = utf8_decode(text, size, &code);

	if (length && (is_shown(code) || code == '\t'))
		fwrite(text, 1, length, out);
	else
		fputc('?', out);
	return length ? length : 1;
}

static void put_text(const char *text, FILE *out)
{
	size_t size = strlen(text);

	for (size_t i = 0; i < size;)
		i += put_character(text + i, size - i, out);
}

/* The length of a character; a byte that is not UTF-8 counts as one character. */
static size_t character_length(const char *text, size_t size)
{
	uint32_t code;
	size_t length = utf8_decode(text, size, &code);

	return length ? length : 1;
}

/* The number of a terminal's columns that a character takes: two for most of East Asia's, none for
 * a combining accent. */
static size_t character_width(const char *text, size_t size)
{
	uint32_t code;
	int width = utf8_decode(text, size, &code) && is_shown(code) ? wcwidth((wchar_t)code) : 1;

	return width < 0 ? 1 : (size_t)width;
}

/*
 * The first byte of a line, and its size without the line break. NULL if there is no such line.
 */
static const char *find_line(const struct diag *diag, size_t number, size_t *ret_size)
{
	const char *line = diag->text, *end = diag->text + diag->size;

	if (!line || number == 0)
		return NULL;
	for (; --number; line++) {
		line = memchr(line, '\n', (size_t)(end - line));
		if (!line)
			return NULL;
	}
	const char *stop = memchr(line, '\n', (size_t)(end - line));
	size_t size = (size_t)((stop ? stop : end) - line);
	if (size && line[size - 1] == '\r')
		size--;
	*ret_size = size;
	return line;
}

/* The visible part of a line. */
struct text {
	const char *bytes;
	size_t size;
};

/* Prints the mark once for each column of the text's first character, and removes the character. */
static void mark_character(struct text *text, const char *marks, FILE *out)
{
	size_t width = text->size ? character_width(text->bytes, text->size) : 1;
	size_t length = text->size ? character_length(text->bytes, text->size) : 0;

	if (width == 0 && *marks == '^')
		width = 1; /* the caret must point somewhere */
	for (size_t i = 0; i < width; i++)
		fputc(marks[i > 0], out);
	text->bytes += length;
	text->size -= length;
}

/* Prints the caret below that text, whose first character is at that column of the line. */
static void print_caret(
	const struct text *shown, const struct diag_place *place, size_t column, FILE *out)
{
	struct text text = *shown;

	for (; column < place->column; column++)
		mark_character(&text, text.size && *text.bytes == '\t' ? "\t" : "  ", out);
	mark_character(&text, "^~", out);
	for (size_t i = 1; i < place->width && text.size; i++)
		mark_character(&text, "~~", out);
}

/*
 * Prints the line without its indentation, and the caret below. Tabs stay tabs in both, so that the
 * caret lines up with any tab width.
 */
static void print_line(
	const char *line, size_t size, const struct diag_place *place, size_t from, FILE *out)
{
	size_t begin = 0, column = 1, shown = 0;

	for (; column < from && begin < size; column++)
		begin += character_length(line + begin, size - begin);
	fputs("  ", out);
	size_t end = begin;
	for (; end < size && shown < SHOWN_MAX; shown++)
		end += put_character(line + end, size - end, out);
	fputs(end < size ? "...\n  " : "\n  ", out);

	print_caret(&(struct text){line + begin, end - begin}, place, column, out);
	fputc('\n', out);
}

/* The first column shown: after the indentation, but never after the place. */
static size_t first_column(const char *line, size_t size, size_t column)
{
	size_t indentation = 0;

	while (indentation < size && (line[indentation] == ' ' || line[indentation] == '\t'))
		indentation++;
	if (column > indentation + SHOWN_MAX - SHOWN_BEFORE)
		return column - SHOWN_BEFORE;
	return indentation < column ? indentation + 1 : column;
}

static void print_hint(const char *hint, FILE *out)
{
	fputs("  ", out);
	put_text(hint, out);
	fputc('\n', out);
}

static void print_note(const struct diag *diag, const struct note *note, FILE *out)
{
	const struct diag_place *place = &note->place;
	const char *label = WORDS[note->severity].label;
	char lookalike[DIAG_LOOKALIKE_MAX];

	if (place->line)
		fprintf(out, "%s:%zu:%zu: %s: ", diag->name, place->line, place->column, label);
	else
		fprintf(out, "%s: %s: ", diag->name, label);
	put_text(note->message ? note->message : "out of memory", out);
	fputc('\n', out);

	size_t size = 0;
	const char *line = find_line(diag, place->line, &size);
	if (line && size)
		print_line(line, size, place, first_column(line, size, place->column), out);
	if (line && note->severity == MISTAKE &&
		diag_lookalike_find(line, size, place->column, place->width, lookalike))
		print_hint(lookalike, out);
	if (note->hint)
		print_hint(note->hint, out);
}

static int compare_places(const void *a, const void *b)
{
	const struct note *first = *(const struct note *const *)a;
	const struct note *second = *(const struct note *const *)b;

	if (first->place.line != second->place.line)
		return first->place.line < second->place.line ? -1 : 1;
	if (first->place.column != second->place.column)
		return first->place.column < second->place.column ? -1 : 1;
	return first < second ? -1 : 1; /* same place: mistakes first, in the order of discovery */
}

static size_t kept(const struct diag *diag, enum severity severity)
{
	return diag->count[severity] < DIAG_MAX ? diag->count[severity] : DIAG_MAX;
}

static void print_sums(const struct diag *diag, FILE *out)
{
	for (enum severity i = 0; i < SEVERITIES; i++) {
		if (diag->count[i] > DIAG_MAX)
			fprintf(out, "%s: %zu %s, %d of them are shown\n", diag->name,
				diag->count[i], WORDS[i].plural, DIAG_MAX);
		else if (diag->count[i] > 1)
			fprintf(out, "%s: %zu %s\n", diag->name, diag->count[i], WORDS[i].plural);
	}
}

void diag_print(const struct diag *diag, FILE *out)
{
	/* For wcwidth(). Without this locale, every character counts as one column. */
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
	const struct note *sorted[SEVERITIES * DIAG_MAX];
	size_t n = 0;

	for (enum severity severity = 0; severity < SEVERITIES; severity++) {
		for (size_t i = 0; i < kept(diag, severity); i++)
			sorted[n++] = &diag->notes[severity][i];
	}
	qsort(sorted, n, sizeof(sorted[0]), compare_places);
	for (size_t i = 0; i < n; i++)
		print_note(diag, sorted[i], out);
	print_sums(diag, out);
	if (utf8) {
		(void)uselocale(before);
		freelocale(utf8);
	}
}

struct diag *diag_free(struct diag *diag)
{
	if (!diag)
		return NULL;
	for (enum severity severity = 0; severity < SEVERITIES; severity++) {
		for (size_t i = 0; i < DIAG_MAX; i++) {
			free(diag->notes[severity][i].message);
			free(diag->notes[severity][i].hint);
		}
	}
	free(diag->text);
	free(diag->name);
	free(diag);
	return NULL;
}
