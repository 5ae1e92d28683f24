/* SPDX-License-Identifier: MIT */
#include "output_kind.h"

#include <errno.h>
#include <string.h>

const struct output_kind *output_kind_find(const char *word)
{
	for (const struct output_kind *const *kind = output_kind_table; *kind; kind++) {
		if (strcmp((*kind)->word, word) == 0)
			return *kind;
	}
	return NULL;
}

size_t output_kind_index(const struct output_kind *kind)
{
	size_t index = 0;

	while (output_kind_table[index] && output_kind_table[index] != kind)
		index++;
	return index;
}

int output_key_find(const struct output_kind *kind, const char *name)
{
	for (size_t i = 0; i < kind->n_keys; i++) {
		if (strcmp(kind->keys[i].name, name) == 0)
			return (int)i;
	}
	return -ENOENT;
}

struct output_values output_kind_initial(const struct output_kind *kind)
{
	struct output_values values = {0};

	for (size_t i = 0; i < kind->n_keys; i++) {
		if (!kind->keys[i].is_stop_only)
			output_values_set(&values, i, kind->keys[i].initial);
	}
	return values;
}
