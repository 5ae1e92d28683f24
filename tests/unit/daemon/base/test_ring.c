/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { CAPACITY = 1024, PIECES = 8 };

static int setup(void **state)
{
	static struct ring ring;

	*state = &ring;
	return ring_init(&ring, CAPACITY);
}

static int teardown(void **state)
{
	ring_fini(*state);
	return 0;
}

static void a_record_takes_its_size_rounded_up_and_a_header(void **state)
{
	(void)state;
	assert_int_equal(ring_bytes_of(0), 16);
	assert_int_equal(ring_bytes_of(1), 32);
	assert_int_equal(ring_bytes_of(16), 32);
	assert_int_equal(ring_bytes_of(17), 48);
}

static void data_is_aligned_to_16_bytes(void **state)
{
	for (size_t size = 1; size < 60; size += 7) {
		struct ring_record *record = ring_push(*state, size);

		assert_non_null(record);
		assert_int_equal((uintptr_t)record->data % 16, 0);
	}
}

static void the_whole_capacity_fits_in_an_empty_ring_wherever_it_stands(void **state)
{
	struct ring *ring = *state;

	for (size_t size = 1; size < 200; size++) {
		assert_non_null(ring_push(ring, size));
		ring_pop(ring);
		assert_true(ring_has_room(ring, CAPACITY - 16));
		assert_non_null(ring_push(ring, CAPACITY - 16));
		assert_false(ring_has_room(ring, 0));
		ring_pop(ring);
	}
}

static void more_than_the_capacity_never_fits(void **state)
{
	assert_false(ring_has_room(*state, CAPACITY - 15));
	assert_null(ring_push(*state, CAPACITY));
	assert_null(ring_push(*state, SIZE_MAX - 64));
}

static void a_full_ring_has_room_again_after_a_pop(void **state)
{
	struct ring *ring = *state;
	unsigned n = 0;

	while (ring_push(ring, 48))
		n++;
	assert_int_equal(n, CAPACITY / 64);
	ring_pop(ring);
	assert_non_null(ring_push(ring, 48));
	assert_null(ring_push(ring, 48));
}

/* The skipped bytes at the edge must not be taken for a record. */
static void records_that_do_not_fit_at_the_edge_go_to_the_beginning(void **state)
{
	struct ring *ring = *state;
	struct ring_record *wrapped;

	assert_non_null(ring_push(ring, 500));
	assert_non_null(ring_push(ring, 400));
	ring_pop(ring);
	wrapped = ring_push(ring, 300);
	assert_non_null(wrapped);
	assert_ptr_equal(wrapped, ring->memory);
	assert_int_equal(ring_at(ring, ring->begin)->size, 400);
	assert_ptr_equal(ring_at(ring, ring_after(ring_at(ring, ring->begin))), wrapped);
	ring_pop(ring);
	assert_ptr_equal(ring_at(ring, ring->begin), wrapped);
	assert_null(ring_at(ring, ring_after(wrapped)));
}

static void an_old_position_means_the_oldest_record_there_is(void **state)
{
	struct ring *ring = *state;
	uint64_t first = ring_push(ring, 10)->position;
	struct ring_record *second = ring_push(ring, 10);

	ring_pop(ring);
	assert_ptr_equal(ring_at(ring, first), second);
	ring_pop(ring);
	assert_null(ring_at(ring, first));
}

/* Checks that records come out unchanged and in order, and that positions only grow. */
static void pass_through(struct ring *ring, long size_max)
{
	uint32_t sizes[CAPACITY];
	unsigned begin = 0, end = 0;
	uint64_t position = 0;

	srandom(20240607);
	for (int step = 0; step < 100000; step++) {
		if (random() % 2) {
			size_t size = (size_t)(random() % (random() % 10 ? 60 : size_max));
			struct ring_record *record = ring_push(ring, size);

			if (!record)
				continue;
			assert_true(position == 0 || record->position >= position);
			position = ring_after(record);
			memset(record->data, (int)(end % 251), size);
			sizes[end++ % CAPACITY] = (uint32_t)size;
		} else if (begin != end) {
			const struct ring_record *record = ring_at(ring, ring->begin);

			assert_int_equal(record->size, sizes[begin % CAPACITY]);
			for (size_t i = 0; i < record->size; i++)
				assert_int_equal(record->data[i], begin % 251);
			ring_pop(ring);
			begin++;
		} else {
			assert_null(ring_at(ring, ring->begin));
		}
	}
	assert_true(end > 10000);
}

static void a_random_sequence_matches_a_plain_list(void **state)
{
	pass_through(*state, 700);
}

static size_t resident(const struct ring *ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), count = 0;
	unsigned char pages[PIECES * RING_PIECE / 4096];

	assert_int_equal(mincore(ring->memory, ring->capacity, pages), 0);
	for (size_t i = 0; i < ring->capacity / page; i++)
		count += pages[i] & 1;
	return count * page;
}

static int setup_pieces(void **state)
{
	static struct ring ring;

	*state = &ring;
	return ring_init(&ring, (size_t)PIECES * RING_PIECE);
}

static void a_random_sequence_matches_a_plain_list_with_pieces_given_back(void **state)
{
	pass_through(*state, RING_PIECE * 3);
}

/*
 * Many laps of a ring that is never empty. The first one does not count: an allocator that is told
 * to may have written to all of the memory.
 */
static void what_little_waits_occupies_little(void **state)
{
	struct ring *ring = *state;

	assert_non_null(ring_push(ring, 100));
	for (int i = 0; i < 100000; i++) {
		assert_non_null(ring_push(ring, 100));
		ring_pop(ring);
		if (i % 1000 == 0 && ring->begin > ring->capacity)
			assert_true(resident(ring) <= (size_t)3 * RING_PIECE);
	}
}

static void what_was_full_gives_back_as_it_drains(void **state)
{
	struct ring *ring = *state;

	for (int lap = 0; lap < 3; lap++) {
		while (ring_push(ring, 1000))
			;
		assert_true(resident(ring) > (size_t)(PIECES - 1) * RING_PIECE);
		while (ring_at(ring, ring->begin))
			ring_pop(ring);
		assert_true(resident(ring) <= (size_t)3 * RING_PIECE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_takes_its_size_rounded_up_and_a_header),
		cmocka_unit_test_setup_teardown(data_is_aligned_to_16_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_whole_capacity_fits_in_an_empty_ring_wherever_it_stands, setup,
			teardown),
		cmocka_unit_test_setup_teardown(more_than_the_capacity_never_fits, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_full_ring_has_room_again_after_a_pop, setup, teardown),
		cmocka_unit_test_setup_teardown(
			records_that_do_not_fit_at_the_edge_go_to_the_beginning, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_old_position_means_the_oldest_record_there_is, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_random_sequence_matches_a_plain_list, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_random_sequence_matches_a_plain_list_with_pieces_given_back, setup_pieces,
			teardown),
		cmocka_unit_test_setup_teardown(
			what_little_waits_occupies_little, setup_pieces, teardown),
		cmocka_unit_test_setup_teardown(
			what_was_full_gives_back_as_it_drains, setup_pieces, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
