/* SPDX-License-Identifier: MIT */
#include "other_user.h"
#include "sysfs.h"
#include "temp_tree.h"
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* As long as a test may take: waiting that long is a failure. */
enum { FOREVER_MS = 60000 };

static const char *const FILES[] = {"period", "duty_cycle"};

static int setup(void **state)
{
	struct temp_tree *tree = malloc(sizeof(*tree));

	assert_non_null(tree);
	*tree = temp_tree_new();
	*state = tree;
	return 0;
}

static int teardown(void **state)
{
	temp_tree_free(*state);
	free(*state);
	return 0;
}

static void test_text_and_numbers_are_read_without_their_newline(void **state)
{
	const struct temp_tree *tree = *state;
	char text[8];
	uint64_t value;

	temp_tree_write(tree, "polarity", "normal\n");
	temp_tree_write(tree, "period", "18446744073709551615\n");
	assert_int_equal(sysfs_read_text(tree->root, "polarity", text, sizeof(text)), 0);
	assert_string_equal(text, "normal");
	assert_int_equal(sysfs_read_number(tree->root, "period", &value), 0);
	assert_true(value == UINT64_MAX);
}

static void test_what_is_no_number_is_an_error(void **state)
{
	const struct temp_tree *tree = *state;
	static const char *const texts[] = {"", "\n", "x\n", "-1\n", "+1\n", " 1\n", "1x\n",
		"0x10\n", "18446744073709551616\n"};
	uint64_t value = 42;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		temp_tree_write(tree, "period", texts[i]);
		assert_int_equal(sysfs_read_number(tree->root, "period", &value), -EIO);
	}
	assert_int_equal(sysfs_read_number(tree->root, "missing", &value), -ENOENT);
	assert_int_equal(value, 42);
}

static void test_text_that_does_not_fit_is_an_error(void **state)
{
	const struct temp_tree *tree = *state;
	char text[6] = "as is";

	temp_tree_write(tree, "polarity", "normal\n");
	assert_int_equal(sysfs_read_text(tree->root, "polarity", text, sizeof(text)), -EIO);
	assert_string_equal(text, "as is");
}

static void test_what_is_written_is_there(void **state)
{
	const struct temp_tree *tree = *state;

	temp_tree_write(tree, "period", "");
	assert_int_equal(sysfs_write_number(tree->root, "period", UINT64_MAX), 0);
	assert_string_equal(temp_tree_read(tree, "period"), "18446744073709551615");
	assert_int_equal(sysfs_write_text(tree->root, "period", "normal\n"), 0);
	assert_string_equal(temp_tree_read(tree, "period"), "normal");
	assert_int_equal(sysfs_write_text(tree->root, "missing", "1"), -ENOENT);
	assert_false(sysfs_exists(tree->root, "missing"));
	assert_true(sysfs_exists(tree->root, "period"));
}

static void test_a_write_that_the_kernel_refuses_is_an_error(void **state)
{
	const struct temp_tree *tree = *state;

	assert_int_equal(symlink("/dev/full", temp_tree_path(tree, "period")), 0);
	assert_int_equal(sysfs_write_number(tree->root, "period", 1), -ENOSPC);
	int fd = sysfs_open_writable(tree->root, "period");
	assert_true(fd >= 0);
	assert_int_equal(sysfs_rewrite_number(fd, 1), -ENOSPC);
	(void)close(fd);
}

static int wait_writable(const struct temp_tree *tree, unsigned timeout_ms)
{
	char channel[PATH_MAX];

	(void)snprintf(channel, sizeof(channel), "%s/pwm1", tree->root);
	return sysfs_wait_writable(tree->root, channel, FILES, 2, timeout_ms);
}

static void make_channel(const struct temp_tree *tree, mode_t mode)
{
	temp_tree_mkdir(tree, "pwm1");
	temp_tree_write(tree, "pwm1/period", "0\n");
	temp_tree_check(chmod(temp_tree_path(tree, "pwm1/period"), 0666) == 0, "chmod");
	temp_tree_write(tree, "pwm1/duty_cycle", "0\n");
	temp_tree_check(chmod(temp_tree_path(tree, "pwm1/duty_cycle"), mode) == 0, "chmod");
}

static void test_open_files_are_not_waited_for(void **state)
{
	make_channel(*state, 0666);
	uid_t before = other_user_become();
	int r = wait_writable(*state, FOREVER_MS);
	other_user_go_back(before);
	assert_int_equal(r, 0);
}

static void test_files_that_stay_closed_or_away_are_told_apart(void **state)
{
	assert_int_equal(wait_writable(*state, 0), -ENOENT);
	make_channel(*state, 0444);
	uid_t before = other_user_become();
	int r = wait_writable(*state, 0);
	other_user_go_back(before);
	assert_int_equal(r, -EACCES);
}

/* udev: the directory comes, then its files, then, later, the right to write them. */
static void *open_late(void *tree)
{
	make_channel(tree, 0444);
	temp_tree_check(chmod(temp_tree_path(tree, "pwm1/duty_cycle"), 0666) == 0, "chmod");
	return NULL;
}

static void test_files_that_open_late_are_waited_for(void **state)
{
	pthread_t udev;

	assert_int_equal(pthread_create(&udev, NULL, open_late, *state), 0);
	uid_t before = other_user_become();
	int r = wait_writable(*state, FOREVER_MS);
	other_user_go_back(before);
	assert_int_equal(pthread_join(udev, NULL), 0);
	assert_int_equal(r, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text_and_numbers_are_read_without_their_newline),
		TEST(test_what_is_no_number_is_an_error),
		TEST(test_text_that_does_not_fit_is_an_error),
		TEST(test_what_is_written_is_there),
		TEST(test_a_write_that_the_kernel_refuses_is_an_error),
		TEST(test_open_files_are_not_waited_for),
		TEST(test_files_that_stay_closed_or_away_are_told_apart),
		TEST(test_files_that_open_late_are_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
