/* SPDX-License-Identifier: MIT */
#include "doorbell.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static bool is_readable(const struct doorbell *bell)
{
	struct pollfd poll_fd = {.fd = bell->fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

static void lock(void)
{
	assert_int_equal(pthread_mutex_lock(&mutex), 0);
}

static void clear(struct doorbell *bell)
{
	lock();
	doorbell_clear(bell);
	assert_int_equal(pthread_mutex_unlock(&mutex), 0);
}

static void it_is_readable_once_the_mutex_is_given_back_and_until_it_is_cleared(void **state)
{
	struct doorbell bell;

	(void)state;
	assert_int_equal(doorbell_init(&bell), 0);
	lock();
	doorbell_ring(&bell);
	assert_false(is_readable(&bell));
	doorbell_unlock(&bell, &mutex);
	assert_true(is_readable(&bell));
	clear(&bell);
	assert_false(is_readable(&bell));
	doorbell_fini(&bell);
}

/* The other thread took what it announces before it was written. */
static void a_late_write_wakes_once_for_nothing_and_the_next_one_still_wakes(void **state)
{
	struct doorbell bell;

	(void)state;
	assert_int_equal(doorbell_init(&bell), 0);
	lock();
	doorbell_ring(&bell);
	doorbell_clear(&bell);
	doorbell_unlock(&bell, &mutex);
	assert_true(is_readable(&bell));
	clear(&bell);
	assert_false(is_readable(&bell));

	lock();
	doorbell_ring(&bell);
	doorbell_unlock(&bell, &mutex);
	assert_true(is_readable(&bell));
	doorbell_fini(&bell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			it_is_readable_once_the_mutex_is_given_back_and_until_it_is_cleared),
		cmocka_unit_test(a_late_write_wakes_once_for_nothing_and_the_next_one_still_wakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
