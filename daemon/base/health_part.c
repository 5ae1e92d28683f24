/* SPDX-License-Identifier: MIT */
#include "health_part.h"
#include <stdio.h>
#include <string.h>

bool health_part_note(struct health_part *part, const char *error, uint64_t wall_ms)
{
	bool changed = part->failed != (error != NULL) ||
		(error && strncmp(part->error, error, sizeof(part->error) - 1) != 0);

	if (error && !part->failed)
		part->since_ms = wall_ms;
	if (error)
		(void)snprintf(part->error, sizeof(part->error), "%s", error);
	part->failed = error != NULL;
	return changed;
}
