/* SPDX-License-Identifier: MIT */
/* Inputs between the readings, on the simulated board, with a clock that only the test moves. */
#include "watch.h"

#include "board_sim.h"
#include "temp_tree.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DOOR, BELL, METER, N_CHIPS };
enum { MS = 1000 };

/* One map with its parts. */
struct world {
	struct config config;
	struct config_chip chips[N_CHIPS];
	double params[N_CHIPS][4];
	struct measure measures[N_CHIPS];
	struct watches *watches;
};

struct fixture {
	struct board *board;
	uint64_t now_us;
	struct world world;
	struct temp_tree tree;
	struct file_keeper *files;
	struct count_keeper *keeper;
};

static uint64_t fake_now_us(void *userdata)
{
	return ((struct fixture *)userdata)->now_us;
}

static char *text(const char *literal)
{
	union {
		const char *in;
		char *out;
	} cast = {literal};

	return cast.out;
}

static void add_chip(
	struct world *world, size_t index, const char *name, const char *driver, const char *line)
{
	struct config_chip *chip = &world->chips[index];

	*chip = (struct config_chip){.name = text(name),
		.driver = driver_find(driver),
		.bus = text(line),
		.params = world->params[index],
		.fingerprint = text(name)};
	for (size_t i = 0; i < chip->driver->n_params; i++)
		chip->params[i] = chip->driver->params[i].default_value;
}

static void remember(struct world *world)
{
	const struct driver *driver = world->chips[METER].driver;

	for (size_t i = 0; i < driver->n_params; i++) {
		if (strcmp(driver->params[i].key, "remember") == 0)
			world->params[METER][i] = 1;
	}
}

static void make_world(struct fixture *fixture, struct world *world)
{
	memset(world, 0, sizeof(*world));
	add_chip(world, DOOR, "door", "switch", "GPIO23");
	add_chip(world, BELL, "bell", "button", "GPIO24");
	add_chip(world, METER, "meter", "pulse", "GPIO25");
	remember(world);
	world->config.chips = world->chips;
	world->config.n_chips = N_CHIPS;
	assert_int_equal(watches_new(&world->config, &world->watches), 0);
	for (size_t i = 0; i < N_CHIPS; i++) {
		assert_int_equal(
			measure_init(&world->measures[i], fixture->board, &world->chips[i], 1, i),
			0);
		watches_add(world->watches, i, &world->measures[i], true);
	}
}

static void free_world(struct world *world)
{
	for (size_t i = 0; i < N_CHIPS; i++)
		measure_fini(&world->measures[i]);
	world->watches = watches_free(world->watches);
}

/* A round of what no sensor reads. */
static void take_round(struct fixture *fixture, struct world *world)
{
	watches_begin(world->watches);
	for (size_t i = 0; i < N_CHIPS; i++) {
		struct call *call;

		measure_begin(&world->measures[i], fixture->now_us);
		while (measure_next(&world->measures[i], fixture->now_us, &call) != MEASURE_DONE) {
			if (!call)
				continue;
			call_make(call);
			measure_took(&world->measures[i]);
		}
	}
}

