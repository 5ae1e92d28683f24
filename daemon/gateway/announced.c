/* SPDX-License-Identifier: MIT */
#include "announced.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 1024, STEP_BYTES = 4096 };

static bool make_room(struct announced *announced, size_t size)
{
	size_t room = announced->room;
	char *text;

	while (room < announced->size + size)
		room += room > 0 ? room : STEP_BYTES;
	if (room == announced->room)
		return true;
	text = room <= ANNOUNCED_BYTES_MAX ? realloc(announced->text, room) : NULL;
	if (!text)
		return false;
	announced->text = text;
	announced->room = room;
	return true;
}

static void append(struct announced *announced, const char *text, size_t size)
{
	if (!make_room(announced, size + 1)) {
		announced->is_cut = true;
		return;
	}
	memcpy(announced->text + announced->size, text, size);
	announced->text[announced->size + size] = '\n';
	announced->size += size + 1;
}

void announced_add(struct announced *announced, const char *format, ...)
{
	char text[LINE_BYTES];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (size > 0 && (size_t)size < sizeof(text))
		append(announced, text, (size_t)size);
	else
		announced->is_cut = true;
}

bool announced_next(const struct announced *announced, size_t *at, struct announced_line *ret_line)
{
	const char *text = announced->text + *at;
	const char *end = *at < announced->size ? memchr(text, '\n', announced->size - *at) : NULL;

	if (!end)
		return false;
	*ret_line = (struct announced_line){text, (size_t)(end - text)};
	*at += ret_line->size + 1;
	return true;
}

bool announced_has(const struct announced *announced, const struct announced_line *line)
{
	const char *text = announced->text, *found;
	size_t left = announced->size;

	while (left > 0 && (found = memmem(text, left, line->text, line->size))) {
		size_t before = (size_t)(found - text);

		if ((found == announced->text || found[-1] == '\n') && before + line->size < left &&
			found[line->size] == '\n')
			return true;
		text = found + 1;
		left -= before + 1;
	}
	return false;
}

void announced_merge(struct announced *announced, const struct announced *more)
{
	struct announced_line line;

	if (announced->size == more->size &&
		(more->size == 0 || memcmp(announced->text, more->text, more->size) == 0))
		return;
	for (size_t at = 0; announced_next(more, &at, &line);)
		if (!announced_has(announced, &line))
			append(announced, line.text, line.size);
}

void announced_clear(struct announced *announced)
{
	free(announced->text);
	*announced = (struct announced){.text = NULL};
}

void announced_move(struct announced *announced, struct announced *other)
{
	free(announced->text);
	*announced = *other;
	*other = (struct announced){.text = NULL};
}
