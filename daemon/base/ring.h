/* SPDX-License-Identifier: MIT */
/*
 * A ring of bytes that holds records of any size, oldest first. The queue and the outbox are built
 * on it. A record is never split at the edge, so it can be used in place; the bytes left over at
 * the edge stay unused.
 *
 * A record is named by its position: a number that only grows and is never used twice. So a
 * position kept for later is either still valid or smaller than ring.begin.
 *
 * Memory that records have left goes back to the kernel, RING_PIECE bytes at a time. Otherwise a
 * ring that always holds a little would occupy all of its memory for ever after one lap. This works
 * only if the capacity is a multiple of RING_PIECE.
 *
 * No locks: the owner has one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_PIECE = 64 * 1024 }; /* no page is larger than this */

struct ring_record {
	uint32_t size;  /* of data */
	uint32_t state; /* for the owner's use */
	uint64_t position;
	uint8_t data[]; /* aligned to 16 bytes */
};

struct ring {
	uint8_t *memory;
	size_t capacity;     /* bytes, a multiple of 16 */
	uint64_t begin, end; /* positions: of the oldest record, and for the next one */
	uint64_t left;       /* position: everything before it was returned to the kernel */
};

/* The part of the capacity that a record takes. */
size_t ring_bytes_of(size_t size);

/* bytes is rounded up to a multiple of 16. Pages that were never used stay unmapped. -ENOMEM. */
int ring_init(struct ring *ring, size_t bytes);
void ring_fini(struct ring *ring);

bool ring_has_room(const struct ring *ring, size_t size);

/* Adds a record, whose data is not yet written and whose state is 0. NULL if there is no room now.
 * */
struct ring_record *ring_push(struct ring *ring, size_t size);

/* The record at that position or, if none begins there, the next one; NULL after the last one. */
struct ring_record *ring_at(const struct ring *ring, uint64_t position);

/* True if no record follows: the usual answer for a cursor, which has mostly taken all. */
static inline bool ring_ends_at(const struct ring *ring, uint64_t position)
{
	return position >= ring->end;
}

/* The position after a record. */
uint64_t ring_after(const struct ring_record *record);

/* Removes the oldest record, if there is one. */
void ring_pop(struct ring *ring);