static int setup(void **state)
{
	static struct fixture fixture;
	const struct sim_settings settings = {.now_us = fake_now_us, .userdata = &fixture};

	memset(&fixture, 0, sizeof(fixture));
	fixture.now_us = 1000 * MS;
	*state = &fixture;
	if (board_sim_new(&settings, NULL, &fixture.board) < 0)
		return -1;
	fixture.tree = temp_tree_new();
	make_world(&fixture, &fixture.world);
	for (size_t i = 0; i < N_CHIPS; i++) {
		const struct config_chip *chip = &fixture.world.chips[i];

		if (sim_add_part(fixture.board, chip->name, chip->driver, chip->bus, 0) < 0)
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	free_world(&fixture->world);
	assert_int_equal(file_keeper_close(fixture->files, UINT64_C(60000000), false), 0);
	fixture->files = NULL;
	fixture->keeper = count_keeper_free(fixture->keeper);
	board_close(fixture->board);
	temp_tree_free(&fixture->tree);
	return 0;
}

static void open_keeper(struct fixture *fixture)
{
	struct count_keeper_settings settings = {.rest_us = 3600 * UINT64_C(1000000)};

	assert_int_equal(file_keeper_new(fixture->tree.root, &fixture->files), 0);
	settings.files = fixture->files;
	assert_int_equal(count_keeper_new(&settings, &fixture->keeper), 0);
}

static void drive(struct fixture *fixture, const char *line, bool level)
{
	assert_int_equal(sim_drive_line(fixture->board, line, level), 0);
}

static void assert_event(
	struct fixture *fixture, size_t chip, unsigned index, uint64_t time_us, bool is_change)
{
	struct input_event event = {.config = NULL};

	assert_true(watches_event(fixture->world.watches, fixture->now_us, &event));
	assert_ptr_equal(event.config, &fixture->world.config);
	assert_int_equal(event.chip, chip);
	assert_int_equal(event.index, index);
	assert_int_equal(event.time_us, time_us);
	assert_int_equal(event.is_change, is_change);
}

static void assert_no_event(struct fixture *fixture)
{
	struct input_event event;

	assert_false(watches_event(fixture->world.watches, fixture->now_us, &event));
}

/* Opens the inputs and takes their first states. */
static void begin(struct fixture *fixture)
{
	assert_int_equal(watches_due_us(fixture->world.watches), WATCH_NEVER);
	take_round(fixture, &fixture->world);
	assert_int_equal(watches_due_us(fixture->world.watches), 0);
	assert_event(fixture, DOOR, 0, fixture->now_us, false);
	assert_no_event(fixture);
	assert_int_equal(watches_due_us(fixture->world.watches), WATCH_NEVER);
}

/* As the sampler does: it looks at those alone whose edges wake it. */
static size_t poll_all(struct fixture *fixture)
{
	struct pollfd fds[N_CHIPS];
	size_t n = watches_poll(fixture->world.watches, fds), n_ready = 0;

	assert_int_equal(n, N_CHIPS);
	assert_true(poll(fds, (nfds_t)n, 0) >= 0);
	for (size_t i = 0; i < n; i++)
		n_ready += fds[i].revents != 0;
	watches_polled(fixture->world.watches, fds, n);
	return n_ready;
}

static void a_map_without_inputs_has_none(void **state)
{
	struct config config = {.n_chips = 0};
	struct watches *watches = (struct watches *)state;
	struct input_event event;

	assert_int_equal(watches_new(&config, &watches), 0);
	assert_null(watches);
	assert_false(watches_event(watches, 0, &event));
	assert_int_equal(watches_due_us(watches), WATCH_NEVER);
	assert_int_equal(watches_poll(watches, NULL), 0);
	assert_int_equal(watches_lost(watches), 0);
	assert_false(watches_remember(watches));
}

static void an_edge_is_an_event_with_its_own_time(void **state)
{
	struct fixture *fixture = *state;
	uint64_t edge_us;

	begin(fixture);
	assert_int_equal(poll_all(fixture), 0);
	fixture->now_us += 10 * MS;
	edge_us = fixture->now_us;
	drive(fixture, "GPIO23", true);
	fixture->now_us += 3 * MS;
	assert_no_event(fixture);
	assert_int_equal(poll_all(fixture), 1);
	assert_event(fixture, DOOR, 1, edge_us, true);
	assert_no_event(fixture);
}

static void what_is_due_without_an_edge_is_said_in_time(void **state)
{
	struct fixture *fixture = *state;
	uint64_t pressed_us;

	begin(fixture);
	fixture->now_us += 10 * MS;
	pressed_us = fixture->now_us;
	drive(fixture, "GPIO24", true);
	assert_int_equal(poll_all(fixture), 1);
	assert_no_event(fixture);
	assert_int_equal(watches_due_us(fixture->world.watches), pressed_us + 800 * MS);
	fixture->now_us = pressed_us + 800 * MS - 1;
	assert_no_event(fixture);
	fixture->now_us++;
	assert_event(fixture, BELL, 2, pressed_us, true);
	assert_no_event(fixture);
	assert_int_equal(watches_due_us(fixture->world.watches), WATCH_NEVER);
}

static void another_map_does_not_repeat_what_was_said(void **state)
{
	struct fixture *fixture = *state;
	static struct world next;

	begin(fixture);
	drive(fixture, "GPIO23", true);
	(void)poll_all(fixture);
	assert_event(fixture, DOOR, 1, fixture->now_us, true);
	make_world(fixture, &next);
	watches_adopt(next.watches, fixture->world.watches);
	for (size_t i = 0; i < N_CHIPS; i++)
		measure_adopt(&next.measures[i], &fixture->world.measures[i]);
	struct input_event event;

	/* The state is reported for the new map, and not as a change. */
	assert_true(watches_event(next.watches, fixture->now_us, &event));
	assert_ptr_equal(event.config, &next.config);
	assert_int_equal(event.index, 1);
	assert_false(event.is_change);
	assert_false(watches_event(next.watches, fixture->now_us, &event));
	free_world(&next);
}

static void a_part_with_events_alone_that_fails_is_said_once(void **state)
{
	struct fixture *fixture = *state;
	char words[SIM_SLOW_US];
	bool is_failing = false;

	begin(fixture);
	assert_false(watches_failed(fixture->world.watches, words, sizeof(words), &is_failing));
	assert_int_equal(sim_set_fault(fixture->board, "bell", SIM_FAULT_NO_ANSWER), 0);
	take_round(fixture, &fixture->world);
	assert_true(watches_failed(fixture->world.watches, words, sizeof(words), &is_failing));
	assert_true(is_failing);
	assert_string_equal(
		words, "button on GPIO24: no answer; it sends no events until it works again");
	assert_false(watches_failed(fixture->world.watches, words, sizeof(words), &is_failing));
	assert_int_equal(sim_set_fault(fixture->board, "bell", SIM_FAULT_NONE), 0);
	fixture->now_us += 2000 * MS;
	take_round(fixture, &fixture->world);
	assert_true(watches_failed(fixture->world.watches, words, sizeof(words), &is_failing));
	assert_false(is_failing);
	assert_string_equal(words, "bell");
}

static void pulse(struct fixture *fixture, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		fixture->now_us += MS;
		drive(fixture, "GPIO25", true);
		fixture->now_us += MS;
		drive(fixture, "GPIO25", false);
	}
	(void)poll_all(fixture);
	assert_no_event(fixture);
}

