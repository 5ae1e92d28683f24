/* SPDX-License-Identifier: MIT */
#include "near.h"

#include "diag.h"
#include <stdio.h>
#include <string.h>

void near_add(char *sentence, size_t size, const char *word, const char *const *names)
{
	const char *nearest = word ? diag_nearest(word, names) : NULL;
	size_t used = strlen(sentence);

	if (nearest) {
		(void)snprintf(sentence + used, size - used, "; did you mean \"%s\"?", nearest);
		return;
	}
	for (size_t i = 0; names[i] && used < size; i++)
		used += (size_t)snprintf(
			sentence + used, size - used, "%s%s", i ? ", " : "; there are: ", names[i]);
}
