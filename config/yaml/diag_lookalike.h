/* SPDX-License-Identifier: MIT */
/*
 * Characters that look like the ones of YAML and are others: word processors, web pages and the
 * keyboards of East Asia put them there, and nobody sees the difference. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIAG_LOOKALIKE_MAX = 128, DIAG_LOOKALIKE_CURE_MAX = 32 };

/* What stands for it in YAML (" ", ":", "\"", "": nothing), with its name in *ret_name; NULL: it is
 * none. */
const char *diag_lookalike(uint32_t code, const char **ret_name);

/* "write : there", "leave it out": of what diag_lookalike() returned. */
const char *diag_lookalike_cure(const char *instead, char buffer[static DIAG_LOOKALIKE_CURE_MAX]);

/*
 * Looks at the part of a line that a mistake is about, width characters from column on (counted
 * from 1), at the character before it, and at the indentation. True: what names the first one that
 * is there, where and what to write instead. line is size bytes, without its end.
 */
bool diag_lookalike_find(const char *line, size_t size, size_t column, size_t width,
	char ret_words[static DIAG_LOOKALIKE_MAX]);