static int64_t count_of(struct world *world)
{
	const struct measure *measure = &world->measures[METER];

	return measure->chip ? measure->chip->count : measure->count;
}

static int64_t kept(struct fixture *fixture)
{
	int64_t count = -1;

	(void)count_keeper_get(fixture->keeper, "meter", &count);
	return count;
}

static void what_is_to_be_kept_is_given_to_the_keeper(void **state)
{
	struct fixture *fixture = *state;

	open_keeper(fixture);
	assert_true(watches_remember(fixture->world.watches));
	count_keeper_put(fixture->keeper, "meter", 40);
	watches_restore(fixture->world.watches, fixture->keeper);
	begin(fixture);
	pulse(fixture, 2);
	assert_int_equal(count_of(&fixture->world), 42);
	assert_int_equal(kept(fixture), 40);
	watches_keep(fixture->world.watches, fixture->keeper);
	assert_int_equal(kept(fixture), 42);
}

/* Also with other settings, whose part is opened anew. */
static void a_count_goes_on_in_another_map(void **state)
{
	struct fixture *fixture = *state;
	static struct world next;

	open_keeper(fixture);
	watches_restore(fixture->world.watches, fixture->keeper);
	begin(fixture);
	pulse(fixture, 3);
	make_world(fixture, &next);
	watches_adopt(next.watches, fixture->world.watches);
	watches_restore(next.watches, fixture->keeper);
	assert_int_equal(count_of(&next), 3);
	free_world(&next);
}

static void a_count_outlives_a_line_that_was_away(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	pulse(fixture, 3);
	assert_int_equal(sim_set_fault(fixture->board, "meter", SIM_FAULT_NO_ANSWER), 0);
	take_round(fixture, &fixture->world);
	assert_null(fixture->world.measures[METER].chip);
	assert_int_equal(sim_set_fault(fixture->board, "meter", SIM_FAULT_NONE), 0);
	fixture->now_us += 2000 * MS;
	take_round(fixture, &fixture->world);
	assert_int_equal(fixture->world.measures[METER].chip->count, 3);
}

static void a_count_is_set_where_there_is_one(void **state)
{
	struct fixture *fixture = *state;
	bool is_kept = false;

	assert_int_equal(watches_set_count(fixture->world.watches, "meter", 10, &is_kept), 0);
	assert_true(is_kept);
	begin(fixture);
	pulse(fixture, 1);
	assert_int_equal(count_of(&fixture->world), 11);
	assert_int_equal(watches_set_count(fixture->world.watches, "meter", 0, &is_kept), 0);
	assert_int_equal(count_of(&fixture->world), 0);
	assert_int_equal(watches_set_count(fixture->world.watches, "door", 0, &is_kept), -ENOENT);
	assert_int_equal(watches_set_count(fixture->world.watches, "none", 0, &is_kept), -ENOENT);
	fixture->world.measures[METER].is_away = true;
	assert_int_equal(watches_set_count(fixture->world.watches, "meter", 0, &is_kept), -EAGAIN);
	fixture->world.measures[METER].is_away = false;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_map_without_inputs_has_none),
		TEST(an_edge_is_an_event_with_its_own_time),
		TEST(what_is_due_without_an_edge_is_said_in_time),
		TEST(another_map_does_not_repeat_what_was_said),
		TEST(a_part_with_events_alone_that_fails_is_said_once),
		TEST(what_is_to_be_kept_is_given_to_the_keeper),
		TEST(a_count_goes_on_in_another_map),
		TEST(a_count_outlives_a_line_that_was_away),
		TEST(a_count_is_set_where_there_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
