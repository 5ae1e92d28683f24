/* SPDX-License-Identifier: MIT */
/* The thread that reads a map and keeps copies, in a real folder. */
#include "map_keeper.h"

#include "running_map.h"
#include "state_file.h"
#include "temp_tree.h"
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "map_rig.h"

enum { TIMEOUT_MS = 60000 };
#define TIMEOUT_US (TIMEOUT_MS * UINT64_C(1000))
#define NEW        "mqtt: {url: mqtt://127.0.0.1:1}\nmotors: [{forward: GPIO7, backward: GPIO8}]\n"

struct fixture {
	struct temp_tree tree;
	struct map_keeper *keeper;
	struct config *running;
};

static int setup(void **state)
{
	static struct fixture fixture;
	char path[PATH_MAX];

	fixture.tree = temp_tree_new();
	(void)snprintf(path, sizeof(path), "%s", temp_tree_path(&fixture.tree, "tosd.yaml"));
	assert_int_equal(map_keeper_new(path, fixture.tree.root, &fixture.keeper), 0);
	fixture.running = map_load("motors: [{forward: GPIO5, backward: GPIO6}]\n");
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(map_keeper_close(fixture->keeper, TIMEOUT_US), 0);
	config_free(fixture->running);
	temp_tree_free(&fixture->tree);
	return 0;
}

static enum map_keeper_step await_step(struct map_keeper *keeper)
{
	struct pollfd pollfd = {.fd = map_keeper_fd(keeper), .events = POLLIN};

	assert_int_equal(poll(&pollfd, 1, TIMEOUT_MS), 1);
	return map_keeper_step(keeper);
}

/* As the only copy. */
static void assert_kept(struct fixture *fixture, const char *text, size_t size)
{
	struct temp_tree *tree = &fixture->tree;

	assert_true(state_file_holds(temp_tree_path(tree, "running-map.yaml"), text, size));
	assert_int_not_equal(access(temp_tree_path(tree, "next-map.yaml"), F_OK), 0);
	assert_int_not_equal(access(temp_tree_path(tree, "start-map.yaml"), F_OK), 0);
}

static void a_reload_ends_with_one_copy(void **state)
{
	struct fixture *fixture = *state;
	struct map_keeper *keeper = fixture->keeper;
	struct config *next;

	assert_false(map_keeper_start(keeper, fixture->running));
	temp_tree_write(&fixture->tree, "tosd.yaml", NEW);
	assert_int_equal(map_keeper_begin(keeper, fixture->running, true), 0);
	assert_true(map_keeper_reads(keeper));
	assert_int_equal(await_step(keeper), MAP_KEEPER_READ);
	next = map_keeper_take(keeper);
	assert_non_null(next);
	map_keeper_decide(keeper, true);
	assert_int_equal(await_step(keeper), MAP_KEEPER_DONE);
	map_keeper_finish(keeper);
	assert_false(map_keeper_reads(keeper));
	assert_null(map_keeper_failure(keeper));
	assert_kept(fixture, NEW, strlen(NEW));
	config_free(next);
}

static void a_map_that_is_refused_leaves_the_old_copy(void **state)
{
	struct fixture *fixture = *state;
	struct map_keeper *keeper = fixture->keeper;

	temp_tree_write(&fixture->tree, "tosd.yaml", NEW);
	assert_int_equal(map_keeper_begin(keeper, fixture->running, true), 0);
	assert_int_equal(await_step(keeper), MAP_KEEPER_READ);
	config_free(map_keeper_take(keeper));
	map_keeper_decide(keeper, false);
	assert_int_equal(await_step(keeper), MAP_KEEPER_DONE);
	map_keeper_finish(keeper);
	assert_kept(fixture, fixture->running->text, fixture->running->text_bytes);
}

static void a_start_with_another_map_is_settled_by_a_job(void **state)
{
	struct fixture *fixture = *state;
	struct map_keeper *keeper = fixture->keeper;

	assert_int_equal(running_map_save(fixture->tree.root, NEW, strlen(NEW)), 0);
	assert_true(map_keeper_start(keeper, fixture->running));
	assert_int_equal(map_keeper_begin(keeper, fixture->running, false), 0);
	assert_false(map_keeper_reads(keeper));
	assert_int_equal(await_step(keeper), MAP_KEEPER_DONE);
	map_keeper_finish(keeper);
	assert_kept(fixture, fixture->running->text, fixture->running->text_bytes);
}

/* At any of its steps; closed in teardown(). */
static void an_end_takes_no_map(void **state)
{
	struct fixture *fixture = *state;

	temp_tree_write(&fixture->tree, "tosd.yaml", NEW);
	assert_int_equal(map_keeper_begin(fixture->keeper, fixture->running, true), 0);
	map_keeper_end(fixture->keeper);
	map_keeper_end(NULL);
}

static void an_end_takes_no_map_that_was_read(void **state)
{
	struct fixture *fixture = *state;

	temp_tree_write(&fixture->tree, "tosd.yaml", NEW);
	assert_int_equal(map_keeper_begin(fixture->keeper, fixture->running, true), 0);
	assert_int_equal(await_step(fixture->keeper), MAP_KEEPER_READ);
	assert_int_equal(map_keeper_close(fixture->keeper, TIMEOUT_US), 0);
	fixture->keeper = NULL;
	assert_kept(fixture, fixture->running->text, fixture->running->text_bytes);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reload_ends_with_one_copy),
		TEST(a_map_that_is_refused_leaves_the_old_copy),
		TEST(a_start_with_another_map_is_settled_by_a_job),
		TEST(an_end_takes_no_map),
		TEST(an_end_takes_no_map_that_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
