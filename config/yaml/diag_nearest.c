/* SPDX-License-Identifier: MIT */
/*
 * "did you mean": the restricted Damerau-Levenshtein distance (optimal string alignment). Swapped
 * neighbours cost one, and no part of the word is edited twice.
 */
#include "diag.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	WORD_MAX = 48,     /* longer than any word that can be meant */
	BEGINNING_MIN = 3, /* fewer letters do not count as the beginning of a word */
};

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Upper and lower case count as the same letter: "MQTT" is near "mqtt". */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	memset(rows, 0, sizeof(rows));
	for (size_t j = 0; j <= b_size; j++)
		above[j] = j;
	for (size_t i = 1; i <= a_size; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_size; j++) {
			size_t wrong = same_letter(a[i - 1], b[j - 1]) ? 0 : 1;
			row[j] = min_size(above[j - 1] + wrong, min_size(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
				same_letter(a[i - 2], b[j - 1]))
				row[j] = min_size(row[j], before[j - 2] + 1);
		}
		size_t *oldest = before;
		before = above;
		above = row;
		row = oldest;
	}
	return above[b_size];
}

/* The only word that begins with the given one: "password_file" for "password". */
static const char *begins_with(const char *word, size_t word_size, const char *const *words)
{
	const char *found = NULL;

	if (word_size < BEGINNING_MIN)
		return NULL;
	for (size_t i = 0; words[i]; i++) {
		if (strncasecmp(words[i], word, word_size) != 0)
			continue;
		if (found)
			return NULL;
		found = words[i];
	}
	return found;
}

const char *diag_nearest(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	size_t least = WORD_MAX, word_size = strlen(word);

	if (word_size > WORD_MAX)
		return NULL;
	for (size_t i = 0; words[i]; i++) {
		size_t size = strlen(words[i]);
		if (size > WORD_MAX)
			continue;
		size_t longer = size > word_size ? size : word_size;
		size_t allowed = longer / 3;
		if (longer - min_size(size, word_size) > allowed)
			continue;
		size_t wrong = distance(word, word_size, words[i], size);
		if (wrong <= allowed && wrong < least) {
			least = wrong;
			nearest = words[i];
		}
	}
	return nearest ? nearest : begins_with(word, word_size, words);
}
