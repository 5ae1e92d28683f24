/* SPDX-License-Identifier: MIT */
#include "schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define START_US UINT64_C(1234567890123)

enum { INTERVAL_MS = 100, INTERVAL_US = 100000 };

static void the_first_deadline_is_at_once(void **state)
{
	struct schedule schedule;

	(void)state;
	schedule_init(&schedule, INTERVAL_MS, START_US);
	assert_true(schedule.next_us == START_US);
	assert_true(schedule_begin(&schedule, START_US) == START_US);
	assert_true(schedule.next_us == START_US + INTERVAL_US);
}

/* However long a reading takes and however late the thread wakes up. */
static void ten_thousand_deadlines_do_not_drift(void **state)
{
	struct schedule schedule;
	uint32_t random = 1;

	(void)state;
	schedule_init(&schedule, INTERVAL_MS, START_US);
	for (uint64_t i = 0; i < 10000; i++) {
		uint64_t now_us;

		random = random * 1664525 + 1013904223;
		now_us = schedule.next_us + random % (INTERVAL_US / 2);
		assert_true(schedule_begin(&schedule, now_us) == START_US + i * INTERVAL_US);
		schedule_end(&schedule, now_us + random / 65536 % (INTERVAL_US / 2));
	}
	assert_true(schedule.missed == 0);
	assert_true(schedule.next_us == START_US + UINT64_C(10000) * INTERVAL_US);
}

static void a_long_reading_misses_the_deadlines_that_it_covers(void **state)
{
	struct schedule schedule;

	(void)state;
	schedule_init(&schedule, INTERVAL_MS, START_US);
	(void)schedule_begin(&schedule, START_US);
	schedule_end(&schedule, START_US + 3 * INTERVAL_US + 1);
	assert_true(schedule.missed == 3);
	assert_true(schedule.next_us == START_US + 4 * INTERVAL_US);
}

static void a_deadline_at_the_end_of_a_reading_is_not_missed(void **state)
{
	struct schedule schedule;

	(void)state;
	schedule_init(&schedule, INTERVAL_MS, START_US);
	(void)schedule_begin(&schedule, START_US);
	schedule_end(&schedule, START_US + INTERVAL_US);
	assert_true(schedule.missed == 0);
	assert_true(schedule.next_us == START_US + INTERVAL_US);
	schedule_end(&schedule, START_US + INTERVAL_US + 1);
	assert_true(schedule.missed == 1);
	assert_true(schedule.next_us == START_US + 2 * INTERVAL_US);
}

static void a_thread_that_sleeps_late_takes_the_last_deadline_only(void **state)
{
	struct schedule schedule;

	(void)state;
	schedule_init(&schedule, INTERVAL_MS, START_US);
	assert_true(schedule_begin(&schedule, START_US + INTERVAL_US - 1) == START_US);
	assert_true(schedule.missed == 0);
	assert_true(schedule_begin(&schedule, START_US + 4 * INTERVAL_US) ==
		START_US + 4 * INTERVAL_US);
	assert_true(schedule.missed == 3);
	assert_true(schedule.next_us == START_US + 5 * INTERVAL_US);
}

static void a_new_interval_begins_at_its_change(void **state)
{
	struct schedule schedule;
	uint64_t now_us = START_US + 30000;

	(void)state;
	schedule_init(&schedule, INTERVAL_MS, START_US);
	(void)schedule_begin(&schedule, START_US);
	schedule_end(&schedule, START_US + 10);
	schedule_set_interval(&schedule, 20, now_us);
	assert_true(schedule.next_us == now_us + 20000);
	assert_true(schedule_begin(&schedule, now_us + 20000) == now_us + 20000);
	assert_true(schedule.next_us == now_us + 40000);
	schedule_set_interval(&schedule, 3600000, now_us + 20001);
	assert_true(schedule.next_us == now_us + 20001 + UINT64_C(3600000000));
	assert_true(schedule.missed == 0);
}

/* An interval that is repeated before it has passed must not put off the readings for ever. */
static void the_same_interval_again_leaves_the_grid_alone(void **state)
{
	struct schedule schedule;

	(void)state;
	schedule_init(&schedule, INTERVAL_MS, START_US);
	(void)schedule_begin(&schedule, START_US);
	schedule_end(&schedule, START_US + 10);
	schedule_set_interval(&schedule, INTERVAL_MS, START_US + 30000);
	assert_true(schedule.next_us == START_US + INTERVAL_US);
}

static void read_for(struct schedule *schedule, uint64_t took_us)
{
	uint64_t now_us = schedule_begin(schedule, schedule->next_us);

	schedule_end(schedule, now_us + took_us);
}

/* And not one conversion later. */
static void the_first_reading_of_a_new_interval_is_there_in_time(void **state)
{
	struct schedule schedule;
	uint64_t now_us;

	(void)state;
	schedule_init(&schedule, INTERVAL_MS, START_US);
	read_for(&schedule, 12000); /* sets up the parts */
	now_us = START_US + 20000;
	schedule_set_interval(&schedule, 50, now_us);
	assert_true(schedule.next_us == now_us + 50000);
	read_for(&schedule, 9300);
	now_us = schedule.next_us - 10000;
	schedule_set_interval(&schedule, 60, now_us);
	assert_true(schedule.next_us == now_us + 60000 - 9300);
	read_for(&schedule, 9400);
	schedule_set_interval(&schedule, 5, now_us);
	assert_true(schedule.next_us == now_us + 5000);
}

static void a_slower_rhythm_is_rounded_up_to_whole_intervals(void **state)
{
	(void)state;
	assert_true(schedule_is_due(0, START_US, START_US + 1));
	assert_false(schedule_is_due(250000, START_US, START_US + 2 * INTERVAL_US));
	assert_true(schedule_is_due(250000, START_US, START_US + 3 * INTERVAL_US));
	assert_false(schedule_is_due(300000, START_US, START_US + 2 * INTERVAL_US));
	assert_true(schedule_is_due(300000, START_US, START_US + 3 * INTERVAL_US));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_deadline_is_at_once),
		cmocka_unit_test(ten_thousand_deadlines_do_not_drift),
		cmocka_unit_test(a_long_reading_misses_the_deadlines_that_it_covers),
		cmocka_unit_test(a_deadline_at_the_end_of_a_reading_is_not_missed),
		cmocka_unit_test(a_thread_that_sleeps_late_takes_the_last_deadline_only),
		cmocka_unit_test(a_new_interval_begins_at_its_change),
		cmocka_unit_test(the_same_interval_again_leaves_the_grid_alone),
		cmocka_unit_test(the_first_reading_of_a_new_interval_is_there_in_time),
		cmocka_unit_test(a_slower_rhythm_is_rounded_up_to_whole_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
