/* SPDX-License-Identifier: MIT */
/*
 * Characters that look like YAML's but are others. Word processors, web pages and the keyboards of
 * East Asia produce them, and nobody sees the difference. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIAG_LOOKALIKE_MAX = 128, DIAG_LOOKALIKE_CURE_MAX = 32 };

/* The YAML character that code looks like (" ", ":", "\""; "" for nothing), with its name in
 * *ret_name. NULL: it is no lookalike. */
const char *diag_lookalike(uint32_t code, const char **ret_name);

/* "write : there" or "leave it out", for a result of diag_lookalike(). */
const char *diag_lookalike_cure(const char *instead, char buffer[static DIAG_LOOKALIKE_CURE_MAX]);

/*
 * Looks for a lookalike in the part of a line that a mistake is about (width characters from column
 * on, counted from 1), in the character before it, and in the indentation. True: the text names the
 * first one found, its place and what to write instead. line is size bytes, without its end.
 */
bool diag_lookalike_find(const char *line, size_t size, size_t column, size_t width,
	char ret_words[static DIAG_LOOKALIKE_MAX]);
