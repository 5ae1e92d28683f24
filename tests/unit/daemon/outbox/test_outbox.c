/* SPDX-License-Identifier: MIT */
#include "outbox.h"
#include "payload.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A reading's payload is its number: with its header it takes 32 bytes, so that the ring holds
 * exactly so many. */
enum { CAPACITY = 8, READING_BYTES = 32, OTHER_BYTES = 4096 };

static struct outbox_message message;

static int setup(void **state)
{
	const struct outbox_settings settings = {
		CAPACITY * READING_BYTES, OTHER_BYTES, payload_set_time};
	struct outbox *outbox;
	int r = outbox_new(&settings, &outbox);

	*state = outbox;
	return r;
}

static int teardown(void **state)
{
	outbox_free(*state);
	return 0;
}

static void put(struct outbox *outbox, uint32_t number)
{
	assert_int_equal(outbox_put_reading(outbox, number, &number, sizeof(number)), 0);
}

static void put_text(struct outbox *outbox, enum outbox_kind kind, const char *text)
{
	const struct outbox_address to = {"a/topic", "c1", 2, 1, false};
	int r = kind == OUTBOX_KIND_ANSWER ? outbox_put_answer(outbox, &to, text, strlen(text))
					   : outbox_put_value(outbox, &to, text, strlen(text));

	assert_int_equal(r, 0);
}

static uint32_t number_taken(void)
{
	uint32_t number;

	assert_int_equal(message.size, sizeof(number));
	memcpy(&number, message.payload, sizeof(number));
	return number;
}

static void expect_reading(struct outbox *outbox, enum outbox_kind kind, uint32_t number)
{
	assert_true(outbox_take(outbox, true, &message));
	assert_int_equal(message.kind, kind);
	assert_int_equal(number_taken(), number);
	assert_string_equal(message.topic, "");
}

static void expect_text(struct outbox *outbox, enum outbox_kind kind, const char *text)
{
	assert_true(outbox_take(outbox, true, &message));
	assert_int_equal(message.kind, kind);
	assert_int_equal(message.size, strlen(text));
	assert_memory_equal(message.payload, text, message.size);
}

static void expect_nothing(struct outbox *outbox)
{
	assert_false(outbox_take(outbox, true, &message));
}

