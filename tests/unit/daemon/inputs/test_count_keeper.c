/* SPDX-License-Identifier: MIT */
/* Counts that outlive the process, in a real file. */
#include "count_keeper.h"

#include "clock.h"
#include "temp_tree.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define NEVER_US (3600 * UINT64_C(1000000))
#define CLOSE_US (60 * UINT64_C(1000000))

struct fixture {
	struct temp_tree tree;
	struct file_keeper *files;
	struct count_keeper *keeper;
	atomic_int wakes;
};

static void wake(void *userdata)
{
	atomic_fetch_add(&((struct fixture *)userdata)->wakes, 1);
}

static void open_in(struct fixture *fixture, const char *directory, uint64_t rest_us)
{
	struct count_keeper_settings settings = {.rest_us = rest_us};

	assert_int_equal(file_keeper_new(directory, &fixture->files), 0);
	settings.files = fixture->files;
	assert_int_equal(count_keeper_new(&settings, &fixture->keeper), 0);
	count_keeper_listen(fixture->keeper, wake, fixture);
	assert_int_equal(count_keeper_start(fixture->keeper), 0);
	assert_int_equal(count_keeper_start(fixture->keeper), 0);
}

static void open_keeper(struct fixture *fixture, uint64_t rest_us)
{
	open_in(fixture, fixture->tree.root, rest_us);
}

static void close_keeper(struct fixture *fixture)
{
	assert_int_equal(file_keeper_close(fixture->files, CLOSE_US, false), 0);
	fixture->files = NULL;
	fixture->keeper = count_keeper_free(fixture->keeper);
}

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.tree = temp_tree_new()};
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->files)
		close_keeper(fixture);
	temp_tree_free(&fixture->tree);
	return 0;
}

static void pause_shortly(void)
{
	const struct timespec pause = {0, 1000000};

	(void)nanosleep(&pause, NULL);
}

static bool file_is(struct fixture *fixture, const char *want)
{
	char path[4200], text[256] = "";
	FILE *file;
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/counts", fixture->tree.root);
	file = fopen(path, "re");
	if (!file)
		return false;
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	(void)fclose(file);
	return strcmp(text, want) == 0;
}

static void await_file(struct fixture *fixture, const char *want)
{
	for (uint64_t end_us = clock_now_us() + CLOSE_US; !file_is(fixture, want);) {
		assert_true(clock_now_us() < end_us);
		pause_shortly();
	}
}

static void assert_count(struct fixture *fixture, const char *name, int64_t want)
{
	int64_t count = -1;

	assert_int_equal(count_keeper_get(fixture->keeper, name, &count), 0);
	assert_int_equal(count, want);
}

static void a_count_is_there_after_a_restart(void **state)
{
	struct fixture *fixture = *state;
	int64_t count;

	open_keeper(fixture, NEVER_US);
	assert_int_equal(count_keeper_get(fixture->keeper, "meter", &count), -ENOENT);
	count_keeper_put(fixture->keeper, "meter", 4711);
	count_keeper_put(fixture->keeper, "rain", INT64_MIN);
	count_keeper_put(fixture->keeper, "meter", 4712);
	close_keeper(fixture);
	open_keeper(fixture, NEVER_US);
	assert_count(fixture, "meter", 4712);
	assert_count(fixture, "rain", INT64_MIN);
}

static void the_first_one_is_written_at_once_and_the_next_one_later(void **state)
{
	struct fixture *fixture = *state;

	open_keeper(fixture, 20000);
	count_keeper_put(fixture->keeper, "meter", 1);
	await_file(fixture, "1 meter\n");
	count_keeper_put(fixture->keeper, "meter", 2);
	await_file(fixture, "2 meter\n");
}

/* Between the first one, and the end. */
static void the_file_is_left_alone_while_it_rests(void **state)
{
	struct fixture *fixture = *state;

	open_keeper(fixture, NEVER_US);
	count_keeper_put(fixture->keeper, "meter", 1);
	await_file(fixture, "1 meter\n");
	for (int64_t count = 2; count < 100; count++) {
		count_keeper_put(fixture->keeper, "meter", count);
		assert_true(file_is(fixture, "1 meter\n"));
	}
	close_keeper(fixture);
	assert_true(file_is(fixture, "99 meter\n"));
}

static void request(struct fixture *fixture, uint64_t ticket, int64_t count)
{
	const struct count_request request = {.ticket = ticket, .count = count, .name = "meter"};

	assert_int_equal(count_keeper_want(fixture->keeper, &request), 0);
}

