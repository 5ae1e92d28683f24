/* SPDX-License-Identifier: MIT */
#include "repeats.h"

/* Each part counts with its size, so that no two lists of parts are one text. */
uint64_t repeats_hash(uint64_t hash, const void *part, size_t size)
{
	const uint32_t bytes = (uint32_t)size;

	hash = fnv_add_64(hash, part, size);
	return fnv_add_64(hash, &bytes, sizeof(bytes));
}

void repeats_note(
	struct repeats *repeats, uint64_t hash, enum repeats_outcome outcome, uint64_t now_us)
{
	repeats->entries[repeats->next].hash = hash;
	repeats->entries[repeats->next].at_us = now_us;
	repeats->entries[repeats->next].outcome = outcome;
	repeats->next = (repeats->next + 1) % REPEATS_MAX;
}

/* The latest counts. */
enum repeats_outcome repeats_find(struct repeats *repeats, uint64_t hash, uint64_t now_us)
{
	for (size_t i = 1; i <= REPEATS_MAX; i++) {
		size_t index = (repeats->next + REPEATS_MAX - i) % REPEATS_MAX;

		if (repeats->entries[index].outcome == REPEATS_UNKNOWN)
			break;
		if (repeats->entries[index].hash != hash)
			continue;
		if (now_us - repeats->entries[index].at_us >= REPEATS_US)
			return REPEATS_UNKNOWN;
		repeats->entries[index].at_us = now_us;
		return repeats->entries[index].outcome;
	}
	return REPEATS_UNKNOWN;
}
