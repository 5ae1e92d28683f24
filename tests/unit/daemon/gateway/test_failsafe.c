/* SPDX-License-Identifier: MIT */
#include "failsafe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { AFTER_US = 5000000, START_US = 1000000 };

static struct failsafe connected(bool guarded)
{
	struct failsafe failsafe;

	failsafe_init(&failsafe, AFTER_US, START_US);
	failsafe_connected(&failsafe, START_US);
	failsafe_follow(&failsafe, guarded, false, START_US);
	return failsafe;
}

static void test_never_connected_counts_from_the_start(void **state)
{
	struct failsafe failsafe;

	(void)state;
	failsafe_init(&failsafe, AFTER_US, START_US);
	assert_false(failsafe_trip(&failsafe, START_US + AFTER_US - 1));
	assert_true(failsafe_trip(&failsafe, START_US + AFTER_US));
}

static void test_unguarded_silence_is_no_absence(void **state)
{
	struct failsafe failsafe = connected(false);

	(void)state;
	assert_int_equal(failsafe_due(&failsafe), UINT64_MAX);
	assert_false(failsafe_trip(&failsafe, START_US + 100 * (uint64_t)AFTER_US));
}

static void test_guarded_silence_trips_once(void **state)
{
	struct failsafe failsafe = connected(true);

	(void)state;
	assert_int_equal(failsafe_due(&failsafe), START_US + AFTER_US);
	assert_true(failsafe_trip(&failsafe, START_US + AFTER_US));
	assert_false(failsafe_trip(&failsafe, START_US + AFTER_US + 1));
	assert_int_equal(failsafe_due(&failsafe), UINT64_MAX);
}

static void test_a_sign_of_life_moves_the_deadline(void **state)
{
	struct failsafe failsafe = connected(true);

	(void)state;
	failsafe_heard(&failsafe, START_US + 3000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 3000000 + AFTER_US);
	/* One that was on the queue for long does not move it back. */
	failsafe_heard(&failsafe, START_US + 1000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 3000000 + AFTER_US);
}

static void test_a_closed_connection_counts_from_its_end(void **state)
{
	struct failsafe failsafe = connected(false);

	(void)state;
	failsafe_lost(&failsafe, START_US + 7000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 7000000 + AFTER_US);
	/* Attempts to connect that fail do not move it. */
	failsafe_lost(&failsafe, START_US + 9000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 7000000 + AFTER_US);
	/* Nor does a late report of what came before the end. */
	failsafe_heard(&failsafe, START_US + 9500000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 7000000 + AFTER_US);
}

static void test_a_silence_acted_upon_is_not_acted_upon_again_at_the_end(void **state)
{
	struct failsafe failsafe = connected(true);

	(void)state;
	assert_true(failsafe_trip(&failsafe, START_US + AFTER_US));
	failsafe_lost(&failsafe, START_US + AFTER_US + 1000000);
	assert_false(failsafe_trip(&failsafe, START_US + 10 * (uint64_t)AFTER_US));
}

static void test_a_new_connection_arms_it_again(void **state)
{
	struct failsafe failsafe = connected(true);

	(void)state;
	failsafe_lost(&failsafe, START_US + 1000000);
	assert_true(failsafe_trip(&failsafe, START_US + 1000000 + AFTER_US));
	failsafe_connected(&failsafe, START_US + 20000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 20000000 + AFTER_US);
}

static void test_guarding_begins_now(void **state)
{
	struct failsafe failsafe = connected(false);

	(void)state;
	failsafe_follow(&failsafe, true, false, START_US + 60000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 60000000 + AFTER_US);
	failsafe_follow(&failsafe, true, false, START_US + 61000000);
	assert_int_equal(failsafe_due(&failsafe), START_US + 60000000 + AFTER_US);
	failsafe_follow(&failsafe, false, false, START_US + 62000000);
	assert_int_equal(failsafe_due(&failsafe), UINT64_MAX);
}

static void test_a_shorter_limit_does_not_act_on_a_healthy_broker(void **state)
{
	struct failsafe failsafe = connected(true);

	(void)state;
	failsafe_set_after(&failsafe, AFTER_US / 5, START_US + AFTER_US / 2);
	assert_false(failsafe_trip(&failsafe, START_US + AFTER_US / 2));
	assert_int_equal(failsafe_due(&failsafe), START_US + AFTER_US / 2 + AFTER_US / 5);
}

static void test_what_begins_late_does_not_let_the_rest_go_on_for_longer(void **state)
{
	struct failsafe failsafe = connected(false);

	(void)state;
	failsafe_follow(&failsafe, false, true, START_US);
	failsafe_lost(&failsafe, START_US);
	failsafe_acted(&failsafe, START_US + AFTER_US - 1);
	failsafe_follow(&failsafe, true, true, START_US + AFTER_US - 1);
	assert_int_equal(failsafe_due(&failsafe), START_US + AFTER_US);
}

/*
 * Every way into "something runs" against everything that the fail-safe can have come to before,
 * and every way in which the broker can go after it. Whatever comes together, it ends AFTER_US
 * after it began, or after the last that was heard of the broker.
 */
enum { NOW_US = 100000000 };

struct before {
	const char *name;
	void (*reach)(struct failsafe *failsafe);
};

static void is_connected(struct failsafe *failsafe)
{
	failsafe_connected(failsafe, NOW_US - 2 * AFTER_US);
	failsafe_heard(failsafe, NOW_US - 1);
}

