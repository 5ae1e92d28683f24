/* SPDX-License-Identifier: MIT */
/* Turns libyaml's errors into words for the author of the map. */
#include "diag_lookalike.h"
#include "utf8.h"
#include "yaml_load.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SLIP_MAX = 128 };

/* libyaml counts from zero. A place that ends on another line gets the caret alone. */
struct diag_place yaml_place(const yaml_mark_t *start, const yaml_mark_t *end)
{
	struct diag_place place = {
		.line = start->line + 1, .column = start->column + 1, .width = 1};

	if (end->line == start->line && end->column > start->column)
		place.width = end->column - start->column;
	return place;
}

static const char no_colon[] = "could not find expected ':'";
static const char no_tabs[] = "YAML takes no tab for indentation: use blanks";

/* The usual cause of each of libyaml's errors, in words for the author of the map. */
static const char *cure_of(const char *problem)
{
	static const struct {
		const char *problem, *cure;
	} cures[] = {
		{"mapping values are not allowed in this context",
			"a text with a colon and a blank in it needs quotes; keys below each other "
			"need the same indentation"},
		{no_colon, "a key is followed by a colon and a blank"},
		{"did not find expected ',' or '}'",
			"a comma or the closing } is missing, or the quotes of a text with a "
			"colon"},
		{"did not find expected ',' or ']'", "a comma or the closing ] is missing"},
		{"block sequence entries are not allowed in this context",
			"the items of a list stand on lines of their own"},
		{"found a tab character that violates indentation", no_tabs},
		{"found a tab character where an indentation space is expected", no_tabs},
		{"did not find expected key", "keys below each other need the same indentation"},
		{"did not find expected '-' indicator",
			"the items of a list need the same indentation"},
		{"found unexpected end of stream", "the closing quote is missing"},
		{"found unknown escape character",
			"a backslash is special in \"...\" quotes, and a plain character in '...'"},
	};

	for (size_t i = 0; i < sizeof(cures) / sizeof(cures[0]); i++) {
		if (strcmp(problem, cures[i].problem) == 0)
			return cures[i].cure;
	}
	return NULL;
}

/* The byte at a mark, whose index counts characters. The text is valid UTF-8. */
static char byte_at(const char *text, size_t size, const yaml_mark_t *mark)
{
	size_t i = 0;

	for (size_t n = 0; n < mark->index && i < size; n++) {
		uint32_t code;
		i += utf8_decode(text + i, size - i, &code);
	}
	return i < size ? text[i] : '\0';
}

/* The first byte of a line, counted from zero, and its size. NULL if there is no such line. */
static const char *find_line(const char *text, size_t size, size_t number, size_t *ret_size)
{
	const char *line = text, *end = text + size;

	while (number-- > 0) {
		line = memchr(line, '\n', (size_t)(end - line));
		if (!line++)
			return NULL;
	}
	const char *stop = memchr(line, '\n', (size_t)(end - line));
	*ret_size = (size_t)((stop ? stop : end) - line);
	return line;
}

static bool is_lookalike(const char *text, size_t size, char of, size_t line, size_t column,
	char hint[static SLIP_MAX])
{
	const char *name = NULL;
	uint32_t code = 0;
	const char *instead = utf8_decode(text, size, &code) ? diag_lookalike(code, &name) : NULL;

	if (!instead || *instead != of)
		return false;
	char cure[DIAG_LOOKALIKE_CURE_MAX];
	(void)snprintf(hint, SLIP_MAX, "line %zu, column %zu is U+%04X, a %s: %s", line + 1, column,
		(unsigned)code, name, diag_lookalike_cure(instead, cure));
	return true;
}

/* True for a key with a wrong colon, or with no blank after it: "mqtt\uff1a", "url:mqtt://x". */
static bool is_half_a_key(const char *line, size_t size, size_t number, char hint[static SLIP_MAX])
{
	size_t at = 0, column = 1;

	while (at < size && (line[at] == ' ' || line[at] == '-'))
		at++, column++;
	size_t word = at;
	while (at < size && (line[at] == '_' || isalnum((unsigned char)line[at])))
		at++, column++;
	if (at == word || at >= size)
		return false;
	if (line[at] == ':') {
		size_t rest = size - at - 1;
		if (rest == 0 || strchr(" \r\t", line[at + 1]) ||
			(rest >= 2 && strncmp(line + at + 1, "//", 2) == 0))
			return false;
		if (is_lookalike(line + at + 1, rest, ' ', number, column + 1, hint))
			return true;
		(void)snprintf(hint, SLIP_MAX, "line %zu: write a blank after the colon of %.*s",
			number + 1, (int)(at - word > 40 ? 40 : at - word), line + word);
		return true;
	}
	return is_lookalike(line + at, size - at, ':', number, column, hint);
}

