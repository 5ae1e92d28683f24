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

enum { DIAG_MAX = 100 }; /* more mistakes than this are only counted */

/* name is shown in front of each line ("tosd.yaml"). */
int diag_new(const char *name, struct diag **ret_diag);

/* The text that places refer to; copied. */
int diag_set_text(struct diag *diag, const char *text, size_t size);

/* Adds a mistake. hint is the last line ("did you mean ...?") or NULL. */
void diag_error(struct diag *diag, struct diag_place place, const char *hint, const char *format,
	...) __attribute__((format(printf, 4, 5)));

size_t diag_count(const struct diag *diag);

/* All mistakes in the order of their places, and a last line with their number when there are
 * several. */
void diag_print(const struct diag *diag, FILE *out);

/*
 * Of the NULL-terminated words the one that the user probably meant: at most a third of the letters
 * are wrong (swapped neighbours count once). NULL when none is near. Pure.
 */
const char *diag_nearest(const char *word, const char *const *words);

/* Returns NULL; diag may be NULL. */
struct diag *diag_free(struct diag *diag);
