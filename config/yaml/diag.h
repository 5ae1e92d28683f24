/* SPDX-License-Identifier: MIT */
/*
 * Mistakes in a text and their places: each with file, line, column, the line itself, a caret and,
 * if there is one, the cure.
 *
 *   tosd.yaml:12:21: error: unknown driver "bme28"
 *     climate: {driver: bme28, bus: /dev/i2c-1}
 *                       ^~~~~
 *     did you mean "bme280"?
 *
 * A warning looks the same but is no mistake: the text may be meant as it is.
 *
 * Belongs to one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct diag;

/* A place in the text: counted from 1, columns in characters. The caret underlines width
 * characters, at least 1. line 0: the file as a whole. */
struct diag_place {
	size_t line, column, width;
};

enum { DIAG_MAX = 100 }; /* further mistakes, or further warnings, are only counted */

/* name is printed before each message ("tosd.yaml"). */
int diag_new(const char *name, struct diag **ret_diag);

/* The text that places refer to; copied. */
int diag_set_text(struct diag *diag, const char *text, size_t size);

/* Adds a mistake. hint is the last line ("did you mean ...?") or NULL. */
void diag_error(struct diag *diag, struct diag_place place, const char *hint, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* Adds a warning. hint: what to do, or NULL. */
void diag_warning(struct diag *diag, struct diag_place place, const char *hint, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* The number of mistakes, without warnings. */
size_t diag_count(const struct diag *diag);

size_t diag_count_warnings(const struct diag *diag);

/*
 * Prints all mistakes and warnings in the order of their places and, if there are several, their
 * numbers at the end. If a mistake's text has a character that only looks like one of YAML's (a
 * no-break space, a curly quote), a line names it.
 */
void diag_print(const struct diag *diag, FILE *out);

/*
 * The one of the NULL-terminated words that the user probably meant: at most a third of its letters
 * differ (swapped neighbours count once). NULL if none is near. Pure.
 */
const char *diag_nearest(const char *word, const char *const *words);

/* Returns NULL; diag may be NULL. */
struct diag *diag_free(struct diag *diag);
