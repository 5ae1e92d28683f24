/* SPDX-License-Identifier: MIT */
#include "count_answers.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct count_answers answers;
	struct outbox *outbox;
	struct outbox_message message;
	struct payload_action action;
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

	return count_answers_take(&fixture->answers, &to, &fixture->action);
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
	count_answers_give(&fixture->answers, take(fixture, "b")->ticket, 0, fixture->outbox);
	expect(fixture, "b",
		"{\"ok\":true,\"id\":7,\"applied\":{\"sensors\":{\"count\":{\"meter\":6}}}}");
	count_answers_give(&fixture->answers, ticket, -ENOENT, fixture->outbox);
	expect(fixture, "a",
		"{\"ok\":false,\"errors\":[{\"path\":\"sensors.count.meter\","
		"\"reason\":\"the map no longer has this counter\"}]}");
	/* Once. */
	count_answers_give(&fixture->answers, ticket, 0, fixture->outbox);
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
		cmocka_unit_test_setup_teardown(test_a_few_wait_and_no_more, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
