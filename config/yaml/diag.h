/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a text, and where: every mistake with file, line, column, the line itself, a
 * caret and, where there is one, the cure.
 *
 *   tosd.yaml:12:21: error: unknown driver "bme28"
 *     climate: {driver: bme28, bus: /dev/i2c-1}
 *                       ^~~~~
 *     did you mean "bme280"?
 *
 * A warning looks the same and is no mistake: what it is about may be meant.
 *
 * Belongs to one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct diag;

/* A place in the text: counted from 1, columns in characters. width is what the caret underlines,
 * at least 1. line 0: the file as a whole. */
struct diag_place {
	size_t line, column, width;
};

enum { DIAG_MAX = 100 }; /* more mistakes, or more warnings, than this are only counted */

/* name is shown in front of each line ("tosd.yaml"). */
int diag_new(const char *name, struct diag **ret_diag);

/* The text that places refer to; copied. */
int diag_set_text(struct diag *diag, const char *text, size_t size);

/* Adds a mistake. hint is the last line ("did you mean ...?") or NULL. */
void diag_error(struct diag *diag, struct diag_place place, const char *hint, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* Adds a warning. hint: what to do, or NULL. */
void diag_warning(struct diag *diag, struct diag_place place, const char *hint, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* Mistakes; warnings do not count. */
size_t diag_count(const struct diag *diag);

size_t diag_count_warnings(const struct diag *diag);

/*
 * All mistakes and warnings in the order of their places, and last lines with their numbers when
 * there are several. A mistake in whose text there is a character that only looks like the one that
 * YAML wants (a no-break space, a curly quote) gets a line that names it.
 */
void diag_print(const struct diag *diag, FILE *out);

/*
 * Of the NULL-terminated words the one that the user probably meant: at most a third of the letters
 * are wrong (swapped neighbours count once). NULL when none is near. Pure.
 */
const char *diag_nearest(const char *word, const char *const *words);

/* Returns NULL; diag may be NULL. */
struct diag *diag_free(struct diag *diag);
