/* SPDX-License-Identifier: MIT */
/* Topics below the map's root. Without printf(), which would be the largest cost of an answer. */
#pragma once

#include <stdbool.h>
#include <string.h>

enum { TOPIC_MAX = 512 }; /* of a whole topic, in bytes, with the final NUL */

/* ROOT/name, cut at TOPIC_MAX. */
static inline void topic_below(char out[static TOPIC_MAX], const char *root, const char *name)
{
	size_t root_size = strnlen(root, TOPIC_MAX - 2);
	size_t name_size = strnlen(name, TOPIC_MAX - 2 - root_size);

	memcpy(out, root, root_size);
	out[root_size] = '/';
	memcpy(out + root_size + 1, name, name_size);
	out[root_size + 1 + name_size] = '\0';
}

/*
 * Returns true if the topic is one of the filter, in which a level may be the wildcard +.
 * *ret_levels: what stands in the topic from the first wildcard on; NULL: there is none.
 */
static inline bool topic_matches(const char *filter, const char *topic, const char **ret_levels)
{
	const char *levels = NULL;

	while (*filter && (*filter == '+' || *filter == *topic)) {
		if (*filter++ != '+') {
			topic++;
			continue;
		}
		if (!levels)
			levels = topic;
		topic += strcspn(topic, "/");
	}
	*ret_levels = levels;
	return !*filter && !*topic;
}
