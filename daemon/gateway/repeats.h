/* SPDX-License-Identifier: MIT */
/*
 * Remembers actions that must not be carried out twice. Most actions say how things shall be, and
 * may come twice. A toggle, a time or a count does harm then. A broker that has lost the
 * acknowledgement sends a message again, with the flag DUP. Such a message is recognized here.
 * Belongs to the main thread. Pure.
 */
#pragma once

#include "fnv.h"
#include <stddef.h>
#include <stdint.h>

enum { REPEATS_MAX = 256 };

#define REPEATS_US (600 * UINT64_C(1000000)) /* remembered for so long */

enum repeats_outcome {
	REPEATS_UNKNOWN,
	REPEATS_DONE,
	REPEATS_FAILED,  /* carried out in part */
	REPEATS_REFUSED, /* as it may have been carried out before */
};

/* All zero: nothing is remembered. */
struct repeats {
	struct {
		uint64_t hash, at_us;
		enum repeats_outcome outcome;
	} entries[REPEATS_MAX]; /* the oldest one is replaced */
	size_t next;
};

/* A hash that tells one message from another: add the parts one after the other. Begin with
 * REPEATS_HASH. */
#define REPEATS_HASH FNV_64_START
uint64_t repeats_hash(uint64_t hash, const void *part, size_t size);

/* now_us: CLOCK_MONOTONIC. What is found is remembered from then on: its acknowledgement may be
 * lost again. */
void repeats_note(
	struct repeats *repeats, uint64_t hash, enum repeats_outcome outcome, uint64_t now_us);
enum repeats_outcome repeats_find(struct repeats *repeats, uint64_t hash, uint64_t now_us);
