/* SPDX-License-Identifier: MIT */
/* Tests how edges become levels: a level counts once it has held, in the order of time. */
#include "lines.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MS = 1000 };

/* A backend that gives what the test has put there. */
struct fake {
	struct lines base;
	uint64_t levels, now_us;
	struct lines_edge edges[64];
	size_t first, n;
	int error;
};

static int fake_levels(struct lines *lines, uint64_t *ret_levels)
{
	const struct fake *fake = (const struct fake *)lines;

	if (fake->error == 0)
		*ret_levels = fake->levels;
	return fake->error;
}

static int fake_edge(struct lines *lines, struct lines_edge *ret_edge)
{
	struct fake *fake = (struct fake *)lines;

	if (fake->error < 0 || fake->first == fake->n)
		return fake->error;
	*ret_edge = fake->edges[fake->first++];
	return 1;
}

static uint64_t fake_now_us(const struct lines *lines)
{
	return ((const struct fake *)lines)->now_us;
}

static const struct lines_ops OPS = {
	.levels = fake_levels, .edge = fake_edge, .now_us = fake_now_us};

static struct fake fake_of(unsigned n_lines, uint32_t debounce_us)
{
	return (struct fake){.base = {.ops = &OPS, .n_lines = n_lines, .debounce_us = debounce_us}};
}

static void add(struct fake *fake, unsigned line, bool level, uint64_t time_us)
{
	fake->edges[fake->n++] = (struct lines_edge){line, level, time_us};
	fake->levels = (fake->levels & ~(UINT64_C(1) << line)) | (uint64_t)level << line;
}

static void assert_edge(
	struct fake *fake, uint64_t now_us, unsigned line, bool level, uint64_t time_us)
{
	struct lines_edge edge = {0};
	uint64_t next_us;

	assert_int_equal(lines_edge(&fake->base, now_us, &edge, &next_us), 1);
	assert_int_equal(edge.line, line);
	assert_int_equal(edge.level, level);
	assert_int_equal(edge.time_us, time_us);
}

/* And when to ask again. */
static void assert_none(struct fake *fake, uint64_t now_us, uint64_t next_us)
{
	struct lines_edge edge;
	uint64_t next = 0;

	assert_int_equal(lines_edge(&fake->base, now_us, &edge, &next), 0);
	assert_int_equal(next, next_us);
}

static void without_a_debounce_each_edge_counts_at_once(void **state)
{
	struct fake fake = fake_of(1, 0);

	(void)state;
	assert_none(&fake, 0, DEBOUNCE_NEVER);
	add(&fake, 0, true, 5 * MS);
	add(&fake, 0, false, 5 * MS + 1);
	add(&fake, 0, true, 9 * MS);
	assert_edge(&fake, 10 * MS, 0, true, 5 * MS);
	assert_edge(&fake, 10 * MS, 0, false, 5 * MS + 1);
	assert_edge(&fake, 10 * MS, 0, true, 9 * MS);
	assert_none(&fake, 10 * MS, DEBOUNCE_NEVER);
}

static void the_level_at_the_beginning_is_no_edge(void **state)
{
	struct fake fake = fake_of(1, 0);

	(void)state;
	fake.levels = 1;
	assert_none(&fake, 0, DEBOUNCE_NEVER);
	add(&fake, 0, false, 3 * MS);
	assert_edge(&fake, 4 * MS, 0, false, 3 * MS);
}

static void what_bounces_is_one_edge_with_the_time_from_which_it_held(void **state)
{
	struct fake fake = fake_of(1, 30 * MS);

	(void)state;
	assert_none(&fake, 0, DEBOUNCE_NEVER);
	for (unsigned i = 0; i < 11; i++)
		add(&fake, 0, i % 2 == 0, (100 + i) * MS);
	assert_none(&fake, 120 * MS, 140 * MS);
	assert_none(&fake, 139 * MS, 140 * MS);
	assert_edge(&fake, 140 * MS, 0, true, 110 * MS);
	assert_none(&fake, 140 * MS, DEBOUNCE_NEVER);
}

