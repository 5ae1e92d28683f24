/* SPDX-License-Identifier: MIT */
/* Topics below the map's root. Without printf(), which would be the dearest part of an answer. */
#pragma once

#include "outbox.h"
#include <string.h>

/* ROOT/name; what is beyond OUTBOX_TOPIC_MAX is cut. */
static inline void topic_below(
	char out[static OUTBOX_TOPIC_MAX], const char *root, const char *name)
{
	size_t root_size = strnlen(root, OUTBOX_TOPIC_MAX - 2);
	size_t name_size = strnlen(name, OUTBOX_TOPIC_MAX - 2 - root_size);

	memcpy(out, root, root_size);
	out[root_size] = '/';
	memcpy(out + root_size + 1, name, name_size);
	out[root_size + 1 + name_size] = '\0';
}
