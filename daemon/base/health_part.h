/* SPDX-License-Identifier: MIT */
/* A part that works or fails, with the time and reason. Any thread may have one of its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { HEALTH_PART_TEXT_BYTES = 1024 };

struct health_part {
	bool failed;
	uint64_t since_ms; /* wall clock */
	char error[HEALTH_PART_TEXT_BYTES];
};

/* Notes that the part works (error NULL) or fails. A failure keeps the time at which it began, even
 * if its reason changes. True if the part failed, recovered or fails for another reason. Pure. */
bool health_part_note(struct health_part *part, const char *error, uint64_t wall_ms);
