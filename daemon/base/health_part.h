/* SPDX-License-Identifier: MIT */
/* Something that works or does not, since when, and why. Any thread may have one of its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { HEALTH_PART_TEXT_BYTES = 1024 };

struct health_part {
	bool failed;
	uint64_t since_ms; /* wall clock */
	char error[HEALTH_PART_TEXT_BYTES];
};

/* error: NULL when it works. What goes on failing keeps the time of its first failure, whatever its
 * reason is now. True if the part failed, recovered or fails for another reason. Pure. */
bool health_part_note(struct health_part *part, const char *error, uint64_t wall_ms);
