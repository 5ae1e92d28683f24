/* SPDX-License-Identifier: MIT */
/* Locks are a process's, so the other one is a child. */
#include "state_lock.h"
#include "temp_tree.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

struct fixture {
	struct temp_tree tree;
};

static int setup(void **state)
{
	static struct fixture fixture;

	fixture.tree = temp_tree_new();
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	temp_tree_free(&fixture->tree);
	return 0;
}

/* A process that has locked the directory, and holds it until it is killed. */
static pid_t start_holder(const char *directory)
{
	int ready[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct state_lock lock;
		pid_t holder;

		if (state_lock(directory, &lock, &holder) < 0 || lock.directory_fd < 0 ||
			write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(close(ready[1]), 0);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(close(ready[0]), 0);
	return child;
}

static void kill_holder(pid_t child)
{
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void the_second_one_learns_of_the_first(void **state)
{
	const char *directory = ((struct fixture *)*state)->tree.root;
	pid_t child = start_holder(directory);
	struct state_lock lock;
	pid_t holder = -1;

	assert_int_equal(state_lock(directory, &lock, &holder), -EBUSY);
	assert_int_equal(holder, child);
	kill_holder(child);
	/* The lock that it left behind belongs to nobody. */
	assert_int_equal(state_lock(directory, &lock, &holder), 0);
	assert_true(lock.directory_fd >= 0 && lock.file_fd >= 0);
	state_unlock(&lock);
	assert_int_equal(lock.directory_fd, -1);
}

static void a_directory_that_is_let_go_can_be_taken(void **state)
{
	const char *directory = ((struct fixture *)*state)->tree.root;
	struct state_lock lock;
	pid_t holder;

	assert_int_equal(state_lock(directory, &lock, &holder), 0);
	state_unlock(&lock);
	kill_holder(start_holder(directory));
	/* The file went with the first one's end, and stayed after the second one's crash. */
	assert_int_equal(state_lock(directory, &lock, &holder), 0);
	state_unlock(&lock);
	assert_int_equal(rmdir(directory), 0);
	assert_int_equal(mkdir(directory, 0755), 0);
}

/* As on a read-only disk. */
static void it_is_locked_also_where_no_file_can_be(void **state)
{
	const char *directory = ((struct fixture *)*state)->tree.root;
	char path[128];
	pid_t child;
	struct state_lock lock;
	pid_t holder = -1;

	(void)snprintf(path, sizeof(path), "%s/lock", directory);
	assert_int_equal(mkdir(path, 0755), 0);
	child = start_holder(directory);
	assert_int_equal(state_lock(directory, &lock, &holder), -EBUSY);
	assert_int_equal(holder, 0);
	kill_holder(child);
}

static void without_a_directory_there_is_nothing_to_lock(void **state)
{
	struct state_lock lock;
	pid_t holder;

	(void)state;
	assert_int_equal(state_lock("/nonexistent/state", &lock, &holder), 0);
	assert_int_equal(lock.directory_fd, -1);
	state_unlock(&lock);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_second_one_learns_of_the_first),
		test(a_directory_that_is_let_go_can_be_taken),
		test(it_is_locked_also_where_no_file_can_be),
		test(without_a_directory_there_is_nothing_to_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
