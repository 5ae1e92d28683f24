/* SPDX-License-Identifier: MIT */
#include "derived.h"

#include <string.h>

const struct derived *derived_find(const char *name)
{
	for (const struct derived *const *derived = derived_table; *derived; derived++) {
		if (strcmp((*derived)->name, name) == 0)
			return *derived;
	}
	return NULL;
}

const struct derived_source *derived_source(const struct derived *derived, size_t index)
{
	return &derived->sources[index < derived->n_sources ? index : derived->n_sources - 1];
}
