/* SPDX-License-Identifier: MIT */
/* Small files in the state directory, and the reasons why they cannot be written. */
#include "other_user.h"
#include "state_cause.h"
#include "state_file.h"
#include "temp_tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const NAMES[] = {"file", "other", NULL};

static ino_t inode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_ino;
}

static void a_file_is_replaced_as_a_whole(void **state)
{
	const char *path = temp_tree_path(*state, "file");
	char kept[8192];
	ino_t first;

	(void)snprintf(kept, sizeof(kept), "%s", path);
	assert_int_equal(state_file_replace(kept, "one\n", 4), 0);
	assert_string_equal(temp_tree_read(*state, "file"), "one");
	first = inode_of(kept);
	/* The same again does not wear out the card. */
	assert_int_equal(state_file_replace(kept, "one\n", 4), 0);
	assert_int_equal(inode_of(kept), first);
	/* Neither the beginning of the same nor more than it is the same. */
	assert_int_equal(state_file_replace(kept, "one", 3), 0);
	assert_int_not_equal(inode_of(kept), first);
	assert_string_equal(temp_tree_read(*state, "file"), "one");
	assert_int_equal(state_file_replace(kept, "one, two", 8), 0);
	assert_string_equal(temp_tree_read(*state, "file"), "one, two");
}

static bool is_there(struct temp_tree *tree, const char *name)
{
	return access(temp_tree_path(tree, name), F_OK) == 0;
}

/* A process was killed while it wrote. */
static void nothing_unfinished_stays(void **state)
{
	struct temp_tree *tree = *state;
	char kept[8192];

	(void)snprintf(kept, sizeof(kept), "%s", temp_tree_path(tree, "file"));
	temp_tree_write(tree, "file", "one");
	temp_tree_write(tree, "file.new", "half");
	assert_int_equal(state_file_replace(kept, "one", 3), 0);
	assert_false(is_there(tree, "file.new"));
	temp_tree_write(tree, "file.new", "half");
	assert_int_equal(state_file_remove(kept), 0);
	assert_false(is_there(tree, "file.new"));
	assert_false(is_there(tree, "file"));
	assert_int_equal(state_file_remove(kept), 0);
	temp_tree_mkdir(tree, "file");
	assert_int_equal(state_file_remove(kept), -EISDIR);
}

static void what_another_user_left_behind_is_replaced(void **state)
{
	struct temp_tree *tree = *state;
	char kept[8192];
	uid_t before;

	if (geteuid() != 0)
		skip();
	(void)snprintf(kept, sizeof(kept), "%s", temp_tree_path(tree, "file"));
	temp_tree_write(tree, "file", "of root");
	temp_tree_write(tree, "file.new", "of root, half");
	assert_int_equal(chmod(kept, 0600), 0);
	assert_int_equal(chmod(tree->root, 0777), 0);
	before = other_user_become();
	assert_int_equal(state_file_replace(kept, "ours", 4), 0);
	other_user_go_back(before);
	assert_string_equal(temp_tree_read(tree, "file"), "ours");
}

static void it_says_why_it_cannot(void **state)
{
	struct temp_tree *tree = *state;
	char kept[8192];

	assert_int_equal(state_file_replace("/nonexistent/file", "x", 1), -ENOENT);
	temp_tree_mkdir(tree, "file");
	(void)snprintf(kept, sizeof(kept), "%s", temp_tree_path(tree, "file"));
	assert_int_equal(state_file_replace(kept, "x", 1), -EISDIR);
}

static void a_directory_that_works_has_no_cause(void **state)
{
	struct temp_tree *tree = *state;

	assert_int_equal(state_cause_find(tree->root, NAMES), 0);
	temp_tree_write(tree, "other", "");
	assert_int_equal(state_cause_find(tree->root, NAMES), 0);
}

static struct state_cause describe(const char *directory, int expected)
{
	struct state_cause cause;
	int found = state_cause_find(directory, NAMES);

	assert_int_equal(found, expected);
	state_cause_describe(directory, NAMES, found, &cause);
	return cause;
}

static void each_cause_has_its_words_and_its_cure(void **state)
{
	struct temp_tree *tree = *state;
	struct state_cause cause = describe("/nonexistent", -ENOENT);

	assert_string_equal(cause.why, "No such file or directory");
	assert_non_null(strstr(cause.cure, "make that folder"));

	temp_tree_mkdir(tree, "other");
	cause = describe(tree->root, -EISDIR);
	assert_non_null(strstr(cause.why, "no file"));

	/* The kernel's own folders are read-only, or may not be written even by root. */
	state_cause_describe("/", NAMES, -EROFS, &cause);
	assert_string_equal(cause.why, "the file system is read-only");
	state_cause_describe("/", NAMES, -ENOSPC, &cause);
	assert_string_equal(cause.why, "the disk is full");
	state_cause_describe("/", NAMES, -EIO, &cause);
	assert_string_equal(cause.why, "Input/output error");
	assert_string_equal(cause.cure, "");
}

static void the_owner_is_named(void **state)
{
	struct temp_tree *tree = *state;
	struct state_cause cause;
	char wanted[256];
	uid_t before;

	if (geteuid() != 0)
		skip();
	temp_tree_write(tree, "file", "of root");
	assert_int_equal(chmod(temp_tree_path(tree, "file"), 0644), 0);
	assert_int_equal(chmod(tree->root, 0777), 0);
	before = other_user_become();
	cause = describe(tree->root, -EACCES);
	other_user_go_back(before);
	(void)snprintf(wanted, sizeof(wanted),
		"permission denied: %s/file belongs to root, and tosd runs as nobody", tree->root);
	assert_string_equal(cause.why, wanted);
	(void)snprintf(wanted, sizeof(wanted), "chown -R nobody %s", tree->root);
	assert_string_equal(cause.cure, wanted);
}

#define test(function)                                                                             \
	cmocka_unit_test_setup_teardown(function, temp_tree_setup, temp_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_file_is_replaced_as_a_whole),
		test(nothing_unfinished_stays),
		test(what_another_user_left_behind_is_replaced),
		test(it_says_why_it_cannot),
		test(a_directory_that_works_has_no_cause),
		test(each_cause_has_its_words_and_its_cure),
		test(the_owner_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