/* True for an item of a list without the blank: "-{name: red}", "-name: red". */
static bool is_half_an_item(
	const char *line, size_t size, size_t number, char hint[static SLIP_MAX])
{
	size_t at = 0;

	while (at < size && line[at] == ' ')
		at++;
	if (at + 1 >= size || line[at] != '-' ||
		(line[at + 1] != '{' && !isalpha((unsigned char)line[at + 1])))
		return false;
	(void)snprintf(hint, SLIP_MAX, "line %zu: write a blank after the dash", number + 1);
	return true;
}

/* True for a word alone. A key below it makes no sense to YAML. */
static bool is_word_alone(const char *line, size_t size, size_t number, char hint[static SLIP_MAX])
{
	size_t begin = 0, end;

	while (begin < size && line[begin] == ' ')
		begin++;
	end = begin;
	while (end < size && (line[end] == '_' || isalnum((unsigned char)line[end])))
		end++;
	for (size_t at = end; at < size; at++)
		if (!strchr(" \r", line[at]))
			return false;
	if (end == begin)
		return false;
	(void)snprintf(hint, SLIP_MAX, "line %zu: put a colon behind %.*s", number + 1,
		(int)(end - begin > 40 ? 40 : end - begin), line + begin);
	return true;
}

/* Finds the first lookalike of a YAML sign outside quotes, between the start of the line and the
 * place. Since it does not end its text, what follows belongs to the same text. */
static bool is_lookalike_before(
	const char *line, size_t size, const yaml_mark_t *mark, char hint[static SLIP_MAX])
{
	char quote = '\0';
	size_t at = 0;

	for (size_t column = 0; column < mark->column && at < size; column++) {
		const char *name, *instead;
		uint32_t code = 0;
		size_t length = utf8_decode(line + at, size - at, &code);

		instead = quote ? NULL : diag_lookalike(code, &name);
		if (instead && strchr(":,[]{}", *instead) && *instead)
			return is_lookalike(
				line + at, size - at, *instead, mark->line, column + 1, hint);
		if (code == (unsigned char)quote)
			quote = '\0';
		else if (!quote && (code == '"' || code == '\''))
			quote = (char)code;
		at += length ? length : 1;
	}
	return false;
}

/* Finds a key that YAML took for a text and read on: on this line or on the one before. */
static const char *find_slip(
	const char *text, size_t size, const yaml_mark_t *mark, char hint[static SLIP_MAX])
{
	size_t length = 0;

	for (size_t i = mark->line > 0 ? mark->line - 1 : 0; i <= mark->line; i++) {
		const char *line = find_line(text, size, i, &length);
		if (line &&
			(is_half_a_key(line, length, i, hint) ||
				is_half_an_item(line, length, i, hint) ||
				(i < mark->line && is_word_alone(line, length, i, hint))))
			return hint;
	}
	const char *line = find_line(text, size, mark->line, &length);
	return line && is_lookalike_before(line, length, mark, hint) ? hint : NULL;
}

/* One that was never opened ends the block for libyaml. */
static const char *cure_of_bracket(char sign, const char *otherwise)
{
	if (sign == '}')
		return "this } closes nothing: leave it out";
	return sign == ']' ? "this ] closes nothing: leave it out" : otherwise;
}

int yaml_syntax_error(const yaml_parser_t *parser, const char *text, size_t size, struct diag *diag)
{
	const char *problem = parser->problem ? parser->problem : "this is no YAML";
	const yaml_mark_t *mark = &parser->problem_mark, *context = &parser->context_mark;

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;

	char slip[SLIP_MAX];
	const char *cure = find_slip(text, size, mark, slip);
	if (!cure)
		cure = cure_of(problem);
	if (strcmp(problem, "found character that cannot start any token") == 0)
		cure = byte_at(text, size, mark) == '\t'
			? no_tabs
			: "a text that begins with this character needs quotes";
	if (strcmp(problem, "did not find expected '-' indicator") == 0 ||
		strcmp(problem, "did not find expected key") == 0)
		cure = cure_of_bracket(byte_at(text, size, mark), cure);
	if (!parser->context || context->index == mark->index) {
		diag_error(diag, yaml_place(mark, mark), cure, "%s", problem);
	} else if (byte_at(text, size, mark) == '\0' || strcmp(problem, no_colon) == 0) {
		/* Points to where the mistake began; the place where libyaml noticed it does not
		 * help. */
		diag_error(diag, yaml_place(context, context), cure, "%s %s that begins here",
			problem, parser->context);
	} else {
		diag_error(diag, yaml_place(mark, mark), cure,
			"%s %s that begins on line %zu, column %zu", problem, parser->context,
			context->line + 1, context->column + 1);
	}
	return -EINVAL;
}
