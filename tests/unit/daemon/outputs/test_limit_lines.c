/* SPDX-License-Identifier: MIT */
/* The main thread's side of a switch that limits an output, and the tap for the sensor on it. */
#include "clock.h"
#include "limit_lines.h"
#include "map_rig.h"
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char MAP[] = "chips:\n"
			  "  top: {driver: switch, line: GPIO24}\n"
			  "  slow: {driver: switch, line: GPIO25, debounce: 10s}\n"
			  "  other: {driver: switch, line: GPIO26}\n"
			  "motors: [{forward: GPIO5, backward: GPIO6,\n"
			  "          limits: {forward: top, backward: slow}}]\n";

enum { TOP, SLOW, OTHER };

struct fixture {
	struct map_rig rig;
	struct limits *limits;
};

static void set_up(struct fixture *fixture)
{
	*fixture = (struct fixture){0};
	map_rig_open(&fixture->rig, MAP);
	assert_int_equal(
		limits_new(fixture->rig.board, fixture->rig.config, NULL, &fixture->limits), 0);
	/* Not read so far. */
	assert_true(limits_reached(fixture->limits, TOP));
	assert_true(limits_retry(fixture->limits, clock_now_us()) == UINT64_MAX);
	limits_settle(fixture->limits);
}

static void tear_down(struct fixture *fixture)
{
	limits_free(fixture->limits);
	map_rig_close(&fixture->rig);
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

static void drive(struct fixture *fixture, const char *line, bool level)
{
	assert_int_equal(sim_drive_line(fixture->rig.board, line, level), 0);
}

static void an_edge_wakes_and_reaches(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	assert_false(limits_reached(f.limits, TOP));
	assert_false(is_readable(limits_fd(f.limits)));
	drive(&f, "GPIO24", true);
	assert_true(is_readable(limits_fd(f.limits)));
	assert_true(limits_take(f.limits, clock_now_us()));
	assert_false(is_readable(limits_fd(f.limits)));
	limits_settle(f.limits);
	assert_true(limits_reached(f.limits, TOP));
	assert_false(limits_reached(f.limits, SLOW));
	drive(&f, "GPIO24", false);
	assert_false(limits_take(f.limits, clock_now_us()));
	assert_false(limits_reached(f.limits, TOP));
	tear_down(&f);
}

static void a_glitch_counts_and_a_debounce_delays_leaving(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	drive(&f, "GPIO24", true);
	drive(&f, "GPIO24", false);
	drive(&f, "GPIO25", true);
	drive(&f, "GPIO25", false);
	assert_true(limits_take(f.limits, clock_now_us()));
	assert_true(limits_reached(f.limits, TOP));
	assert_true(limits_reached(f.limits, SLOW));
	limits_settle(f.limits);
	assert_false(limits_reached(f.limits, TOP));
	assert_true(limits_reached(f.limits, SLOW));
	tear_down(&f);
}

static void one_that_fails_is_reached_until_it_is_read(void **state)
{
	struct fixture f;
	uint64_t now_us = clock_now_us();

	(void)state;
	set_up(&f);
	sim_set_fault(f.rig.board, "GPIO24", SIM_FAULT_SHORT);
	limits_read(f.limits, TOP, now_us);
	limits_settle(f.limits);
	assert_true(limits_reached(f.limits, TOP));
	assert_non_null(limits_error(f.limits, TOP));
	assert_false(limits_reached(f.limits, SLOW));
	assert_true(limits_retry(f.limits, now_us) > now_us);
	sim_set_fault(f.rig.board, "GPIO24", SIM_FAULT_NONE);
	limits_hurry(f.limits);
	assert_true(limits_retry(f.limits, now_us) == UINT64_MAX);
	limits_settle(f.limits);
	assert_null(limits_error(f.limits, TOP));
	assert_false(limits_reached(f.limits, TOP));
	tear_down(&f);
}

static struct lines *open_lines(struct fixture *fixture, const char *name)
{
	const struct lines_request request = {.lines = name, .consumer = "test"};
	struct hal_error error;
	struct lines *lines = NULL;

	assert_int_equal(board_open_lines(fixture->rig.board, &request, &error, &lines), 0);
	return lines;
}

static void a_tap_has_the_owners_edges_and_levels(void **state)
{
	struct lines_edge edge;
	struct lines *tap, *own;
	struct fixture f;
	uint64_t levels, next_us;

	(void)state;
	set_up(&f);
	tap = open_lines(&f, "GPIO24");
	own = open_lines(&f, "GPIO26"); /* nobody claims it */
	assert_int_equal(lines_levels(tap, &levels), 0);
	assert_int_equal(levels, 0);
	assert_int_equal(lines_edge(tap, clock_now_us(), &edge, &next_us), 0);
	drive(&f, "GPIO24", true);
	assert_false(is_readable(tap->fd)); /* the owner comes first */
	limits_take(f.limits, clock_now_us());
	assert_true(is_readable(tap->fd));
	assert_int_equal(lines_edge(tap, clock_now_us(), &edge, &next_us), 1);
	assert_true(edge.level);
	assert_false(is_readable(tap->fd));
	sim_set_fault(f.rig.board, "GPIO24", SIM_FAULT_SHORT);
	limits_read(f.limits, TOP, clock_now_us());
	assert_int_equal(lines_levels(tap, &levels), -EIO);
	lines_close(own);
	/* It outlives the owner. */
	f.limits = limits_free(f.limits);
	lines_close(tap);
	tear_down(&f);
}

static void a_full_tap_loses_the_oldest_and_its_level_is_right(void **state)
{
	struct lines_edge edge;
	struct fixture f;
	struct lines *tap;
	uint64_t next_us;
	int n = 0;

	(void)state;
	set_up(&f);
	tap = open_lines(&f, "GPIO24");
	assert_int_equal(lines_edge(tap, clock_now_us(), &edge, &next_us), 0);
	for (int i = 0; i < 501; i++) {
		drive(&f, "GPIO24", i % 2 == 0);
		limits_take(f.limits, clock_now_us());
	}
	while (lines_edge(tap, clock_now_us(), &edge, &next_us) == 1)
		n++;
	assert_true(n > 0 && n < 501);
	assert_true(tap->lost > 0);
	assert_true(lines_taken(tap) & 1);
	lines_close(tap);
	tear_down(&f);
}

static void another_map_takes_over_what_is_equal(void **state)
{
	struct fixture f;
	struct limits *next;
	int fd;

	(void)state;
	set_up(&f);
	drive(&f, "GPIO24", true);
	fd = limits_fd(f.limits);
	assert_int_equal(limits_new(f.rig.board, f.rig.config, f.limits, &next), 0);
	limits_free(f.limits);
	f.limits = next;
	assert_int_equal(limits_fd(next), fd);
	assert_true(limits_take(next, clock_now_us()));
	assert_true(limits_reached(next, TOP));
	assert_false(limits_reached(next, SLOW));
	tear_down(&f);
}

/* A line of a chip without interrupts. */
static void close_plain(struct lines *lines)
{
	(void)lines;
}

static int open_plain(struct board *board, const struct lines_request *request,
	struct hal_error *error, struct lines **ret_lines)
{
	static const struct lines_ops OPS = {.close = close_plain};
	static struct lines lines = {.ops = &OPS, .n_lines = 1, .fd = -1};

	(void)board;
	(void)request;
	(void)error;
	*ret_lines = &lines;
	return 0;
}

static void a_line_without_edges_is_refused(void **state)
{
	static const struct board_ops OPS = {.open_lines = open_plain};
	struct board board = {.ops = &OPS};
	struct config *config = map_load(MAP);
	struct limits *limits;

	(void)state;
	assert_int_equal(limits_new(&board, config, NULL, &limits), 0);
	limits_retry(limits, clock_now_us());
	assert_true(limits_reached(limits, TOP));
	assert_string_equal(limits_error(limits, TOP),
		"GPIO24 gives no edges: a limit needs a line that does, such as one of the board's "
		"own");
	limits_free(limits);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(an_edge_wakes_and_reaches),
		cmocka_unit_test(a_glitch_counts_and_a_debounce_delays_leaving),
		cmocka_unit_test(one_that_fails_is_reached_until_it_is_read),
		cmocka_unit_test(a_tap_has_the_owners_edges_and_levels),
		cmocka_unit_test(a_full_tap_loses_the_oldest_and_its_level_is_right),
		cmocka_unit_test(a_line_without_edges_is_refused),
		cmocka_unit_test(another_map_takes_over_what_is_equal)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
