/* SPDX-License-Identifier: MIT */
/*
 * The hash FNV-1a (draft-eastlake-fnv): quick, and good enough to tell texts of our own apart. It
 * withstands nobody who looks for two that are equal. Begin with the START of that width and add
 * bytes as often as needed: two parts give the hash of both in one piece.
 *
 * Pure; any thread. The results are the same on each machine and must stay as they are: entity ids
 * of Home Assistant have one of them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FNV_32_START UINT32_C(0x811c9dc5)
#define FNV_64_START UINT64_C(0xcbf29ce484222325)

static inline uint32_t fnv_add_32(uint32_t hash, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT32_C(0x01000193);
	return hash;
}

static inline uint64_t fnv_add_64(uint64_t hash, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}