static void await_answer(struct fixture *fixture, uint64_t want_ticket, int want_error)
{
	uint64_t end_us = clock_now_us() + CLOSE_US, ticket = 0;
	int error = 1;

	while (!count_keeper_answer(fixture->keeper, &ticket, &error)) {
		assert_true(clock_now_us() < end_us);
		pause_shortly();
	}
	assert_int_equal(ticket, want_ticket);
	assert_int_equal(error, want_error);
	count_keeper_answered(fixture->keeper, ticket);
}

static void the_answer_to_a_request_waits_for_the_disk(void **state)
{
	struct fixture *fixture = *state;
	struct count_request wanted;
	uint64_t ticket;
	int error;

	open_keeper(fixture, NEVER_US);
	assert_false(count_keeper_wanted(fixture->keeper, &wanted));
	request(fixture, 7, 100);
	assert_true(count_keeper_wanted(fixture->keeper, &wanted));
	assert_string_equal(wanted.name, "meter");
	assert_int_equal(wanted.count, 100);
	assert_false(count_keeper_answer(fixture->keeper, &ticket, &error));
	count_keeper_put(fixture->keeper, "meter", 100);
	count_keeper_carried_out(fixture->keeper, 0, true);
	await_answer(fixture, 7, 0);
	assert_true(file_is(fixture, "100 meter\n"));
	assert_true(atomic_load(&fixture->wakes) > 0);
	assert_false(count_keeper_answer(fixture->keeper, &ticket, &error));
	/* Although the file was written a moment ago. */
	request(fixture, 8, 0);
	count_keeper_put(fixture->keeper, "meter", 0);
	count_keeper_carried_out(fixture->keeper, 0, true);
	await_answer(fixture, 8, 0);
	assert_true(file_is(fixture, "0 meter\n"));
}

static void what_is_not_kept_or_not_possible_is_answered_at_once(void **state)
{
	struct fixture *fixture = *state;

	open_keeper(fixture, NEVER_US);
	request(fixture, 1, 5);
	request(fixture, 2, 6);
	count_keeper_carried_out(fixture->keeper, 0, false);
	count_keeper_carried_out(fixture->keeper, -ENOENT, false);
	await_answer(fixture, 1, 0);
	await_answer(fixture, 2, -ENOENT);
}

static void a_disk_that_fails_is_an_error_of_the_answer(void **state)
{
	struct fixture *fixture = *state;
	char directory[4200];

	(void)snprintf(directory, sizeof(directory), "%s/none", fixture->tree.root);
	open_in(fixture, directory, NEVER_US);
	request(fixture, 9, 1);
	count_keeper_put(fixture->keeper, "meter", 1);
	count_keeper_carried_out(fixture->keeper, 0, true);
	await_answer(fixture, 9, -ENOENT);
	assert_count(fixture, "meter", 1);
}

static void there_is_an_end_of_requests(void **state)
{
	struct fixture *fixture = *state;
	const struct count_request more = {.ticket = 99, .name = "meter"};

	open_keeper(fixture, NEVER_US);
	for (uint64_t i = 0; i < COUNT_KEEPER_REQUESTS_MAX; i++)
		request(fixture, i, 1);
	assert_int_equal(count_keeper_want(fixture->keeper, &more), -EBUSY);
	count_keeper_carried_out(fixture->keeper, 0, false);
	await_answer(fixture, 0, 0);
	assert_int_equal(count_keeper_want(fixture->keeper, &more), 0);
}

static void what_is_no_count_is_passed_over(void **state)
{
	struct fixture *fixture = *state;
	int64_t count;

	temp_tree_write(&fixture->tree, "counts",
		"x meter\n12\n\n-3 rain\n5 meter more\n99999999999999999999999999999999 big");
	open_keeper(fixture, NEVER_US);
	assert_count(fixture, "rain", -3);
	assert_count(fixture, "meter", 5);
	assert_int_equal(count_keeper_get(fixture->keeper, "12", &count), -ENOENT);
}

static void nothing_wakes_who_does_not_listen(void **state)
{
	struct fixture *fixture = *state;

	open_keeper(fixture, NEVER_US);
	count_keeper_listen(fixture->keeper, NULL, NULL);
	request(fixture, 1, 1);
	count_keeper_put(fixture->keeper, "meter", 1);
	count_keeper_carried_out(fixture->keeper, 0, true);
	await_answer(fixture, 1, 0);
	assert_int_equal(atomic_load(&fixture->wakes), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_count_is_there_after_a_restart),
		TEST(the_first_one_is_written_at_once_and_the_next_one_later),
		TEST(the_file_is_left_alone_while_it_rests),
		TEST(the_answer_to_a_request_waits_for_the_disk),
		TEST(what_is_not_kept_or_not_possible_is_answered_at_once),
		TEST(a_disk_that_fails_is_an_error_of_the_answer),
		TEST(there_is_an_end_of_requests),
		TEST(what_is_no_count_is_passed_over),
		TEST(nothing_wakes_who_does_not_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
