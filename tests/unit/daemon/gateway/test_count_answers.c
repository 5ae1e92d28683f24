/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "count_answers.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HASH UINT64_C(99)

struct fixture {
	struct count_answers answers;
	struct outbox *outbox;
	struct outbox_message message;
	struct payload_action action;
	struct repeats repeats;
};

static int setup(void **state)
{
	const struct outbox_settings settings = {65536, 65536, NULL};
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	assert_int_equal(outbox_new(&settings, &fixture->outbox), 0);
	outbox_connected(fixture->outbox);
	payload_action_clear(&fixture->action);
	fixture->action.counter = "meter";
	fixture->action.count = 5;
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	outbox_free(fixture->outbox);
	free(fixture);
	return 0;
}

static struct count_answer *take(struct fixture *fixture, const char *topic)
{
	const struct outbox_address to = {
		.topic = topic, .correlation = "\0x", .correlation_size = 2};

	return count_answers_take(&fixture->answers, &to, &fixture->action, HASH);
}

static void give(struct fixture *fixture, uint64_t ticket, int error)
{
	count_answers_give(&fixture->answers, ticket, error, fixture->outbox, &fixture->repeats);
}

static void expect(struct fixture *fixture, const char *topic, const char *text)
{
	struct outbox_message *message = &fixture->message;

	assert_true(outbox_take(fixture->outbox, true, message));
	assert_string_equal(message->topic, topic);
	assert_int_equal(message->correlation_size, 2);
	assert_memory_equal(message->correlation, "\0x", 2);
	assert_int_equal(message->size, strlen(text));
	assert_memory_equal(message->payload, text, message->size);
}

static void test_an_answer_goes_where_it_was_wanted(void **state)
{
	struct fixture *fixture = *state;
	struct count_answer *first = take(fixture, "a");
	uint64_t ticket = first->ticket;

	fixture->action.count = 6;
	fixture->action.id = (struct payload_id){.kind = PAYLOAD_ID_INTEGER, .integer = 7};
	give(fixture, take(fixture, "b")->ticket, 0);
	expect(fixture, "b",
		"{\"ok\":true,\"id\":7,\"applied\":{\"sensors\":{\"count\":{\"meter\":6}}}}");
	give(fixture, ticket, -ENOENT);
	expect(fixture, "a",
		"{\"ok\":false,\"errors\":[{\"path\":\"sensors.count.meter\","
		"\"reason\":\"the map no longer has this counter\"}]}");
	/* Once. */
	give(fixture, ticket, 0);
	assert_false(outbox_take(fixture->outbox, true, &fixture->message));
}

static enum repeats_outcome outcome(struct fixture *fixture)
{
	return repeats_find(&fixture->repeats, HASH, clock_now_us());
}

static void test_one_that_came_again_waits_for_the_same_answer(void **state)
{
	static const char TEXT[] =
		"{\"ok\":true,\"applied\":{\"sensors\":{\"count\":{\"meter\":5}}}}";
	struct fixture *fixture = *state;
	uint64_t ticket;

	assert_int_equal(count_answers_ticket(&fixture->answers, HASH), 0);
	ticket = take(fixture, "a")->ticket;
	assert_int_equal(count_answers_ticket(&fixture->answers, HASH), ticket);
	assert_int_equal(count_answers_ticket(&fixture->answers, HASH + 1), 0);
	take(fixture, "b")->ticket = ticket;
	give(fixture, ticket, 0);
	expect(fixture, "a", TEXT);
	expect(fixture, "b", TEXT);
	assert_int_equal(count_answers_ticket(&fixture->answers, HASH), 0);
	assert_int_equal(outcome(fixture), REPEATS_UNKNOWN);
	give(fixture, take(fixture, "a")->ticket, -EIO);
	assert_int_equal(outcome(fixture), REPEATS_FAILED);
}

static void test_those_that_wait_at_the_end_are_answered(void **state)
{
	static const char TEXT[] = "{\"ok\":false,\"errors\":[{\"path\":\"sensors.count.meter\","
				   "\"reason\":\"the gateway "
				   "is ending: whether it is set, and on disk, is not known\"}]}";
	struct fixture *fixture = *state;

	(void)take(fixture, "a");
	(void)take(fixture, "b");
	count_answers_end(&fixture->answers, fixture->outbox, &fixture->repeats);
	expect(fixture, "a", TEXT);
	expect(fixture, "b", TEXT);
	count_answers_end(&fixture->answers, fixture->outbox, &fixture->repeats);
	assert_false(outbox_take(fixture->outbox, true, &fixture->message));
}

static void test_a_few_wait_and_no_more(void **state)
{
	struct fixture *fixture = *state;
	struct count_answer *last = NULL;

	for (int i = 0; i < COUNT_ANSWERS_MAX; i++) {
		last = take(fixture, "a");
		assert_non_null(last);
	}
	assert_null(take(fixture, "a"));
	count_answers_drop(last);
	assert_ptr_equal(take(fixture, "a"), last);
	assert_null(take(fixture, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_an_answer_goes_where_it_was_wanted, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_one_that_came_again_waits_for_the_same_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_those_that_wait_at_the_end_are_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_few_wait_and_no_more, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