static bool is_readable(struct outbox *outbox)
{
	struct pollfd poll_fd = {.fd = outbox_fd(outbox), .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

static void a_new_outbox_is_empty(void **state)
{
	expect_nothing(*state);
	outbox_connected(*state);
	expect_nothing(*state);
	assert_int_equal(outbox_stats(*state).queued, 0);
	assert_int_equal(outbox_stats(*state).dropped, 0);
}

static void kinds_go_out_in_their_order(void **state)
{
	put(*state, 1);
	outbox_connected(*state);
	put_text(*state, OUTBOX_KIND_VALUE, "value");
	put(*state, 2);
	put_text(*state, OUTBOX_KIND_ANSWER, "answer");
	assert_int_equal(outbox_put_retained(*state, OUTBOX_STATE, "t/state", "s", 1), 0);
	assert_int_equal(outbox_put_retained(*state, OUTBOX_STATUS, "t/status", "online", 6), 0);

	expect_text(*state, OUTBOX_KIND_RETAINED, "online");
	assert_string_equal(message.topic, "t/status");
	expect_text(*state, OUTBOX_KIND_RETAINED, "s");
	expect_text(*state, OUTBOX_KIND_ANSWER, "answer");
	assert_string_equal(message.topic, "a/topic");
	assert_int_equal(message.correlation_size, 2);
	assert_memory_equal(message.correlation, "c1", 2);
	assert_int_equal(message.qos, 1);
	expect_reading(*state, OUTBOX_KIND_READING, 2);
	expect_text(*state, OUTBOX_KIND_VALUE, "value");
	expect_reading(*state, OUTBOX_KIND_BACKLOG, 1);
	expect_nothing(*state);
}

/* Someone waits for the answer; the state that follows from it is for later. */
static void once_the_connection_has_been_greeted_answers_come_first(void **state)
{
	outbox_connected(*state);
	expect_nothing(*state);
	assert_int_equal(outbox_put_retained(*state, OUTBOX_STATE, "t/state", "s", 1), 0);
	put_text(*state, OUTBOX_KIND_ANSWER, "answer");
	expect_text(*state, OUTBOX_KIND_ANSWER, "answer");
	expect_text(*state, OUTBOX_KIND_RETAINED, "s");
	expect_nothing(*state);
}

static void backlog_waits_when_it_is_not_wanted(void **state)
{
	put(*state, 1);
	outbox_connected(*state);
	put(*state, 2);
	assert_true(outbox_take(*state, false, &message));
	assert_int_equal(number_taken(), 2);
	assert_false(outbox_take(*state, false, &message));
	expect_reading(*state, OUTBOX_KIND_BACKLOG, 1);
}

static void what_is_in_flight_becomes_backlog_with_the_connection(void **state)
{
	outbox_connected(*state);
	put(*state, 1);
	put(*state, 2);
	put(*state, 3);
	expect_reading(*state, OUTBOX_KIND_READING, 1);
	expect_reading(*state, OUTBOX_KIND_READING, 2);
	outbox_acknowledge(*state, message.id);
	outbox_disconnected(*state);
	assert_int_equal(outbox_stats(*state).queued, 2);

	outbox_connected(*state);
	put(*state, 4);
	expect_reading(*state, OUTBOX_KIND_READING, 4);
	expect_reading(*state, OUTBOX_KIND_BACKLOG, 1);
	expect_reading(*state, OUTBOX_KIND_BACKLOG, 3);
	expect_nothing(*state);
}

static void the_oldest_reading_makes_room_and_is_counted(void **state)
{
	for (uint32_t n = 0; n < CAPACITY + 3; n++)
		put(*state, n);
	assert_int_equal(outbox_stats(*state).queued, CAPACITY);
	assert_int_equal(outbox_stats(*state).dropped, 3);
	outbox_connected(*state);
	expect_reading(*state, OUTBOX_KIND_BACKLOG, 3);
}

static void a_reading_dropped_in_flight_but_acknowledged_was_not_lost(void **state)
{
	uint64_t id;

	outbox_connected(*state);
	put(*state, 0);
	expect_reading(*state, OUTBOX_KIND_READING, 0);
	id = message.id;
	for (uint32_t n = 1; n <= CAPACITY; n++)
		put(*state, n);
	assert_int_equal(outbox_stats(*state).queued, CAPACITY);
	outbox_acknowledge(*state, id);
	outbox_disconnected(*state);
	assert_int_equal(outbox_stats(*state).dropped, 0);
	assert_int_equal(outbox_stats(*state).queued, CAPACITY);
}

static void a_reading_dropped_in_flight_is_lost_with_the_connection(void **state)
{
	outbox_connected(*state);
	put(*state, 0);
	expect_reading(*state, OUTBOX_KIND_READING, 0);
	for (uint32_t n = 1; n <= CAPACITY; n++)
		put(*state, n);
	outbox_disconnected(*state);
	assert_int_equal(outbox_stats(*state).dropped, 1);
}

static void acknowledging_twice_counts_once(void **state)
{
	outbox_connected(*state);
	put(*state, 1);
	put(*state, 2);
	expect_reading(*state, OUTBOX_KIND_READING, 1);
	expect_reading(*state, OUTBOX_KIND_READING, 2);
	assert_int_equal(outbox_stats(*state).in_flight, 2);
	outbox_acknowledge(*state, message.id);
	outbox_acknowledge(*state, message.id);
	assert_int_equal(outbox_stats(*state).queued, 1);
	assert_int_equal(outbox_stats(*state).in_flight, 1);
	outbox_disconnected(*state);
	assert_int_equal(outbox_stats(*state).queued, 1);
	assert_int_equal(outbox_stats(*state).in_flight, 0);
}

static void values_are_worth_nothing_without_a_connection(void **state)
{
	put_text(*state, OUTBOX_KIND_VALUE, "before");
	outbox_connected(*state);
	put_text(*state, OUTBOX_KIND_VALUE, "lost with it");
	outbox_disconnected(*state);
	outbox_connected(*state);
	put_text(*state, OUTBOX_KIND_VALUE, "now");
	expect_text(*state, OUTBOX_KIND_VALUE, "now");
	expect_nothing(*state);
	assert_int_equal(outbox_stats(*state).dropped, 0);
}

static void each_connection_has_a_number_of_its_own(void **state)
{
	struct outbox *outbox = *state;
	uint64_t first;

	assert_int_equal(outbox_connection(outbox), 0);
	outbox_connected(outbox);
	first = outbox_connection(outbox);
	assert_int_not_equal(first, 0);
	assert_int_equal(outbox_connection(outbox), first);
	outbox_disconnected(outbox);
	assert_int_equal(outbox_connection(outbox), 0);
	outbox_connected(outbox);
	assert_int_not_equal(outbox_connection(outbox), 0);
	assert_int_not_equal(outbox_connection(outbox), first);
}

static void answers_are_kept_until_acknowledged(void **state)
{
	put_text(*state, OUTBOX_KIND_ANSWER, "one");
	outbox_connected(*state);
	put_text(*state, OUTBOX_KIND_ANSWER, "two");
	expect_text(*state, OUTBOX_KIND_ANSWER, "one");
	expect_text(*state, OUTBOX_KIND_ANSWER, "two");
	outbox_acknowledge(*state, message.id);
	outbox_disconnected(*state);
	outbox_connected(*state);
	expect_text(*state, OUTBOX_KIND_ANSWER, "one");
	expect_nothing(*state);
}

static void the_oldest_answer_makes_room_and_is_counted(void **state)
{
	char text[1000] = "";
	uint64_t n = 0;

	memset(text, 'x', sizeof(text) - 1);
	for (; outbox_stats(*state).dropped == 0; n++) {
		(void)snprintf(text, 4, "%03u", (unsigned)n);
		text[3] = 'x';
		put_text(*state, OUTBOX_KIND_ANSWER, text);
	}
	outbox_connected(*state);
	assert_true(outbox_take(*state, true, &message));
	assert_memory_equal(message.payload, "001", 3);
	assert_true(n > 1);
}

/* The broker hangs up on the second one, each time. */
static void an_answer_of_which_connections_die_is_given_up(void **state)
{
	outbox_connected(*state);
	put_text(*state, OUTBOX_KIND_ANSWER, "good");
	put_text(*state, OUTBOX_KIND_ANSWER, "poison");
	put_text(*state, OUTBOX_KIND_ANSWER, "behind");
	expect_text(*state, OUTBOX_KIND_ANSWER, "good");
	outbox_acknowledge(*state, message.id);
	for (int i = 0; i < OUTBOX_ANSWER_LOSSES; i++) {
		expect_text(*state, OUTBOX_KIND_ANSWER, "poison");
		outbox_blame(*state, message.id);
		expect_text(*state, OUTBOX_KIND_ANSWER, "behind");
		outbox_disconnected(*state);
		outbox_connected(*state);
	}
	assert_int_equal(outbox_stats(*state).dropped, 1);
	expect_text(*state, OUTBOX_KIND_ANSWER, "behind");
	expect_nothing(*state);
}

/* The broker acknowledges nothing before it hangs up. */
static void an_answer_that_was_there_when_connections_died_is_kept_for_longer(void **state)
{
	outbox_connected(*state);
	put_text(*state, OUTBOX_KIND_ANSWER, "first");
	for (int i = 0; i < OUTBOX_ANSWER_LOSSES_MAX; i++) {
		assert_int_equal(
			outbox_put_retained(*state, OUTBOX_STATUS, "status", "online", 6), 0);
		expect_text(*state, OUTBOX_KIND_RETAINED, "online");
		outbox_blame(*state, message.id);
		expect_text(*state, OUTBOX_KIND_ANSWER, "first");
		outbox_disconnected(*state);
		outbox_connected(*state);
	}
	assert_int_equal(outbox_stats(*state).dropped, 1);
	expect_text(*state, OUTBOX_KIND_RETAINED, "online");
	expect_nothing(*state);
}

static void a_slot_keeps_the_newest_and_repeats_it_on_every_connection(void **state)
{
	assert_int_equal(outbox_put_retained(*state, OUTBOX_HEALTH, "t", "old", 3), 0);
	assert_int_equal(outbox_put_retained(*state, OUTBOX_HEALTH, "t", "new", 3), 0);
	outbox_connected(*state);
	expect_text(*state, OUTBOX_KIND_RETAINED, "new");
	outbox_acknowledge(*state, message.id);
	expect_nothing(*state);
	outbox_disconnected(*state);
	outbox_connected(*state);
	expect_text(*state, OUTBOX_KIND_RETAINED, "new");
	expect_nothing(*state);
}

static void what_is_refused_for_now_waits_as_backlog(void **state)
{
	struct outbox *outbox = *state;
	uint64_t ids[3];

	outbox_connected(outbox);
	for (uint32_t i = 0; i < 3; i++)
		put(outbox, i);
	for (uint32_t i = 0; i < 3; i++) {
		expect_reading(outbox, OUTBOX_KIND_READING, i);
		ids[i] = message.id;
	}
	assert_true(outbox_postpone(outbox, ids[1]));
	assert_true(outbox_postpone(outbox, ids[0]));
	put(outbox, 3);
	expect_reading(outbox, OUTBOX_KIND_READING, 3);
	assert_false(outbox_take(outbox, true, &message));
	assert_int_equal(outbox_stats(outbox).in_flight, 2);
	assert_int_equal(outbox_stats(outbox).queued, 4);
	outbox_retry(outbox, OUTBOX_PART_STREAMS);
	expect_reading(outbox, OUTBOX_KIND_BACKLOG, 0);
	/* Refused once more, with the next one on its way. */
	expect_reading(outbox, OUTBOX_KIND_BACKLOG, 1);
	assert_true(outbox_postpone(outbox, ids[0]));
	outbox_acknowledge(outbox, ids[1]);
	assert_false(outbox_take(outbox, true, &message));
	/* All that is not acknowledged comes again on the next connection. */
	outbox_disconnected(outbox);
	outbox_connected(outbox);
	expect_reading(outbox, OUTBOX_KIND_BACKLOG, 0);
	expect_reading(outbox, OUTBOX_KIND_BACKLOG, 2);
	expect_reading(outbox, OUTBOX_KIND_BACKLOG, 3);
	assert_int_equal(outbox_stats(outbox).dropped, 0);
}

static void what_made_room_while_it_was_refused_is_counted(void **state)
{
	struct outbox *outbox = *state;
	uint64_t id;

	outbox_connected(outbox);
	put(outbox, 0);
	expect_reading(outbox, OUTBOX_KIND_READING, 0);
	id = message.id;
	for (uint32_t i = 1; i <= CAPACITY; i++)
		put(outbox, i);
	assert_true(outbox_postpone(outbox, id));
	assert_int_equal(outbox_stats(outbox).dropped, 1);
	assert_int_equal(outbox_stats(outbox).queued, CAPACITY);
}

static void an_answer_that_is_refused_for_now_is_given_up_at_last(void **state)
{
	struct outbox *outbox = *state;

	outbox_connected(outbox);
	put_text(outbox, OUTBOX_KIND_ANSWER, "one");
	expect_text(outbox, OUTBOX_KIND_ANSWER, "one");
	assert_true(outbox_postpone(outbox, message.id));
	expect_nothing(outbox);
	/* Others do not wait for it. */
	put_text(outbox, OUTBOX_KIND_ANSWER, "two");
	expect_text(outbox, OUTBOX_KIND_ANSWER, "two");
	outbox_acknowledge(outbox, message.id);
	for (int i = 2; i < OUTBOX_ANSWER_REFUSALS; i++) {
		outbox_retry(outbox, OUTBOX_PART_STREAMS);
		outbox_retry(outbox, OUTBOX_PART_RETAINED);
		expect_nothing(outbox);
		outbox_retry(outbox, OUTBOX_PART_ANSWERS);
		expect_text(outbox, OUTBOX_KIND_ANSWER, "one");
		expect_nothing(outbox);
		assert_true(outbox_postpone(outbox, message.id));
	}
	/* The next connection comes first. */
	outbox_disconnected(outbox);
	outbox_connected(outbox);
	expect_text(outbox, OUTBOX_KIND_ANSWER, "one");
	assert_false(outbox_postpone(outbox, message.id));
	outbox_acknowledge(outbox, message.id);
	outbox_retry(outbox, OUTBOX_PART_ANSWERS);
	expect_nothing(outbox);
}

static void no_value_is_postponed(void **state)
{
	struct outbox *outbox = *state;

	outbox_connected(outbox);
	put_text(outbox, OUTBOX_KIND_VALUE, "one");
	expect_text(outbox, OUTBOX_KIND_VALUE, "one");
	assert_false(outbox_postpone(outbox, message.id));
}

static void of_a_retained_one_that_is_refused_for_now_the_newest_is_sent(void **state)
{
	static const struct outbox_topic_id RED = {OUTBOX_OUTPUT_TOPICS, 3};
	struct outbox *outbox = *state;
	uint64_t first;

	outbox_connected(outbox);
	assert_int_equal(outbox_put_retained(outbox, OUTBOX_STATE, "state", "1", 1), 0);
	assert_int_equal(outbox_put_retained(outbox, OUTBOX_HEALTH, "health", "a", 1), 0);
	assert_int_equal(outbox_put_topic(outbox, &RED, "red", "on", 2), 0);
	assert_int_equal(outbox_announce(outbox, "config", "{}", 2), 0);
	expect_text(outbox, OUTBOX_KIND_RETAINED, "1");
	first = message.id;
	assert_true(outbox_postpone(outbox, first));
	expect_text(outbox, OUTBOX_KIND_RETAINED, "a");
	outbox_acknowledge(outbox, message.id);
	expect_text(outbox, OUTBOX_KIND_RETAINED, "on");
	assert_true(outbox_postpone(outbox, message.id));
	expect_text(outbox, OUTBOX_KIND_RETAINED, "{}");
	assert_true(outbox_postpone(outbox, message.id));
	expect_nothing(outbox);
	assert_int_equal(outbox_announcing(outbox), 1);
	/* A new message goes at once, and is not sent once more for an older one. */
	assert_int_equal(outbox_put_retained(outbox, OUTBOX_STATE, "state", "2", 1), 0);
	expect_text(outbox, OUTBOX_KIND_RETAINED, "2");
	outbox_acknowledge(outbox, message.id);
	outbox_retry(outbox, OUTBOX_PART_RETAINED);
	expect_text(outbox, OUTBOX_KIND_RETAINED, "on");
	outbox_acknowledge(outbox, message.id);
	expect_text(outbox, OUTBOX_KIND_RETAINED, "{}");
	outbox_acknowledge(outbox, message.id);
	assert_int_equal(outbox_announcing(outbox), 0);
	outbox_retry(outbox, OUTBOX_PART_RETAINED);
	expect_nothing(outbox);
}

static void an_announcement_that_is_refused_for_now_keeps_its_order(void **state)
{
	struct outbox *outbox = *state;
	uint64_t first;

	outbox_connected(outbox);
	assert_int_equal(outbox_announce(outbox, "config", "1", 1), 0);
	expect_text(outbox, OUTBOX_KIND_RETAINED, "1");
	assert_true(outbox_postpone(outbox, message.id));
	assert_int_equal(outbox_announce(outbox, "config", "2", 1), 0);
	assert_int_equal(outbox_announce(outbox, "other", "3", 1), 0);
	expect_text(outbox, OUTBOX_KIND_RETAINED, "3");
	outbox_acknowledge(outbox, message.id);
	expect_nothing(outbox);
	outbox_retry(outbox, OUTBOX_PART_RETAINED);
	expect_text(outbox, OUTBOX_KIND_RETAINED, "1");
	first = message.id;
	expect_text(outbox, OUTBOX_KIND_RETAINED, "2");
	/* The broker takes only the later one, which stays. */
	assert_true(outbox_postpone(outbox, first));
	outbox_acknowledge(outbox, message.id);
	outbox_retry(outbox, OUTBOX_PART_RETAINED);
	expect_nothing(outbox);
	assert_int_equal(outbox_announcing(outbox), 0);
}

static void announcements_that_are_always_refused_do_not_pile_up(void **state)
{
	struct outbox *outbox = *state;

	outbox_connected(outbox);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(outbox_announce(outbox, "config", "gone", 4), 0);
		assert_int_equal(outbox_announce(outbox, "config", "all", 3), 0);
		while (outbox_take(outbox, true, &message))
			assert_true(outbox_postpone(outbox, message.id));
	}
	assert_int_equal(outbox_announcing(outbox), 2);
	outbox_retry(outbox, OUTBOX_PART_RETAINED);
	expect_text(outbox, OUTBOX_KIND_RETAINED, "gone");
	expect_text(outbox, OUTBOX_KIND_RETAINED, "all");
}

static void a_clearing_that_is_refused_for_now_is_sent_again(void **state)
{
	struct outbox *outbox = *state;

	outbox_connected(outbox);
	outbox_clear_topic(outbox, "gone");
	assert_true(outbox_take(outbox, true, &message));
	assert_true(outbox_postpone(outbox, message.id));
	expect_nothing(outbox);
	outbox_retry(outbox, OUTBOX_PART_RETAINED);
	assert_true(outbox_take(outbox, true, &message));
	assert_string_equal(message.topic, "gone");
	outbox_acknowledge(outbox, message.id);
	outbox_disconnected(outbox);
	outbox_connected(outbox);
	expect_nothing(outbox);
}

static void the_fd_tells_of_news_until_nothing_is_left(void **state)
{
	assert_false(is_readable(*state));
	put(*state, 1);
	assert_true(is_readable(*state));
	outbox_connected(*state);
	assert_false(outbox_take(*state, false, &message));
	assert_false(is_readable(*state));
	put(*state, 2);
	assert_true(is_readable(*state));
	expect_reading(*state, OUTBOX_KIND_READING, 2);
	expect_reading(*state, OUTBOX_KIND_BACKLOG, 1);
	assert_true(is_readable(*state));
	expect_nothing(*state);
	assert_false(is_readable(*state));
}

static void what_is_too_big_is_refused(void **state)
{
	static char big[OUTBOX_PAYLOAD_MAX + 1];
	char topic[TOPIC_MAX + 1];
	struct outbox_address to = {.topic = topic};

	memset(topic, 't', sizeof(topic) - 1);
	topic[sizeof(topic) - 1] = '\0';
	assert_int_equal(outbox_put_answer(*state, &to, "", 0), -EMSGSIZE);
	assert_int_equal(outbox_put_retained(*state, OUTBOX_STATE, topic, "", 0), -EMSGSIZE);
	to.topic = "t";
	assert_int_equal(outbox_put_answer(*state, &to, big, sizeof(big)), -EMSGSIZE);
	assert_int_equal(outbox_put_answer(*state, &to, big, OTHER_BYTES), -EMSGSIZE);
	assert_int_equal(outbox_put_reading(*state, 1, big, sizeof(big)), -EMSGSIZE);
	assert_int_equal(outbox_put_reading(*state, 1, big, CAPACITY * READING_BYTES), -EMSGSIZE);
	outbox_connected(*state);
	expect_nothing(*state);
	assert_int_equal(outbox_stats(*state).dropped, 0);
}

/* The same as a plain list: what the outbox must do, without cursors and positions. */
struct model {
	struct entry {
		uint32_t number;
		uint64_t id;
		enum { MODEL_WAITING, MODEL_IN_FLIGHT, MODEL_DONE } state;
		bool backlog;
	} entries[CAPACITY];
	size_t n_entries;
	uint64_t orphans[1000]; /* ids of what was dropped in flight */
	size_t n_orphans;
	uint64_t dropped;
	bool connected;
};

static void model_remove_first(struct model *model)
{
	model->n_entries--;
	memmove(model->entries, model->entries + 1, model->n_entries * sizeof(*model->entries));
}

static void model_remove_done(struct model *model)
{
	while (model->n_entries > 0 && model->entries[0].state == MODEL_DONE)
		model_remove_first(model);
}

static void model_put(struct model *model, uint32_t number)
{
	model_remove_done(model);
	if (model->n_entries == CAPACITY) {
		if (model->entries[0].state == MODEL_IN_FLIGHT)
			model->orphans[model->n_orphans++] = model->entries[0].id;
		else
			model->dropped++;
		model_remove_first(model);
	}
	model->entries[model->n_entries++] =
		(struct entry){.number = number, .backlog = !model->connected};
}

static struct entry *model_next(struct model *model, bool with_backlog)
{
	for (int backlog = 0; backlog <= with_backlog; backlog++) {
		for (size_t i = 0; i < model->n_entries; i++) {
			struct entry *entry = &model->entries[i];

			if (entry->state == MODEL_WAITING && entry->backlog == (backlog == 1))
				return entry;
		}
	}
	return NULL;
}

static void model_disconnect(struct model *model)
{
	for (size_t i = 0; i < model->n_entries; i++) {
		if (model->entries[i].state == MODEL_IN_FLIGHT)
			model->entries[i].state = MODEL_WAITING;
		model->entries[i].backlog = true;
	}
	model->dropped += model->n_orphans;
	model->n_orphans = 0;
	model->connected = false;
}

static void take_both(struct outbox *outbox, struct model *model)
{
	bool with_backlog = random() % 2;
	struct entry *entry = model_next(model, with_backlog);

	assert_int_equal(outbox_take(outbox, with_backlog, &message), entry != NULL);
	if (!entry)
		return;
	assert_int_equal(number_taken(), entry->number);
	assert_int_equal(message.kind, entry->backlog ? OUTBOX_KIND_BACKLOG : OUTBOX_KIND_READING);
	entry->state = MODEL_IN_FLIGHT;
	entry->id = message.id;
}

/* Any one that is in flight, in any order, also one that was dropped in the meantime. */
static void acknowledge_both(struct outbox *outbox, struct model *model)
{
	size_t i = (size_t)random() % (CAPACITY + 1);

	if (i == CAPACITY && model->n_orphans > 0) {
		outbox_acknowledge(outbox, model->orphans[--model->n_orphans]);
	} else if (i < model->n_entries && model->entries[i].state == MODEL_IN_FLIGHT) {
		outbox_acknowledge(outbox, model->entries[i].id);
		model->entries[i].state = MODEL_DONE;
		model_remove_done(model);
	}
}

static void compare(struct outbox *outbox, const struct model *model)
{
	uint64_t queued = 0;

	for (size_t i = 0; i < model->n_entries; i++)
		queued += model->entries[i].state != MODEL_DONE;
	assert_int_equal(outbox_stats(outbox).queued, queued);
	assert_int_equal(outbox_stats(outbox).dropped, model->dropped);
}

static void a_random_sequence_matches_a_plain_list(void **state)
{
	static struct model model;
	uint32_t number = 0;

	srandom(19991231);
	for (int step = 0; step < 200000; step++) {
		long dice = random() % 100;

		if (dice < 30) {
			put(*state, number);
			model_put(&model, number++);
		} else if (dice < 63) {
			if (model.connected)
				take_both(*state, &model);
		} else if (dice < 97) {
			acknowledge_both(*state, &model);
		} else if (model.connected) {
			outbox_disconnected(*state);
			model_disconnect(&model);
		} else {
			outbox_connected(*state);
			model.connected = true;
		}
		compare(*state, &model);
	}
	assert_true(model.dropped > 100 && number - model.dropped > 1000);
}

/* The link leaves out what nothing needs, and must not leave out anything else. */
static void put_event(struct outbox *outbox, uint64_t taken_ms, const char *text)
{
	assert_int_equal(outbox_put_event(outbox, taken_ms, text, strlen(text)), 0);
}

static uint64_t expect_event(struct outbox *outbox, enum outbox_kind kind, const char *text)
{
	assert_true(outbox_take(outbox, true, &message));
	assert_int_equal(message.kind, kind);
	assert_int_equal(message.qos, 1);
	assert_int_equal(message.size, strlen(text));
	assert_memory_equal(message.payload, text, message.size);
	return message.id;
}

static void events_are_kept_until_acknowledged(void **state)
{
	struct outbox *outbox = *state;
	uint64_t id;

	put_event(outbox, 1, "old");
	outbox_connected(outbox);
	put_event(outbox, 2, "a");
	put_event(outbox, 3, "b");
	outbox_acknowledge(outbox, expect_event(outbox, OUTBOX_KIND_EVENT, "a"));
	(void)expect_event(outbox, OUTBOX_KIND_EVENT, "b");
	id = expect_event(outbox, OUTBOX_KIND_OLD_EVENT, "old");
	expect_nothing(outbox);
	outbox_disconnected(outbox);
	outbox_acknowledge(outbox, id); /* too late */
	outbox_connected(outbox);
	outbox_acknowledge(outbox, expect_event(outbox, OUTBOX_KIND_OLD_EVENT, "old"));
	outbox_acknowledge(outbox, expect_event(outbox, OUTBOX_KIND_OLD_EVENT, "b"));
	outbox_disconnected(outbox);
	outbox_connected(outbox);
	expect_nothing(outbox);
	assert_int_equal(outbox_stats(outbox).events_dropped, 0);
}

static void the_oldest_events_make_room_and_are_counted(void **state)
{
	struct outbox *outbox = *state;
	char text[OUTBOX_EVENT_BYTES + 1];

	for (unsigned i = 0; i < OUTBOX_EVENTS_MAX + 3; i++) {
		(void)snprintf(text, sizeof(text), "{\"door\":%u}", i);
		put_event(outbox, i, text);
	}
	assert_int_equal(outbox_stats(outbox).events_dropped, 3);
	assert_int_equal(outbox_stats(outbox).dropped, 0);
	outbox_connected(outbox);
	for (unsigned i = 3; i < OUTBOX_EVENTS_MAX + 3; i++) {
		(void)snprintf(text, sizeof(text), "{\"door\":%u}", i);
		outbox_acknowledge(outbox, expect_event(outbox, OUTBOX_KIND_OLD_EVENT, text));
	}
	expect_nothing(outbox);
	memset(text, 'x', sizeof(text));
	assert_int_equal(outbox_put_event(outbox, 1, text, sizeof(text)), -EMSGSIZE);
}

/* The longest ones that there are fit, too, though not as many. */
static void long_events_make_room_as_well(void **state)
{
	struct outbox *outbox = *state;
	char text[OUTBOX_EVENT_BYTES];

	memset(text, 'x', sizeof(text));
	for (unsigned i = 0; i < 2 * OUTBOX_EVENTS_MAX; i++)
		assert_int_equal(outbox_put_event(outbox, i, text, sizeof(text)), 0);
	assert_true(outbox_stats(outbox).events_dropped >= OUTBOX_EVENTS_MAX);
}

static void an_event_from_before_the_clock_was_set_gets_its_time(void **state)
{
	static const char TEXT[] = "{\"door\":1,\"ts\":null         }";
	struct outbox *outbox = *state;

	put_event(outbox, 5000, TEXT);
	outbox_wait_for_clock(outbox, true);
	outbox_connected(outbox);
	expect_nothing(outbox);
	outbox_set_clock(outbox, UINT64_C(1795000000000));
	(void)expect_event(outbox, OUTBOX_KIND_OLD_EVENT, "{\"door\":1,\"ts\":1795000005000}");
}

/* The outbox does not know where the time is in a payload. */
static bool write_time(void *payload, size_t size, uint64_t wall_ms)
{
	assert_int_equal(size, sizeof(wall_ms));
	memcpy(payload, &wall_ms, sizeof(wall_ms));
	return true;
}

static void the_time_goes_where_the_payload_has_it(void **state)
{
	const struct outbox_settings settings = {CAPACITY * READING_BYTES, OTHER_BYTES, write_time};
	const uint64_t lead_ms = UINT64_C(1795000000000), unset = 0;
	struct outbox *outbox;
	uint64_t time_ms;

	(void)state;
	assert_int_equal(outbox_new(&settings, &outbox), 0);
	assert_int_equal(outbox_put_reading(outbox, 5000, &unset, sizeof(unset)), 0);
	assert_int_equal(outbox_put_reading(outbox, lead_ms, &unset, sizeof(unset)), 0);
	outbox_set_clock(outbox, lead_ms);
	outbox_connected(outbox);
	assert_true(outbox_take(outbox, true, &message));
	memcpy(&time_ms, message.payload, sizeof(time_ms));
	assert_true(time_ms == lead_ms + 5000);
	assert_true(outbox_take(outbox, true, &message));
	memcpy(&time_ms, message.payload, sizeof(time_ms));
	assert_true(time_ms == 0); /* it was put with its time */
	outbox_free(outbox);
}

static bool is_topic(const void *context, const char *topic)
{
	return strcmp(context, topic) == 0;
}

static void expect_cleared(struct outbox *outbox)
{
	assert_true(outbox_take(outbox, true, &message));
	assert_int_equal(message.kind, OUTBOX_KIND_RETAINED);
	assert_string_equal(message.topic, "tos/state/input/gate");
	assert_int_equal(message.size, 0);
	assert_true(message.optional);
}

/* The broker keeps it otherwise, and shows it to everybody who comes later. */
static void an_input_of_an_earlier_map_is_cleared(void **state)
{
	const struct outbox_topic_id door = {OUTBOX_INPUT_TOPICS, 0};
	const struct outbox_topic_id gate = {OUTBOX_INPUT_TOPICS, 1};
	struct outbox *outbox = *state;

	outbox_connected(outbox);
	assert_int_equal(outbox_put_topic(outbox, &door, "tos/state/input/door", "on", 2), 0);
	assert_int_equal(outbox_put_topic(outbox, &gate, "tos/state/input/gate", "on", 2), 0);
	while (outbox_take(outbox, true, &message))
		;
	outbox_forget_topics(outbox, OUTBOX_INPUT_TOPICS, is_topic, "tos/state/input/door");
	expect_cleared(outbox);
	expect_nothing(outbox);
	/* It may not have arrived: a connection that ends can lose it. */
	outbox_disconnected(outbox);
	outbox_connected(outbox);
	expect_cleared(outbox);
	expect_nothing(outbox);
	outbox_forget_topics(outbox, OUTBOX_INPUT_TOPICS, is_topic, "tos/state/input/gate");
	outbox_disconnected(outbox);
	outbox_connected(outbox);
	expect_nothing(outbox);
}

static void how_an_input_is_is_repeated_on_every_connection(void **state)
{
	struct outbox *outbox = *state;

	const struct outbox_topic_id door = {OUTBOX_INPUT_TOPICS, 3};
	const struct outbox_topic_id beyond = {OUTBOX_INPUT_TOPICS, OUTBOX_INPUTS_MAX};

	assert_int_equal(outbox_put_topic(outbox, &door, "tos/state/input/door", "on", 2), 0);
	for (unsigned i = 0; i < 2; i++) {
		outbox_connected(outbox);
		assert_true(outbox_take(outbox, true, &message));
		assert_int_equal(message.kind, OUTBOX_KIND_RETAINED);
		assert_string_equal(message.topic, "tos/state/input/door");
		assert_memory_equal(message.payload, "on", message.size);
		assert_true(message.optional);
		expect_nothing(outbox);
		outbox_disconnected(outbox);
	}
	outbox_forget_topics(outbox, OUTBOX_INPUT_TOPICS, is_topic, "tos/state/input/door");
	outbox_connected(outbox);
	expect_nothing(outbox);
	assert_int_equal(outbox_put_topic(outbox, &beyond, "tos/a", "on", 2), -EMSGSIZE);
}

static void expect_topic(struct outbox *outbox, const char *topic, const char *payload)
{
	assert_true(outbox_take(outbox, true, &message));
	assert_int_equal(message.kind, OUTBOX_KIND_RETAINED);
	assert_true(message.optional);
	assert_string_equal(message.topic, topic);
	assert_int_equal(message.size, strlen(payload));
	assert_memory_equal(message.payload, payload, message.size);
}

static void an_outputs_topic_is_published_where_it_changed(void **state)
{
	const struct outbox_topic_id red = {OUTBOX_OUTPUT_TOPICS, 0};
	const struct outbox_topic_id pump = {OUTBOX_OUTPUT_TOPICS, 1};
	struct outbox *outbox = *state;

	outbox_connected(outbox);
	assert_int_equal(outbox_put_topic(outbox, &red, "tos/state/led/red", "7", 1), 0);
	assert_int_equal(outbox_put_topic(outbox, &pump, "tos/state/relay/pump", "off", 3), 0);
	expect_topic(outbox, "tos/state/led/red", "7");
	expect_topic(outbox, "tos/state/relay/pump", "off");
	expect_nothing(outbox);
	assert_int_equal(outbox_put_topic(outbox, &red, "tos/state/led/red", "7", 1), 0);
	assert_int_equal(outbox_put_topic(outbox, &pump, "tos/state/relay/pump", "on", 2), 0);
	expect_topic(outbox, "tos/state/relay/pump", "on");
	expect_nothing(outbox);
	/* For another map it is new, even if it is the same. */
	outbox_forget_topics(outbox, OUTBOX_OUTPUT_TOPICS, is_topic, "tos/state/led/red");
	expect_topic(outbox, "tos/state/relay/pump", "");
	outbox_acknowledge(outbox, message.id);
	assert_int_equal(outbox_put_topic(outbox, &red, "tos/state/led/red", "7", 1), 0);
	expect_topic(outbox, "tos/state/led/red", "7");
	expect_nothing(outbox);
}

static void a_topic_is_cleared_until_the_broker_has_it(void **state)
{
	const struct outbox_topic_id red = {OUTBOX_OUTPUT_TOPICS, 0};
	struct outbox *outbox = *state;

	outbox_clear_topic(outbox, "tos/state/led/red");
	outbox_clear_topic(outbox, "tos/state/led/blue");
	outbox_connected(outbox);
	expect_topic(outbox, "tos/state/led/red", "");
	outbox_acknowledge(outbox, message.id);
	expect_topic(outbox, "tos/state/led/blue", "");
	expect_nothing(outbox);
	/* It is not acknowledged, so it comes again; and what is there anew comes behind it. */
	outbox_disconnected(outbox);
	assert_int_equal(outbox_put_topic(outbox, &red, "tos/state/led/blue", "on", 2), 0);
	outbox_connected(outbox);
	expect_topic(outbox, "tos/state/led/blue", "");
	outbox_acknowledge(outbox, message.id);
	expect_topic(outbox, "tos/state/led/blue", "on");
	outbox_acknowledge(outbox, message.id);
	expect_nothing(outbox);
	outbox_disconnected(outbox);
	outbox_connected(outbox);
	expect_topic(outbox, "tos/state/led/blue", "on");
	expect_nothing(outbox);
}

static void what_nothing_needs_is_marked(void **state)
{
	const struct outbox_address to = {.topic = "a/topic", .qos = 1, .optional = true};
	struct outbox *outbox = *state;

	outbox_connected(outbox);
	put(outbox, 1);
	assert_int_equal(outbox_put_value(outbox, &to, "x", 1), 0);
	put_text(outbox, OUTBOX_KIND_ANSWER, "answer");
	assert_int_equal(outbox_put_retained(outbox, OUTBOX_STATE, "state", "x", 1), 0);
	message.optional = true;
	expect_text(outbox, OUTBOX_KIND_RETAINED, "x");
	assert_false(message.optional);
	expect_text(outbox, OUTBOX_KIND_ANSWER, "answer");
	assert_false(message.optional);
	message.optional = true;
	expect_reading(outbox, OUTBOX_KIND_READING, 1);
	assert_false(message.optional);
	expect_text(outbox, OUTBOX_KIND_VALUE, "x");
	assert_true(message.optional);
}

static void take_announcement(struct outbox *outbox, const char *topic, size_t size)
{
	assert_true(outbox_take(outbox, false, &message));
	assert_int_equal(message.kind, OUTBOX_KIND_RETAINED);
	assert_string_equal(message.topic, topic);
	assert_int_equal(message.size, size);
	assert_int_equal(message.qos, 1);
	assert_true(message.optional);
}

static void an_announcement_is_sent_once(void **state)
{
	static char large[OUTBOX_PAYLOAD_MAX + 1];
	struct outbox *outbox = *state;
	uint64_t first;

	assert_int_equal(outbox_announce(outbox, "a/config", "x", 1), -ENOTCONN);
	outbox_connected(outbox);
	assert_int_equal(outbox_announce(outbox, "a/config", large, sizeof(large)), -EMSGSIZE);
	assert_int_equal(outbox_announce(outbox, "a/config", large, sizeof(large) - 1), 0);
	assert_int_equal(outbox_announce(outbox, "a/config", "", 0), 0);
	assert_int_equal(outbox_announcing(outbox), 2);
	put(outbox, 1);
	take_announcement(outbox, "a/config", sizeof(large) - 1);
	first = message.id;
	take_announcement(outbox, "a/config", 0);
	outbox_acknowledge(outbox, message.id); /* in any order */
	assert_int_equal(outbox_announcing(outbox), 1);
	outbox_acknowledge(outbox, message.id);
	outbox_acknowledge(outbox, first);
	assert_int_equal(outbox_announcing(outbox), 0);
	assert_true(outbox_take(outbox, false, &message));
	assert_int_equal(message.kind, OUTBOX_KIND_READING);
}

/* Main makes it anew. */
static void an_announcement_is_gone_with_its_connection(void **state)
{
	struct outbox *outbox = *state;
	uint64_t old;

	outbox_connected(outbox);
	assert_int_equal(outbox_announce(outbox, "a/config", "1", 1), 0);
	assert_int_equal(outbox_announce(outbox, "b/config", "2", 1), 0);
	take_announcement(outbox, "a/config", 1);
	old = message.id;
	outbox_disconnected(outbox);
	assert_int_equal(outbox_announcing(outbox), 0);
	outbox_connected(outbox);
	assert_false(outbox_take(outbox, false, &message));
	assert_int_equal(outbox_announce(outbox, "a/config", "3", 1), 0);
	outbox_acknowledge(outbox, old);
	assert_int_equal(outbox_announcing(outbox), 1);
	take_announcement(outbox, "a/config", 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_outbox_is_empty),
		TEST(kinds_go_out_in_their_order),
		TEST(once_the_connection_has_been_greeted_answers_come_first),
		TEST(backlog_waits_when_it_is_not_wanted),
		TEST(what_is_in_flight_becomes_backlog_with_the_connection),
		TEST(the_oldest_reading_makes_room_and_is_counted),
		TEST(a_reading_dropped_in_flight_but_acknowledged_was_not_lost),
		TEST(a_reading_dropped_in_flight_is_lost_with_the_connection),
		TEST(acknowledging_twice_counts_once),
		TEST(values_are_worth_nothing_without_a_connection),
		TEST(each_connection_has_a_number_of_its_own),
		TEST(answers_are_kept_until_acknowledged),
		TEST(the_oldest_answer_makes_room_and_is_counted),
		TEST(an_answer_of_which_connections_die_is_given_up),
		TEST(an_answer_that_was_there_when_connections_died_is_kept_for_longer),
		TEST(a_slot_keeps_the_newest_and_repeats_it_on_every_connection),
		TEST(what_is_refused_for_now_waits_as_backlog),
		TEST(what_made_room_while_it_was_refused_is_counted),
		TEST(an_answer_that_is_refused_for_now_is_given_up_at_last),
		TEST(no_value_is_postponed),
		TEST(of_a_retained_one_that_is_refused_for_now_the_newest_is_sent),
		TEST(an_announcement_that_is_refused_for_now_keeps_its_order),
		TEST(announcements_that_are_always_refused_do_not_pile_up),
		TEST(a_clearing_that_is_refused_for_now_is_sent_again),
		TEST(the_fd_tells_of_news_until_nothing_is_left),
		TEST(what_is_too_big_is_refused),
		TEST(what_nothing_needs_is_marked),
		TEST(events_are_kept_until_acknowledged),
		TEST(the_oldest_events_make_room_and_are_counted),
		TEST(long_events_make_room_as_well),
		TEST(an_event_from_before_the_clock_was_set_gets_its_time),
		TEST(the_time_goes_where_the_payload_has_it),
		TEST(an_input_of_an_earlier_map_is_cleared),
		TEST(how_an_input_is_is_repeated_on_every_connection),
		TEST(an_outputs_topic_is_published_where_it_changed),
		TEST(a_topic_is_cleared_until_the_broker_has_it),
		TEST(an_announcement_is_sent_once),
		TEST(an_announcement_is_gone_with_its_connection),
		TEST(a_random_sequence_matches_a_plain_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
