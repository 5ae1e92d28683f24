/* SPDX-License-Identifier: MIT */
#include "broker_watch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
	S = 1000000,
	NOW_US = 1000 * S,
	SILENCE_US = 20 * S,
	ANSWER_US = 30 * S,
	QOS_2_US = 10 * S,
	GUARD_US = 5 * S,
};

/* The times since the last packet and since unanswered messages. -1: never, or none. */
struct row {
	const char *name;
	bool is_list;
	int64_t came_ago_us, oldest_ago_us, qos_2_ago_us;
	bool qos_1_works, qos_2_works;
	int64_t guarded_ago_us;
	enum broker_fault fault;
};

static const struct row ROWS[] = {
	{"all is answered", true, 100 * S, -1, -1, true, false, -1, BROKER_FAULT_NONE},
	{"silent, nothing asked", true, 1000 * S, -1, -1, true, false, 900 * S, BROKER_FAULT_NONE},
	{"silent", true, SILENCE_US, SILENCE_US, -1, true, false, -1, BROKER_FAULT_SILENT},
	{"not yet", true, SILENCE_US, SILENCE_US - 1, -1, true, false, -1, BROKER_FAULT_NONE},
	{"came since", true, SILENCE_US - 1, SILENCE_US, -1, true, false, -1, BROKER_FAULT_NONE},
	{"silent, no other", false, ANSWER_US - 1, ANSWER_US - 1, -1, true, false, -1,
		BROKER_FAULT_NONE},
	{"guarded", true, GUARD_US, S, -1, true, false, 100 * S, BROKER_FAULT_SILENT},
	{"guarded, not yet", true, GUARD_US - 1, S, -1, true, false, 100 * S, BROKER_FAULT_NONE},
	{"guarded just now", true, SILENCE_US - 1, S, -1, true, false, 1, BROKER_FAULT_NONE},
	{"guarded, no other", false, GUARD_US, S, -1, true, false, 100 * S, BROKER_FAULT_NONE},
	{"unanswered, pings are", true, S, ANSWER_US, -1, false, false, -1,
		BROKER_FAULT_UNANSWERED},
	{"unanswered, no other", false, S, ANSWER_US, -1, false, false, -1,
		BROKER_FAULT_UNANSWERED},
	{"no QoS 2", false, S, QOS_2_US, QOS_2_US, true, false, -1, BROKER_FAULT_QOS_2},
	{"no QoS 2, not yet", false, S, QOS_2_US - 1, QOS_2_US - 1, true, false, -1,
		BROKER_FAULT_NONE},
	{"QoS 2 works", false, S, QOS_2_US, QOS_2_US, true, true, -1, BROKER_FAULT_NONE},
	{"nor QoS 1", false, S, QOS_2_US, QOS_2_US, false, false, -1, BROKER_FAULT_NONE},
	{"nothing came behind it", false, QOS_2_US, QOS_2_US, QOS_2_US, true, false, -1,
		BROKER_FAULT_NONE},
};

static uint64_t ago(int64_t us)
{
	return us < 0 ? 0 : (uint64_t)(NOW_US - us);
}

static struct broker_watch of_row(const struct row *row)
{
	struct broker_watch watch = {
		.silence_us = row->is_list ? SILENCE_US : 0,
		.answer_us = ANSWER_US,
		.qos_2_us = QOS_2_US,
		.came_us = ago(row->came_ago_us),
		.oldest_us = ago(row->oldest_ago_us),
		.oldest_qos_2_us = ago(row->qos_2_ago_us),
		.qos_1_works = row->qos_1_works,
		.qos_2_works = row->qos_2_works,
	};

	if (row->guarded_ago_us >= 0)
		broker_watch_guard(&watch, GUARD_US, ago(row->guarded_ago_us));
	return watch;
}

static void test_the_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
		struct broker_watch watch = of_row(&ROWS[i]);

		print_message("%s\n", ROWS[i].name);
		assert_int_equal(broker_watch_judge(&watch, NOW_US), ROWS[i].fault);
		/* A caller that sleeps until then is neither early nor late. */
		assert_int_equal(
			broker_watch_due(&watch) <= NOW_US, ROWS[i].fault != BROKER_FAULT_NONE);
	}
}

/* Main stops all outputs, and lifts the guard, just before the same time is up in the link. */
static void test_a_guard_that_ends_in_silence_holds(void **state)
{
	struct broker_watch watch = {
		.silence_us = SILENCE_US, .answer_us = ANSWER_US, .came_us = NOW_US};

	(void)state;
	broker_watch_guard(&watch, GUARD_US, NOW_US);
	watch.oldest_us = NOW_US + S;
	broker_watch_guard(&watch, 0, NOW_US + GUARD_US - 1);
	assert_int_equal(broker_watch_due(&watch), NOW_US + GUARD_US);
	assert_int_equal(broker_watch_judge(&watch, NOW_US + GUARD_US), BROKER_FAULT_SILENT);
	/* Unless it is heard after all. */
	broker_watch_came(&watch, NOW_US + GUARD_US);
	assert_int_equal(broker_watch_judge(&watch, NOW_US + 2 * GUARD_US), BROKER_FAULT_NONE);
}

static void test_a_guard_that_ends_is_no_limit_any_more(void **state)
{
	struct broker_watch watch = {
		.silence_us = SILENCE_US, .answer_us = ANSWER_US, .came_us = NOW_US};

	(void)state;
	broker_watch_guard(&watch, GUARD_US, NOW_US);
	watch.oldest_us = NOW_US + S;
	broker_watch_guard(&watch, 0, NOW_US + 2 * S);
	assert_int_equal(broker_watch_judge(&watch, NOW_US + 2 * GUARD_US), BROKER_FAULT_NONE);
	assert_int_equal(broker_watch_due(&watch), NOW_US + S + SILENCE_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_verdicts),
		cmocka_unit_test(test_a_guard_that_ends_in_silence_holds),
		cmocka_unit_test(test_a_guard_that_ends_is_no_limit_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
