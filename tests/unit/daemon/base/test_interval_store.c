/* SPDX-License-Identifier: MIT */
#include "interval_store.h"
#include "regular_file.h"
#include "state_file.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static void path_of(const char *name, char *out, size_t out_bytes)
{
	snprintf(out, out_bytes, "%s/%s", folder, name);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_interval_store.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[128];

	(void)state;
	path_of("interval", path, sizeof(path));
	unlink(path);
	return rmdir(folder);
}

static void write_file(const char *text)
{
	char path[128];
	FILE *file;

	path_of("interval", path, sizeof(path));
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int save(const char *in, uint32_t map_default_ms, uint32_t interval_ms)
{
	char text[INTERVAL_STORE_BYTES], path[128];
	size_t size = interval_store_format(map_default_ms, interval_ms, text);

	(void)snprintf(path, sizeof(path), "%s/" INTERVAL_STORE_NAME, in);
	return state_file_replace(path, text, size);
}

static void test_what_was_saved_is_loaded(void **state)
{
	uint32_t interval_ms = 0;

	(void)state;
	assert_int_equal(save(folder, 500, 20), 0);
	assert_int_equal(save(folder, 500, 1000), 0);
	assert_int_equal(interval_store_load(folder, 500, &interval_ms), 0);
	assert_int_equal(interval_ms, 1000);
}

static void test_another_interval_in_the_map_ends_it(void **state)
{
	uint32_t interval_ms = 7;

	(void)state;
	assert_int_equal(save(folder, 500, 1000), 0);
	assert_int_equal(interval_store_load(folder, 250, &interval_ms), -ENOENT);
	assert_int_equal(interval_ms, 7);
}

static void test_nothing_kept(void **state)
{
	uint32_t interval_ms = 7;

	(void)state;
	assert_int_equal(interval_store_load(folder, 500, &interval_ms), -ENOENT);
	assert_int_equal(interval_ms, 7);
}

static void test_a_torn_file_is_nothing(void **state)
{
	static const char *const torn[] = {"", "500", "500 ", "x y\n", "500 x\n"};
	uint32_t interval_ms = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(torn) / sizeof(torn[0]); i++) {
		write_file(torn[i]);
		assert_int_equal(interval_store_load(folder, 500, &interval_ms), -ENOENT);
		assert_int_equal(interval_ms, 7);
	}
}

static void test_a_missing_folder_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(save("/nonexistent/folder", 500, 1000), -ENOENT);
}

static void test_no_file_is_left_behind_when_saving_fails(void **state)
{
	char path[128];
	struct stat status;

	(void)state;
	/* A folder in the file's place: the last step, the rename, cannot be done. */
	path_of("interval", path, sizeof(path));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(save(folder, 500, 1000) < 0);
	assert_int_equal(rmdir(path), 0);
	path_of("interval.new", path, sizeof(path));
	assert_int_equal(stat(path, &status), -1);
}

static void test_a_pipe_is_told_and_replaced(void **state)
{
	uint32_t interval_ms = 7;
	char path[128];

	(void)state;
	path_of("interval", path, sizeof(path));
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(interval_store_load(folder, 500, &interval_ms), -REGULAR_FILE_IS_NOT);
	assert_int_equal(interval_ms, 7);
	assert_int_equal(save(folder, 500, 1000), 0);
	assert_int_equal(interval_store_load(folder, 500, &interval_ms), 0);
	assert_int_equal(interval_ms, 1000);
}

static void test_what_is_there_is_not_written_again(void **state)
{
	struct stat before, after;
	char path[128];

	(void)state;
	path_of("interval", path, sizeof(path));
	assert_int_equal(save(folder, 500, 1000), 0);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(save(folder, 500, 1000), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_true(before.st_ino == after.st_ino);
}

#define with_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_folder(test_what_was_saved_is_loaded),
		with_folder(test_another_interval_in_the_map_ends_it),
		with_folder(test_nothing_kept),
		with_folder(test_a_torn_file_is_nothing),
		with_folder(test_a_pipe_is_told_and_replaced),
		with_folder(test_what_is_there_is_not_written_again),
		cmocka_unit_test(test_a_missing_folder_is_an_error),
		with_folder(test_no_file_is_left_behind_when_saving_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
