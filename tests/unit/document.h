/* SPDX-License-Identifier: MIT */
/*
 * A manual, or another document, that a test compares with the tables. Include cmocka's headers
 * before.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The whole text, to be freed. NULL: it cannot be read. */
static inline char *document_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

/* Fails if the part is not in it, and prints what belongs there: too long for cmocka's messages. */
static inline void document_must_have(const char *document, const char *part, const char *name)
{
	if (strstr(document, part))
		return;
	(void)fprintf(stderr, "%s is not this:\n%s", name, part);
	fail();
}
