/* SPDX-License-Identifier: MIT */
/*
 * A ring of bytes that holds records of any size, oldest first. What the queue and the outbox are
 * made of. A record is never split at the edge, so it can be used where it lies; the bytes that are
 * left over there are skipped.
 *
 * A record is named by its position: a number that only grows and is never used twice, so that a
 * position kept for later is either still good or older than ring.begin.
 *
 * Memory that records have left goes back to the kernel, RING_PIECE bytes at a time: a ring that
 * always holds a little would otherwise occupy all of its memory after one lap, for ever. Only
 * where the capacity is a multiple of that.
 *
 * No locks: the owner has one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_PIECE = 64 * 1024 }; /* no page is larger */

struct ring_record {
	uint32_t size;  /* of data */
	uint32_t state; /* the owner's */
	uint64_t position;
	uint8_t data[]; /* aligned to 16 bytes */
};

struct ring {
	uint8_t *memory;
	size_t capacity;     /* bytes, a multiple of 16 */
	uint64_t begin, end; /* positions: the oldest record, and where the next one goes */
	uint64_t left;       /* position: what is before it has been given back */
};

/* What a record takes of the capacity. */
size_t ring_bytes_of(size_t size);

/* bytes is rounded up to a multiple of 16. Pages that were never used stay unmapped. -ENOMEM. */
int ring_init(struct ring *ring, size_t bytes);
void ring_fini(struct ring *ring);

bool ring_has_room(const struct ring *ring, size_t size);

/* The new record, data not yet written; NULL when there is no room now. state is 0. */
struct ring_record *ring_push(struct ring *ring, size_t size);

/* The record at that position or, where none begins, the next one; NULL behind the last one. */
struct ring_record *ring_at(const struct ring *ring, uint64_t position);

/* Whether there is none, as a rule: a cursor that has taken all is asked most often. */
static inline bool ring_ends_at(const struct ring *ring, uint64_t position)
{
	return position >= ring->end;
}

/* The position behind a record. */
uint64_t ring_after(const struct ring_record *record);

/* The oldest record goes, if there is one. */
void ring_pop(struct ring *ring);
