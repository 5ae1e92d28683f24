/* SPDX-License-Identifier: MIT */
#include "repeats.h"

/* FNV-1a, of each part with its size, so that no two lists of parts are one text. */
uint64_t repeats_hash(uint64_t hash, const void *part, size_t size)
{
	static const uint64_t PRIME = UINT64_C(0x100000001b3);
	const uint8_t *bytes = part;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * PRIME;
	for (size_t rest = size, i = 0; i < sizeof(uint32_t); i++, rest >>= 8)
		hash = (hash ^ (rest & 0xff)) * PRIME;
	return hash;
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
enum repeats_outcome repeats_find(const struct repeats *repeats, uint64_t hash, uint64_t now_us)
{
	for (size_t i = 1; i <= REPEATS_MAX; i++) {
		size_t index = (repeats->next + REPEATS_MAX - i) % REPEATS_MAX;

		if (repeats->entries[index].outcome == REPEATS_UNKNOWN)
			break;
		if (repeats->entries[index].hash == hash)
			return now_us - repeats->entries[index].at_us < REPEATS_US
				? repeats->entries[index].outcome
				: REPEATS_UNKNOWN;
	}
	return REPEATS_UNKNOWN;
}
