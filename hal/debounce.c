/* SPDX-License-Identifier: MIT */
#include "debounce.h"

void debounce_begin(struct debounce *debounce, bool level)
{
	*debounce = (struct debounce){.level = level, .raw = level};
}

void debounce_edge(struct debounce *debounce, bool level, uint64_t time_us)
{
	if (debounce->raw != level)
		debounce->changed_us = time_us;
	debounce->raw = level;
}

bool debounce_settle(
	struct debounce *debounce, uint64_t hold_us, uint64_t now_us, uint64_t *ret_time_us)
{
	if (now_us < debounce_due_us(debounce, hold_us))
		return false;
	debounce->level = debounce->raw;
	*ret_time_us = debounce->changed_us;
	return true;
}

uint64_t debounce_due_us(const struct debounce *debounce, uint64_t hold_us)
{
	return debounce->raw == debounce->level ? DEBOUNCE_NEVER : debounce->changed_us + hold_us;
}
