/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

enum { BYTES = 1024 };

static int setup(void **state)
{
	struct queue *queue;
	int r = queue_new(BYTES, &queue);

	*state = queue;
	return r;
}

static int teardown(void **state)
{
	queue_free(*state);
	return 0;
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

static int push_bytes(struct queue *queue, size_t size)
{
	static const char ZEROES[BYTES * 2];
	struct queue_part part = {ZEROES, size};

	return queue_push(queue, &part, 1);
}

static void parts_become_one_record(void **state)
{
	struct queue_part parts[] = {{"ab", 2}, {NULL, 0}, {"cde", 3}};
	size_t size = 0;
	const void *record;

	assert_int_equal(queue_push(*state, parts, 3), 0);
	record = queue_peek(*state, &size);
	assert_non_null(record);
	assert_int_equal(size, 5);
	assert_memory_equal(record, "abcde", 5);
	assert_int_equal((uintptr_t)record % 16, 0);
}

static void records_come_out_in_order(void **state)
{
	size_t size = 0;

	for (size_t n = 1; n <= 10; n++)
		assert_int_equal(push_bytes(*state, n), 0);
	for (size_t n = 1; n <= 10; n++) {
		assert_non_null(queue_peek(*state, &size));
		assert_int_equal(size, n);
		queue_pop(*state);
	}
	assert_null(queue_peek(*state, &size));
}

static void the_fd_is_readable_exactly_while_there_are_records(void **state)
{
	int fd = queue_fd(*state);

	assert_false(is_readable(fd));
	push_bytes(*state, 1);
	push_bytes(*state, 1);
	assert_true(is_readable(fd));
	queue_pop(*state);
	assert_true(is_readable(fd));
	queue_pop(*state);
	assert_false(is_readable(fd));
	push_bytes(*state, 1);
	assert_true(is_readable(fd));
}

static void a_full_queue_refuses_and_keeps_what_it_has(void **state)
{
	size_t size = 0;

	assert_int_equal(push_bytes(*state, 500), 0);
	assert_false(queue_has_room(*state, 500));
	assert_int_equal(push_bytes(*state, 500), -ENOBUFS);
	assert_non_null(queue_peek(*state, &size));
	assert_int_equal(size, 500);
	queue_pop(*state);
	assert_true(queue_has_room(*state, 500));
}

static void what_never_fits_is_told_apart(void **state)
{
	assert_int_equal(push_bytes(*state, BYTES - 15), -EMSGSIZE);
	assert_int_equal(push_bytes(*state, BYTES - 16), 0);
}

static void room_is_reported_once_when_half_is_free(void **state)
{
	int room_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	eventfd_t count;

	while (push_bytes(*state, 240) == 0)
		;
	queue_want_room(*state, room_fd);
	assert_false(is_readable(room_fd));
	queue_pop(*state); /* 768 of 1024 are used */
	assert_false(is_readable(room_fd));
	queue_pop(*state);
	assert_true(is_readable(room_fd));
	assert_int_equal(eventfd_read(room_fd, &count), 0);
	queue_pop(*state);
	assert_false(is_readable(room_fd));
	(void)close(room_fd);
}

static void room_in_an_empty_queue_is_reported_at_once(void **state)
{
	int room_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	queue_want_room(*state, room_fd);
	assert_true(is_readable(room_fd));
	(void)close(room_fd);
}

enum { PUSHED_BY_EACH = 20000, WRITERS = 2 };

struct writer {
	struct queue *queue;
	unsigned char number;
};

static void *write_numbers(void *argument)
{
	const struct writer *writer = argument;

	for (unsigned n = 0; n < PUSHED_BY_EACH;) {
		struct queue_part parts[] = {{&writer->number, 1}, {&n, sizeof(n)}};

		if (queue_push(writer->queue, parts, 2) == 0)
			n++;
		else
			sched_yield();
	}
	return NULL;
}

static void two_writers_and_a_reader_lose_nothing(void **state)
{
	struct writer writers[WRITERS] = {{*state, 0}, {*state, 1}};
	pthread_t threads[WRITERS];
	unsigned next[WRITERS] = {0};

	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_numbers, &writers[i]), 0);
	while (next[0] + next[1] < WRITERS * PUSHED_BY_EACH) {
		struct pollfd poll_fd = {.fd = queue_fd(*state), .events = POLLIN};
		const unsigned char *record;
		size_t size = 0;
		unsigned n;

		assert_int_equal(poll(&poll_fd, 1, 10000), 1);
		while ((record = queue_peek(*state, &size))) {
			assert_int_equal(size, 1 + sizeof(n));
			memcpy(&n, record + 1, sizeof(n));
			assert_true(record[0] < WRITERS);
			assert_int_equal(n, next[record[0]]++);
			queue_pop(*state);
		}
	}
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parts_become_one_record, setup, teardown),
		cmocka_unit_test_setup_teardown(records_come_out_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_fd_is_readable_exactly_while_there_are_records, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_full_queue_refuses_and_keeps_what_it_has, setup, teardown),
		cmocka_unit_test_setup_teardown(what_never_fits_is_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(
			room_is_reported_once_when_half_is_free, setup, teardown),
		cmocka_unit_test_setup_teardown(
			room_in_an_empty_queue_is_reported_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
			two_writers_and_a_reader_lose_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
