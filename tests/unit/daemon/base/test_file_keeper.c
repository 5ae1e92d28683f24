/* SPDX-License-Identifier: MIT */
/* Files that one thread writes, in a real folder. */
#include "file_keeper.h"

#include "clock.h"
#include "temp_tree.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NEVER_US (3600 * UINT64_C(1000000))
#define CLOSE_US (60 * UINT64_C(1000000))

enum { ROOM = 16 };

struct owner {
	struct kept_file *file;
	_Atomic(const char *) text;
	atomic_int writes, errors;
};

struct fixture {
	struct temp_tree tree;
	struct file_keeper *keeper;
	struct owner one, two;
};

static size_t give_text(void *userdata, char *text)
{
	struct owner *owner = userdata;

	return (size_t)snprintf(text, ROOM + 1, "%s", atomic_load(&owner->text));
}

static size_t give_more(void *userdata, char *text)
{
	(void)userdata;
	memset(text, 'm', 2 * (size_t)ROOM);
	return 2 * (size_t)ROOM;
}

static bool written(void *userdata, int error)
{
	struct owner *owner = userdata;

	atomic_fetch_add(error < 0 ? &owner->errors : &owner->writes, 1);
	return true;
}

static void add(struct fixture *fixture, struct owner *owner, const char *name, uint64_t again_us)
{
	const struct kept_file_settings settings = {
		.name = name,
		.object = name,
		.instead = "it begins anew",
		.room = ROOM,
		.again_us = again_us,
		.text = give_text,
		.written = written,
		.userdata = owner,
	};

	assert_int_equal(file_keeper_add(fixture->keeper, &settings, &owner->file), 0);
}

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.tree = temp_tree_new()};
	atomic_store(&fixture.one.text, "one\n");
	atomic_store(&fixture.two.text, "two\n");
	*state = &fixture;
	return file_keeper_new(fixture.tree.root, &fixture.keeper);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->keeper)
		assert_int_equal(file_keeper_close(fixture->keeper, CLOSE_US, false), 0);
	temp_tree_free(&fixture->tree);
	return 0;
}

/* Waits for the bell, and answers it. */
static struct health_part await_news(struct fixture *fixture)
{
	struct pollfd fd = {.fd = file_keeper_fd(fixture->keeper), .events = POLLIN};
	struct health_part status;

	assert_int_equal(poll(&fd, 1, (int)(CLOSE_US / 1000)), 1);
	file_keeper_status(fixture->keeper, &status);
	return status;
}

static bool exists(struct fixture *fixture, const char *name)
{
	return access(temp_tree_path(&fixture->tree, name), F_OK) == 0;
}

static void each_file_is_written_when_it_is_due(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, &fixture->one, "a", NEVER_US);
	add(fixture, &fixture->two, "b", NEVER_US);
	assert_int_equal(file_keeper_start(fixture->keeper), 0);
	assert_int_equal(file_keeper_start(fixture->keeper), 0);
	kept_file_due(fixture->two.file, clock_now_us() + NEVER_US);
	kept_file_due(fixture->one.file, 0);
	assert_false(await_news(fixture).failed);
	assert_string_equal(temp_tree_read(&fixture->tree, "a"), "one");
	assert_false(exists(fixture, "b"));
	/* Earlier than it was due, and not later. */
	kept_file_due(fixture->two.file, clock_now_us());
	kept_file_due(fixture->two.file, clock_now_us() + NEVER_US);
	assert_false(await_news(fixture).failed);
	assert_string_equal(temp_tree_read(&fixture->tree, "b"), "two");
}

static void the_end_does_not_wait_until_a_file_is_due(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, &fixture->one, "a", NEVER_US);
	add(fixture, &fixture->two, "b", NEVER_US);
	assert_int_equal(file_keeper_start(fixture->keeper), 0);
	kept_file_due(fixture->one.file, clock_now_us() + NEVER_US);
	file_keeper_end(fixture->keeper);
	assert_int_equal(file_keeper_close(fixture->keeper, CLOSE_US, false), 0);
	fixture->keeper = NULL;
	assert_string_equal(temp_tree_read(&fixture->tree, "a"), "one");
	assert_false(exists(fixture, "b"));
}

static void a_file_without_a_text_is_removed(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, &fixture->one, "a", NEVER_US);
	temp_tree_write(&fixture->tree, "a", "old");
	atomic_store(&fixture->one.text, "");
	assert_int_equal(file_keeper_start(fixture->keeper), 0);
	kept_file_due(fixture->one.file, 0);
	assert_false(await_news(fixture).failed);
	assert_false(exists(fixture, "a"));
	/* A file that is not there is not made. */
	kept_file_due(fixture->one.file, 0);
	assert_false(await_news(fixture).failed);
	assert_int_equal(atomic_load(&fixture->one.writes), 2);
}

static void a_disk_that_fails_is_said_and_tried_again(void **state)
{
	struct fixture *fixture = *state;
	struct health_part status;

	add(fixture, &fixture->one, "a", 1000);
	add(fixture, &fixture->two, "b", NEVER_US);
	temp_tree_mkdir(&fixture->tree, "a/in-the-way");
	assert_int_equal(file_keeper_start(fixture->keeper), 0);
	kept_file_due(fixture->one.file, 0);
	status = await_news(fixture);
	assert_true(status.failed);
	assert_true(atomic_load(&fixture->one.errors) > 0);
	assert_non_null(strstr(status.error, "a cannot be kept in "));
	/* It does not hold up the other one, whose success does not hide the failure. */
	kept_file_due(fixture->two.file, 0);
	while (atomic_load(&fixture->two.writes) == 0)
		assert_true(await_news(fixture).failed);
	assert_int_equal(rmdir(temp_tree_path(&fixture->tree, "a/in-the-way")), 0);
	assert_int_equal(rmdir(temp_tree_path(&fixture->tree, "a")), 0);
	while (await_news(fixture).failed)
		;
	assert_string_equal(temp_tree_read(&fixture->tree, "a"), "one");
}

