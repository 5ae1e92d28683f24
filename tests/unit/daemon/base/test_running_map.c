/* SPDX-License-Identifier: MIT */
/* At any moment the copies have each map whose outputs can be on. */
#include "running_map.h"

#include "temp_tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool is_there(struct temp_tree *tree, enum running_map_copy copy)
{
	char path[4096];

	assert_int_equal(running_map_path(tree->root, copy, path, sizeof(path)), 0);
	return access(path, F_OK) == 0;
}

static int differs(struct temp_tree *tree, enum running_map_copy copy, const char *map)
{
	char path[4096];

	temp_tree_write(tree, "map", map);
	(void)snprintf(path, sizeof(path), "%s", temp_tree_path(tree, "map"));
	return running_map_differs(tree->root, copy, path);
}

static void both_are_there_until_the_change_is_over(void **state)
{
	struct temp_tree *tree = *state;

	assert_int_equal(running_map_save(tree->root, "old", 3), 0);
	assert_int_equal(differs(tree, RUNNING_MAP_NEXT, "new"), 0);
	assert_int_equal(running_map_announce(tree->root, "new", 3), 0);
	assert_int_equal(differs(tree, RUNNING_MAP_NOW, "old"), 0);
	assert_int_equal(differs(tree, RUNNING_MAP_NOW, "edited"), 1);
	assert_int_equal(differs(tree, RUNNING_MAP_NEXT, "new"), 0);
	assert_int_equal(differs(tree, RUNNING_MAP_NEXT, "edited"), 1);
	assert_int_equal(running_map_settle(tree->root), 0);
	assert_int_equal(differs(tree, RUNNING_MAP_NOW, "new"), 0);
	assert_false(is_there(tree, RUNNING_MAP_NEXT));
	assert_int_equal(running_map_settle(tree->root), -ENOENT);
	assert_true(is_there(tree, RUNNING_MAP_NOW));
}

static void one_that_does_not_run_is_withdrawn(void **state)
{
	struct temp_tree *tree = *state;

	assert_int_equal(running_map_save(tree->root, "old", 3), 0);
	assert_int_equal(running_map_announce(tree->root, "new", 3), 0);
	running_map_withdraw(tree->root);
	assert_false(is_there(tree, RUNNING_MAP_NEXT));
	assert_int_equal(differs(tree, RUNNING_MAP_NOW, "old"), 0);
	running_map_withdraw(tree->root);
}

/* A process that died in a reload left it. */
static void what_runs_alone_leaves_no_other_copy(void **state)
{
	struct temp_tree *tree = *state;

	assert_int_equal(running_map_announce(tree->root, "new", 3), 0);
	assert_int_equal(running_map_save(tree->root, "old", 3), 0);
	assert_false(is_there(tree, RUNNING_MAP_NEXT));
	assert_int_equal(differs(tree, RUNNING_MAP_NOW, "old"), 0);
}

/* The outputs that it names may be on, and no other copy has them. */
static void a_copy_that_cannot_be_kept_takes_no_other_with_it(void **state)
{
	struct temp_tree *tree = *state;

	assert_int_equal(running_map_announce(tree->root, "new", 3), 0);
	temp_tree_mkdir(tree, "running-map.yaml/in-the-way");
	assert_int_equal(running_map_save(tree->root, "new", 3), -EISDIR);
	assert_true(is_there(tree, RUNNING_MAP_NEXT));
	assert_int_equal(running_map_settle(tree->root), -EISDIR);
	assert_true(is_there(tree, RUNNING_MAP_NEXT));
	assert_int_equal(differs(tree, RUNNING_MAP_NOW, "new"), -EISDIR);
}

static void at_the_first_start_there_is_nothing_beside(void **state)
{
	struct temp_tree *tree = *state;

	assert_int_equal(running_map_begin(tree->root, "one", 3), 0);
	assert_int_equal(running_map_begin(tree->root, "one", 3), 0);
	assert_int_equal(differs(tree, RUNNING_MAP_NOW, "one"), 0);
	assert_true(is_there(tree, RUNNING_MAP_NOW));
	assert_false(is_there(tree, RUNNING_MAP_START));
}

/* A process died in a reload, and the next one has a third map. */
static void a_start_keeps_what_ran_before_until_it_is_over(void **state)
{
	struct temp_tree *tree = *state;

	assert_int_equal(running_map_save(tree->root, "old", 3), 0);
	assert_int_equal(running_map_announce(tree->root, "new", 3), 0);
	assert_int_equal(running_map_begin(tree->root, "own", 3), 1);
	assert_int_equal(running_map_begin(tree->root, "own", 3), 1);
	assert_int_equal(differs(tree, RUNNING_MAP_NOW, "old"), 0);
	assert_int_equal(differs(tree, RUNNING_MAP_NEXT, "new"), 0);
	assert_true(is_there(tree, RUNNING_MAP_START));
	assert_int_equal(differs(tree, RUNNING_MAP_START, "own"), 0);
	assert_int_equal(running_map_save(tree->root, "own", 3), 0);
	assert_int_equal(differs(tree, RUNNING_MAP_NOW, "own"), 0);
	assert_false(is_there(tree, RUNNING_MAP_NEXT));
	assert_false(is_there(tree, RUNNING_MAP_START));
}

/* Whichever of its copies is left. */
static void a_reload_leaves_no_copy_of_the_start(void **state)
{
	struct temp_tree *tree = *state;

	assert_int_equal(running_map_save(tree->root, "old", 3), 0);
	assert_int_equal(running_map_begin(tree->root, "own", 3), 1);
	assert_int_equal(running_map_announce(tree->root, "new", 3), 0);
	assert_int_equal(running_map_settle(tree->root), 0);
	assert_false(is_there(tree, RUNNING_MAP_START));
}

#define TEST(function)                                                                             \
	cmocka_unit_test_setup_teardown(function, temp_tree_setup, temp_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_are_there_until_the_change_is_over),
		TEST(one_that_does_not_run_is_withdrawn),
		TEST(what_runs_alone_leaves_no_other_copy),
		TEST(at_the_first_start_there_is_nothing_beside),
		TEST(a_start_keeps_what_ran_before_until_it_is_over),
		TEST(a_reload_leaves_no_copy_of_the_start),
		TEST(a_copy_that_cannot_be_kept_takes_no_other_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
