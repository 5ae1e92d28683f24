/* SPDX-License-Identifier: MIT */
/* Shrinks messages that are larger than a broker takes. */
#include "payload.h"

#include <string.h>

/* Where the contents of an answer begin. In a string of its id the quotes would be escaped. */
static char *find_contents(char *text, size_t size)
{
	static const char ERRORS[] = ",\"errors\":[", APPLIED[] = ",\"applied\":{";
	char *mark = memmem(text, size, ERRORS, sizeof(ERRORS) - 1);

	return mark ? mark : memmem(text, size, APPLIED, sizeof(APPLIED) - 1);
}

/* What was done is done, so "ok" stays as it is. */
static bool cut_answer(char *text, size_t *size)
{
	static const char DONE[] = "{\"ok\":true", FAILED[] = "{\"ok\":false";
	static const char CUT[] = ",\"cut\":true}";
	static const char WHY[] = ",\"errors\":[{\"path\":\"\",\"reason\":\"the answer is larger "
				  "than this broker takes\"}],\"cut\":true}";
	bool is_done = *size > sizeof(DONE) && memcmp(text, DONE, sizeof(DONE) - 1) == 0;
	const char *end = is_done ? CUT : WHY;
	size_t end_size = is_done ? sizeof(CUT) - 1 : sizeof(WHY) - 1;
	char *mark = find_contents(text, *size);

	if (!is_done && (*size <= sizeof(FAILED) || memcmp(text, FAILED, sizeof(FAILED) - 1) != 0))
		return false;
	if (!mark || (size_t)(mark - text) + end_size >= *size)
		return false;
	memcpy(mark, end, end_size);
	*size = (size_t)(mark - text) + end_size;
	return true;
}

bool payload_cut(void *payload, size_t *size)
{
	return cut_answer(payload, size) || payload_cut_about(payload, size);
}
