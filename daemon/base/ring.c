/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ALIGNMENT = 16 };
_Static_assert(sizeof(struct ring_record) == ALIGNMENT, "data must be aligned");

#ifdef __SANITIZE_ADDRESS__
#define HAS_ADDRESS_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER true
#endif
#endif
#ifndef HAS_ADDRESS_SANITIZER
#define HAS_ADDRESS_SANITIZER false
#endif

/* Stands in place of a record's size: the rest up to the edge is unused. */
#define SKIP UINT32_MAX

static uint64_t round_up(uint64_t value, uint64_t step)
{
	return (value + step - 1) / step * step;
}

size_t ring_bytes_of(size_t size)
{
	return sizeof(struct ring_record) + (size_t)round_up(size, ALIGNMENT);
}

/*
 * A large block comes straight from the kernel, which maps each page at its first use. malloc()
 * would get it there too, and use up to two pages to write down what it got. The address sanitizer
 * only sees the ends of what malloc() gives.
 */
static bool is_large(size_t capacity)
{
	return !HAS_ADDRESS_SANITIZER && capacity >= RING_PIECE;
}

static void *get_memory(size_t capacity)
{
	void *memory;

	/* Pages can only be given back whole. */
	if (!is_large(capacity))
		return aligned_alloc(capacity % RING_PIECE == 0 ? RING_PIECE : ALIGNMENT, capacity);
	memory = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

int ring_init(struct ring *ring, size_t bytes)
{
	size_t capacity = (size_t)round_up(bytes > 0 ? bytes : ALIGNMENT, ALIGNMENT);
	uint8_t *memory = get_memory(capacity);

	if (!memory)
		return -ENOMEM;
	*ring = (struct ring){.memory = memory, .capacity = capacity};
	return 0;
}

void ring_fini(struct ring *ring)
{
	if (is_large(ring->capacity))
		(void)munmap(ring->memory, ring->capacity);
	else
		free(ring->memory);
	*ring = (struct ring){0};
}

static struct ring_record *record_at(const struct ring *ring, uint64_t position)
{
	void *address = ring->memory + position % ring->capacity;

	return address;
}

/* Finds the position for a record of that size. */
static bool find_place(const struct ring *ring, size_t size, uint64_t *ret_position)
{
	uint64_t need = ring_bytes_of(size), begin = ring->begin, position = ring->end;

	if (size >= SKIP || need > ring->capacity)
		return false;
	/* An empty ring starts over at the edge: then a record fits if it can fit at all. */
	if (begin == position)
		begin = position = round_up(position, ring->capacity);
	if (ring->capacity - position % ring->capacity < need)
		position = round_up(position, ring->capacity);
	if (position + need - begin > ring->capacity)
		return false;
	*ret_position = position;
	return true;
}

bool ring_has_room(const struct ring *ring, size_t size)
{
	uint64_t position;

	return find_place(ring, size, &position);
}

struct ring_record *ring_push(struct ring *ring, size_t size)
{
	struct ring_record *record;
	uint64_t position;

	if (!find_place(ring, size, &position))
		return NULL;
	if (ring->begin == ring->end)
		ring->begin = position;
	else if (position > ring->end)
		record_at(ring, ring->end)->size = SKIP;

	record = record_at(ring, position);
	*record = (struct ring_record){.size = (uint32_t)size, .position = position};
	ring->end = position + ring_bytes_of(size);
	return record;
}

struct ring_record *ring_at(const struct ring *ring, uint64_t position)
{
	if (position < ring->begin)
		position = ring->begin;
	if (position < ring->end && record_at(ring, position)->size == SKIP)
		position = round_up(position + 1, ring->capacity);
	return position < ring->end ? record_at(ring, position) : NULL;
}

uint64_t ring_after(const struct ring_record *record)
{
	return record->position + ring_bytes_of(record->size);
}

/*
 * Returns whole pieces between ring->left and ring->begin to the kernel. Not if the ring has begun
 * a new lap meanwhile: an empty one does so with each record, and always uses the same few pages.
 * Nor if the end of the ring has come round to them.
 */
static void give_back(struct ring *ring)
{
	uint64_t from = ring->left, to = ring->begin - ring->begin % RING_PIECE;

	if (to <= from || ring->capacity % RING_PIECE != 0)
		return;
	ring->left = to;
	if (from / ring->capacity == to / ring->capacity && ring->end <= from + ring->capacity)
		(void)madvise(record_at(ring, from), (size_t)(to - from), MADV_DONTNEED);
}

void ring_pop(struct ring *ring)
{
	const struct ring_record *oldest = ring_at(ring, ring->begin);

	if (!oldest)
		return;
	ring->begin = ring_after(oldest);
	give_back(ring);
}