static void a_spike_is_none(void **state)
{
	struct fake fake = fake_of(1, 30 * MS);

	(void)state;
	assert_none(&fake, 0, DEBOUNCE_NEVER);
	add(&fake, 0, true, 100 * MS);
	add(&fake, 0, false, 129 * MS);
	assert_none(&fake, 200 * MS, DEBOUNCE_NEVER);
}

/* The time stamps say what held, and not when somebody looked. */
static void it_does_not_matter_how_late_one_looks(void **state)
{
	struct fake fake = fake_of(1, 30 * MS);

	(void)state;
	assert_none(&fake, 0, DEBOUNCE_NEVER);
	add(&fake, 0, true, 100 * MS);
	add(&fake, 0, false, 130 * MS);
	add(&fake, 0, true, 150 * MS);
	add(&fake, 0, false, 155 * MS);
	assert_edge(&fake, 1000 * MS, 0, true, 100 * MS);
	assert_edge(&fake, 1000 * MS, 0, false, 155 * MS);
	assert_none(&fake, 1000 * MS, DEBOUNCE_NEVER);
}

static void edges_of_several_lines_come_in_the_order_of_time(void **state)
{
	struct fake fake = fake_of(2, 0);

	(void)state;
	assert_none(&fake, 0, DEBOUNCE_NEVER);
	add(&fake, 0, true, 1 * MS);
	add(&fake, 1, true, 2 * MS);
	add(&fake, 1, false, 3 * MS);
	add(&fake, 0, false, 4 * MS);
	assert_edge(&fake, 9 * MS, 0, true, 1 * MS);
	assert_edge(&fake, 9 * MS, 1, true, 2 * MS);
	assert_edge(&fake, 9 * MS, 1, false, 3 * MS);
	assert_edge(&fake, 9 * MS, 0, false, 4 * MS);
	assert_none(&fake, 9 * MS, DEBOUNCE_NEVER);
}

static void a_level_after_lost_edges_is_an_edge_now(void **state)
{
	struct fake fake = fake_of(1, 0);

	(void)state;
	assert_none(&fake, 0, DEBOUNCE_NEVER);
	add(&fake, 0, true, 1 * MS);
	fake.base.lost = 7;
	fake.levels = 0;
	assert_edge(&fake, 9 * MS, 0, true, 1 * MS);
	assert_edge(&fake, 9 * MS, 0, false, 9 * MS);
	assert_none(&fake, 9 * MS, DEBOUNCE_NEVER);
}

static void a_reading_has_the_level_that_counts(void **state)
{
	struct fake fake = fake_of(1, 30 * MS);
	uint64_t levels = 7;

	(void)state;
	assert_none(&fake, 0, DEBOUNCE_NEVER);
	add(&fake, 0, true, 100 * MS);
	assert_none(&fake, 110 * MS, 130 * MS);
	assert_int_equal(lines_levels(&fake.base, &levels), 0);
	assert_int_equal(levels, 0);
	assert_edge(&fake, 130 * MS, 0, true, 100 * MS);
	assert_int_equal(lines_levels(&fake.base, &levels), 0);
	assert_int_equal(levels, 1);
}

/* Whatever happens meanwhile, and even with no debounce at all. */
static void until_it_has_settled_a_line_is_at_0(void **state)
{
	struct fake fake = fake_of(1, 0);
	uint64_t levels = 7;

	(void)state;
	fake.base.settle_us = 100 * MS;
	fake.now_us = 1000 * MS;
	fake.levels = 1;
	assert_int_equal(lines_levels(&fake.base, &levels), 0);
	assert_int_equal(levels, 0);
	assert_false(fake.base.has_begun);
	assert_none(&fake, 1000 * MS, 1100 * MS);
	assert_int_equal(lines_levels(&fake.base, &levels), 0);
	assert_int_equal(levels, 0);
	add(&fake, 0, false, 1010 * MS);
	add(&fake, 0, true, 1020 * MS);
	assert_none(&fake, 1099 * MS, 1100 * MS);
	assert_edge(&fake, 1100 * MS, 0, true, 1100 * MS);
	assert_int_equal(lines_levels(&fake.base, &levels), 0);
	assert_int_equal(levels, 1);
	add(&fake, 0, false, 1200 * MS);
	assert_edge(&fake, 1200 * MS, 0, false, 1200 * MS);
}

