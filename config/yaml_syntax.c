/* SPDX-License-Identifier: MIT */
/* libyaml's complaints in the words of who wrote the map. */
#include "utf8.h"
#include "yaml_load.h"
#include <errno.h>
#include <string.h>

/* libyaml counts from zero. What ends on another line gets the caret alone. */
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

/* libyaml's words, and what they mostly mean to who wrote the map. */
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

/* The byte at a mark, whose index counts characters. The text is known to be UTF-8. */
static char byte_at(const char *text, size_t size, const yaml_mark_t *mark)
{
	size_t i = 0;

	for (size_t n = 0; n < mark->index && i < size; n++) {
		uint32_t code;
		i += utf8_decode(text + i, size - i, &code);
	}
	return i < size ? text[i] : '\0';
}

int yaml_syntax_error(const yaml_parser_t *parser, const char *text, size_t size, struct diag *diag)
{
	const char *problem = parser->problem ? parser->problem : "this is no YAML";
	const yaml_mark_t *mark = &parser->problem_mark, *context = &parser->context_mark;

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;

	const char *cure = cure_of(problem);
	if (strcmp(problem, "found character that cannot start any token") == 0)
		cure = byte_at(text, size, mark) == '\t'
			? no_tabs
			: "a text that begins with this character needs quotes";
	if (!parser->context || context->index == mark->index) {
		diag_error(diag, yaml_place(mark, mark), cure, "%s", problem);
	} else if (byte_at(text, size, mark) == '\0' || strcmp(problem, no_colon) == 0) {
		/* It went wrong where it began; where libyaml noticed is of no help. */
		diag_error(diag, yaml_place(context, context), cure, "%s %s that begins here",
			problem, parser->context);
	} else {
		diag_error(diag, yaml_place(mark, mark), cure,
			"%s %s that begins on line %zu, column %zu", problem, parser->context,
			context->line + 1, context->column + 1);
	}
	return -EINVAL;
}