static void an_end_is_an_end_with_a_disk_that_fails(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, &fixture->one, "a", 0);
	temp_tree_mkdir(&fixture->tree, "a/in-the-way");
	assert_int_equal(file_keeper_start(fixture->keeper), 0);
	kept_file_due(fixture->one.file, 0);
	assert_int_equal(file_keeper_close(fixture->keeper, CLOSE_US, false), 0);
	fixture->keeper = NULL;
	assert_true(atomic_load(&fixture->one.errors) > 0);
}

static void what_is_there_is_read(void **state)
{
	struct fixture *fixture = *state;
	char text[ROOM + 1];

	add(fixture, &fixture->one, "a", NEVER_US);
	assert_int_equal(kept_file_read(fixture->one.file, text), -ENOENT);
	temp_tree_write(&fixture->tree, "a", "12345");
	assert_int_equal(kept_file_read(fixture->one.file, text), 5);
	assert_string_equal(text, "12345");
	temp_tree_write(&fixture->tree, "a", "0123456789abcdef and more");
	assert_int_equal(kept_file_read(fixture->one.file, text), ROOM);
	assert_string_equal(text, "0123456789abcdef");
	assert_int_equal(unlink(temp_tree_path(&fixture->tree, "a")), 0);
	temp_tree_mkdir(&fixture->tree, "a");
	assert_int_equal(kept_file_read(fixture->one.file, text), -EISDIR);
}

static void a_file_may_come_later_and_be_longer(void **state)
{
	struct fixture *fixture = *state;
	const struct kept_file_settings more = {.name = "more",
		.object = "more",
		.room = 2 * ROOM,
		.text = give_more,
		.written = written,
		.userdata = &fixture->two};

	add(fixture, &fixture->one, "a", NEVER_US);
	assert_int_equal(file_keeper_start(fixture->keeper), 0);
	kept_file_due(fixture->one.file, 0);
	assert_false(await_news(fixture).failed);
	assert_int_equal(file_keeper_add(fixture->keeper, &more, &fixture->two.file), 0);
	kept_file_due(fixture->two.file, 0);
	assert_false(await_news(fixture).failed);
	assert_string_equal(
		temp_tree_read(&fixture->tree, "more"), "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm");
}

static void an_owner_need_not_hear_of_it(void **state)
{
	struct fixture *fixture = *state;
	const struct kept_file_settings quiet = {.name = "a",
		.object = "a",
		.room = ROOM,
		.text = give_text,
		.userdata = &fixture->one};

	assert_int_equal(file_keeper_add(fixture->keeper, &quiet, &fixture->one.file), 0);
	assert_int_equal(file_keeper_start(fixture->keeper), 0);
	kept_file_due(fixture->one.file, 0);
	assert_int_equal(file_keeper_close(fixture->keeper, CLOSE_US, false), 0);
	fixture->keeper = NULL;
	assert_string_equal(temp_tree_read(&fixture->tree, "a"), "one");
}

/* A thread with that stack does not fit into any machine. */
static void set_stack(size_t bytes)
{
	pthread_attr_t attributes;

	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstacksize(&attributes, bytes), 0);
	assert_int_equal(pthread_setattr_default_np(&attributes), 0);
	assert_int_equal(pthread_attr_destroy(&attributes), 0);
}

static size_t stack(void)
{
	pthread_attr_t attributes;
	size_t bytes = 0;

	assert_int_equal(pthread_getattr_default_np(&attributes), 0);
	assert_int_equal(pthread_attr_getstacksize(&attributes, &bytes), 0);
	assert_int_equal(pthread_attr_destroy(&attributes), 0);
	return bytes;
}

static void a_thread_that_cannot_be_is_said_once_and_tried_again(void **state)
{
	struct fixture *fixture = *state;
	struct pollfd fd = {.fd = file_keeper_fd(fixture->keeper), .events = POLLIN};
	const size_t usual = stack();

	add(fixture, &fixture->one, "a", NEVER_US);
	set_stack(SIZE_MAX / 16 * 15 & ~(size_t)0xFFFFF); /* more than 32 bits have, too */
	kept_file_want(fixture->one.file, 0);
	assert_non_null(strstr(await_news(fixture).error, "a cannot be kept in "));
	kept_file_want(fixture->one.file, 0);
	assert_int_equal(poll(&fd, 1, 0), 0);
	set_stack(usual);
	kept_file_want(fixture->one.file, 0);
	while (await_news(fixture).failed)
		;
	assert_string_equal(temp_tree_read(&fixture->tree, "a"), "one");
}

static void there_is_an_end_of_files(void **state)
{
	struct fixture *fixture = *state;
	const struct kept_file_settings more = {.name = "more"};

	for (int i = 0; i < FILE_KEEPER_FILES_MAX; i++)
		add(fixture, &fixture->one, "a", NEVER_US);
	assert_int_equal(file_keeper_add(fixture->keeper, &more, &fixture->two.file), -ENOSPC);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_file_is_written_when_it_is_due),
		TEST(the_end_does_not_wait_until_a_file_is_due),
		TEST(a_file_without_a_text_is_removed),
		TEST(a_disk_that_fails_is_said_and_tried_again),
		TEST(an_end_is_an_end_with_a_disk_that_fails),
		TEST(what_is_there_is_read),
		TEST(a_file_may_come_later_and_be_longer),
		TEST(an_owner_need_not_hear_of_it),
		TEST(a_thread_that_cannot_be_is_said_once_and_tried_again),
		TEST(there_is_an_end_of_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