static void is_silent(struct failsafe *failsafe)
{
	failsafe_connected(failsafe, NOW_US - 2 * AFTER_US);
	failsafe_follow(failsafe, true, failsafe->guarded, NOW_US - 2 * AFTER_US);
	assert_true(failsafe_trip(failsafe, NOW_US - AFTER_US));
	failsafe_follow(failsafe, false, failsafe->guarded, NOW_US - AFTER_US);
}

static void is_never_connected(struct failsafe *failsafe)
{
	assert_true(failsafe_trip(failsafe, NOW_US - AFTER_US));
}

static void is_just_lost(struct failsafe *failsafe)
{
	is_connected(failsafe);
	failsafe_lost(failsafe, NOW_US - 1);
}

static void is_lost_and_tripped(struct failsafe *failsafe)
{
	failsafe_connected(failsafe, NOW_US - 2 * AFTER_US);
	failsafe_lost(failsafe, NOW_US - AFTER_US - 1);
	assert_true(failsafe_trip(failsafe, NOW_US - 1));
}

static void is_silent_then_lost(struct failsafe *failsafe)
{
	is_silent(failsafe);
	failsafe_lost(failsafe, NOW_US - 1);
}

static const struct before BEFORE[] = {
	{"connected", is_connected},
	{"silent, acted upon", is_silent},
	{"never connected, acted upon", is_never_connected},
	{"just lost", is_just_lost},
	{"lost, acted upon", is_lost_and_tripped},
	{"silent, acted upon, lost", is_silent_then_lost},
};

struct way_in {
	const char *name;
	void (*enter)(struct failsafe *failsafe);
};

/* As the main thread carries out a record of the link's queue. */
static void by_message(struct failsafe *failsafe)
{
	failsafe_heard(failsafe, NOW_US);
	failsafe_acted(failsafe, NOW_US);
}

static void by_message_as_it_connects(struct failsafe *failsafe)
{
	failsafe_connected(failsafe, NOW_US);
	by_message(failsafe);
}

static void by_reload(struct failsafe *failsafe)
{
	failsafe_set_after(failsafe, AFTER_US, NOW_US);
	failsafe_lost(failsafe, NOW_US);
}

/* A ramp, a reversal, a duration: nothing but the outputs themselves says so. */
static void by_timer(struct failsafe *failsafe)
{
	(void)failsafe;
}

static const struct way_in WAYS_IN[] = {
	{"message", by_message},
	{"message as it connects", by_message_as_it_connects},
	{"reload", by_reload},
	{"timer", by_timer},
};

struct way_out {
	const char *name;
	void (*leave)(struct failsafe *failsafe);
	bool before_follow; /* within the same batch of records */
};

static void in_silence(struct failsafe *failsafe)
{
	(void)failsafe;
}

static void by_a_loss(struct failsafe *failsafe)
{
	failsafe_lost(failsafe, NOW_US);
}

static const struct way_out WAYS_OUT[] = {
	{"silence", in_silence, false},
	{"lost at once", by_a_loss, true},
	{"lost after it", by_a_loss, false},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Returns how long it may run, whatever the map says about LEDs. */
static uint64_t runs_us(const struct before *before, const struct way_in *in,
	const struct way_out *out, bool others)
{
	struct failsafe failsafe;
	uint64_t due_us;

	failsafe_init(&failsafe, AFTER_US, START_US);
	failsafe_follow(&failsafe, false, others, START_US);
	before->reach(&failsafe);
	failsafe_follow(&failsafe, false, others, NOW_US - 1);
	in->enter(&failsafe);
	if (out->before_follow)
		out->leave(&failsafe);
	failsafe_follow(&failsafe, true, others, NOW_US);
	if (!out->before_follow)
		out->leave(&failsafe);
	failsafe_follow(&failsafe, true, others, NOW_US + 1);
	due_us = failsafe_due(&failsafe);
	assert_false(failsafe_trip(&failsafe, due_us - 1));
	assert_true(failsafe_trip(&failsafe, due_us));
	return due_us - NOW_US;
}

static void test_nothing_runs_that_no_deadline_guards(void **state)
{
	(void)state;
	for (size_t b = 0; b < COUNT(BEFORE); b++) {
		for (size_t i = 0; i < COUNT(WAYS_IN); i++) {
			print_message("%-28s %-23s", BEFORE[b].name, WAYS_IN[i].name);
			for (size_t o = 0; o < COUNT(WAYS_OUT); o++) {
				for (int others = 0; others < 2; others++) {
					uint64_t us = runs_us(
						&BEFORE[b], &WAYS_IN[i], &WAYS_OUT[o], others);

					/* One microsecond: it was lost before it began. */
					assert_in_range(us, AFTER_US - 1, AFTER_US);
				}
				print_message(" %s", WAYS_OUT[o].name);
			}
			print_message(": stops\n");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_connected_counts_from_the_start),
		cmocka_unit_test(test_unguarded_silence_is_no_absence),
		cmocka_unit_test(test_guarded_silence_trips_once),
		cmocka_unit_test(test_a_sign_of_life_moves_the_deadline),
		cmocka_unit_test(test_a_closed_connection_counts_from_its_end),
		cmocka_unit_test(test_a_silence_acted_upon_is_not_acted_upon_again_at_the_end),
		cmocka_unit_test(test_a_new_connection_arms_it_again),
		cmocka_unit_test(test_guarding_begins_now),
		cmocka_unit_test(test_a_shorter_limit_does_not_act_on_a_healthy_broker),
		cmocka_unit_test(test_what_begins_late_does_not_let_the_rest_go_on_for_longer),
		cmocka_unit_test(test_nothing_runs_that_no_deadline_guards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