static void a_line_that_has_come_to_rest_meanwhile_says_nothing(void **state)
{
	struct fake fake = fake_of(1, 0);

	(void)state;
	fake.base.settle_us = 100 * MS;
	fake.now_us = 1000 * MS;
	fake.levels = 1;
	assert_none(&fake, 1000 * MS, 1100 * MS);
	add(&fake, 0, false, 1050 * MS);
	assert_none(&fake, 1200 * MS, DEBOUNCE_NEVER);
}

static void a_line_without_edges_settles_too(void **state)
{
	struct fake fake = fake_of(1, 0);
	uint64_t levels = 7;

	(void)state;
	fake.base.fd = -1;
	fake.base.settle_us = 100 * MS;
	fake.now_us = 1000 * MS;
	fake.levels = 1;
	assert_int_equal(lines_levels(&fake.base, &levels), 0);
	assert_int_equal(levels, 0);
	fake.now_us = 1100 * MS;
	assert_int_equal(lines_levels(&fake.base, &levels), 0);
	assert_int_equal(levels, 1);
}

static void an_error_is_no_edge_and_no_level(void **state)
{
	struct fake fake = fake_of(1, 30 * MS);
	struct lines_edge edge;
	uint64_t levels = 7, next_us;

	(void)state;
	assert_none(&fake, 0, DEBOUNCE_NEVER);
	fake.error = -ENODEV;
	assert_int_equal(lines_edge(&fake.base, 1, &edge, &next_us), -ENODEV);
	assert_int_equal(lines_levels(&fake.base, &levels), -ENODEV);
	assert_int_equal(levels, 7);
}

static void names_are_taken_apart(void **state)
{
	const char *names = "GPIO20, User LED, pinctrl-rp1:4";
	char name[16];

	(void)state;
	assert_int_equal(lines_next_name(&names, name, sizeof(name)), 0);
	assert_string_equal(name, "GPIO20");
	assert_int_equal(lines_next_name(&names, name, sizeof(name)), 0);
	assert_string_equal(name, "User LED");
	assert_int_equal(lines_next_name(&names, name, sizeof(name)), 0);
	assert_string_equal(name, "pinctrl-rp1:4");
	assert_int_equal(lines_next_name(&names, name, sizeof(name)), -ENOENT);
	names = "a name of a line";
	assert_int_equal(lines_next_name(&names, name, sizeof(name)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_debounce_each_edge_counts_at_once),
		cmocka_unit_test(the_level_at_the_beginning_is_no_edge),
		cmocka_unit_test(what_bounces_is_one_edge_with_the_time_from_which_it_held),
		cmocka_unit_test(a_spike_is_none),
		cmocka_unit_test(it_does_not_matter_how_late_one_looks),
		cmocka_unit_test(edges_of_several_lines_come_in_the_order_of_time),
		cmocka_unit_test(a_level_after_lost_edges_is_an_edge_now),
		cmocka_unit_test(a_reading_has_the_level_that_counts),
		cmocka_unit_test(until_it_has_settled_a_line_is_at_0),
		cmocka_unit_test(a_line_that_has_come_to_rest_meanwhile_says_nothing),
		cmocka_unit_test(a_line_without_edges_settles_too),
		cmocka_unit_test(an_error_is_no_edge_and_no_level),
		cmocka_unit_test(names_are_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
