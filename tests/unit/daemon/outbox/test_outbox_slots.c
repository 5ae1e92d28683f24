/* SPDX-License-Identifier: MIT */
/* The slots share their memory: whatever is put into one, the others keep what they have. */
#include "outbox.h"
#include "payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct content {
	char topic[32]; /* "": nothing was put */
	size_t size;
	uint8_t payload[OUTBOX_PAYLOAD_MAX];
};

static struct outbox_message message;
static struct content model[OUTBOX_SLOTS];

static int setup(void **state)
{
	const struct outbox_settings settings = {4096, 4096, payload_set_time};
	struct outbox *outbox;
	int r = outbox_new(&settings, &outbox);

	memset(model, 0, sizeof(model));
	*state = outbox;
	return r;
}

static int teardown(void **state)
{
	outbox_free(*state);
	return 0;
}

/* fill: the first byte, from which the others follow. */
static void put(struct outbox *outbox, enum outbox_slot slot, size_t size, uint8_t fill)
{
	struct content *to = &model[slot];

	(void)snprintf(to->topic, sizeof(to->topic), "slot/%d", (int)slot);
	to->size = size;
	for (size_t i = 0; i < size; i++)
		to->payload[i] = (uint8_t)(fill + i * 7);
	assert_int_equal(outbox_put_retained(outbox, slot, to->topic, to->payload, size), 0);
}

/* A new connection is told all of them, in the slots' order. */
static void expect_all(struct outbox *outbox)
{
	outbox_connected(outbox);
	for (size_t i = 0; i < OUTBOX_SLOTS; i++) {
		if (!model[i].topic[0])
			continue;
		assert_true(outbox_take(outbox, true, &message));
		assert_int_equal(message.kind, OUTBOX_KIND_RETAINED);
		assert_string_equal(message.topic, model[i].topic);
		assert_int_equal(message.size, model[i].size);
		assert_memory_equal(message.payload, model[i].payload, message.size);
		outbox_acknowledge(outbox, message.id);
	}
	assert_false(outbox_take(outbox, true, &message));
	outbox_disconnected(outbox);
}

static void one_that_grows_leaves_the_others_as_they_are(void **state)
{
	for (int i = 0; i < OUTBOX_SLOTS; i++)
		put(*state, (enum outbox_slot)i, 6, (uint8_t)i);
	for (int i = 0; i < OUTBOX_SLOTS; i++) {
		put(*state, (enum outbox_slot)i, 700, (uint8_t)(i + 16));
		expect_all(*state);
	}
}

static void each_can_be_as_large_as_a_message(void **state)
{
	for (int i = OUTBOX_SLOTS - 1; i >= 0; i--)
		put(*state, (enum outbox_slot)i, OUTBOX_PAYLOAD_MAX, (uint8_t)i);
	expect_all(*state);
	for (int i = 0; i < OUTBOX_SLOTS; i++)
		put(*state, (enum outbox_slot)i, i % 2 ? 0 : OUTBOX_PAYLOAD_MAX, (uint8_t)(i + 16));
	expect_all(*state);
}

static void a_random_sequence_matches_plain_buffers(void **state)
{
	uint32_t random = 1;

	for (int turn = 0; turn < 2000; turn++) {
		size_t max;

		random = random * 1664525 + 1013904223;
		max = turn % 100 == 99 ? OUTBOX_PAYLOAD_MAX : 100 + (size_t)turn;
		put(*state, (enum outbox_slot)(random >> 8 & 0xff) % OUTBOX_SLOTS,
			(random >> 16) % (max + 1), (uint8_t)turn);
		expect_all(*state);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_grows_leaves_the_others_as_they_are),
		TEST(each_can_be_as_large_as_a_message),
		TEST(a_random_sequence_matches_plain_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
