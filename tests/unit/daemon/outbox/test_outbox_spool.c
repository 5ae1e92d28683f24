/* SPDX-License-Identifier: MIT */
#include "outbox_spool.h"
#include "payload.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A reading's payload is its number: with its header it takes 32 bytes, so that memory holds
 * exactly so many. */
enum { CAPACITY = 64, READING_BYTES = 32 };

static struct outbox_message message;
static struct outbox_batch batch;

static int setup(void **state)
{
	const struct outbox_settings settings = {CAPACITY * READING_BYTES, 4096, payload_set_time};
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

static void put(struct outbox *outbox, uint32_t first, uint32_t last)
{
	for (uint32_t number = first; number <= last; number++)
		assert_int_equal(
			outbox_put_reading(outbox, 1000 + number, &number, sizeof(number)), 0);
}

static uint32_t number_in(const void *payload, size_t size)
{
	uint32_t number;

	assert_int_equal(size, sizeof(number));
	memcpy(&number, payload, sizeof(number));
	return number;
}

static void expect_spill(struct outbox *outbox, uint32_t first, uint32_t last)
{
	assert_true(outbox_spill(outbox, OUTBOX_READINGS, &batch));
	assert_int_equal(batch.count, last - first + 1);
	for (uint32_t i = 0; i < batch.count; i++) {
		assert_int_equal(number_in(batch.rows[i].payload, batch.rows[i].size), first + i);
		assert_int_equal(batch.rows[i].taken_ms, 1000 + first + i);
	}
}

static void expect_backlog(struct outbox *outbox, uint32_t number)
{
	assert_true(outbox_take(outbox, true, &message));
	assert_int_equal(message.kind, OUTBOX_KIND_BACKLOG);
	assert_int_equal(number_in(message.payload, message.size), number);
}

static int stage(struct outbox *outbox, uint32_t number)
{
	const struct spool_record row = {number, &number, sizeof(number)};

	return outbox_stage(outbox, OUTBOX_READINGS, outbox_connection(outbox), number, &row, true);
}

static bool is_signalled(struct outbox *outbox)
{
	struct pollfd fd = {.fd = outbox_spool_fd(outbox), .events = POLLIN};
	bool signalled = poll(&fd, 1, 0) == 1;

	outbox_spool_clear(outbox);
	return signalled;
}

static void what_is_on_disk_has_left_memory(void **state)
{
	put(*state, 1, 5);
	expect_spill(*state, 1, 5);
	put(*state, 6, 7);
	outbox_spilled(*state, OUTBOX_READINGS, true, 0, 5);
	assert_int_equal(outbox_backlog(*state, OUTBOX_READINGS).waiting, 2);
	assert_int_equal(outbox_stats(*state).queued, 7);
	expect_spill(*state, 6, 7);
	outbox_spilled(*state, OUTBOX_READINGS, true, 3, 4);
	assert_false(outbox_spill(*state, OUTBOX_READINGS, &batch));
	assert_int_equal(outbox_stats(*state).queued, 4);
	assert_int_equal(outbox_stats(*state).dropped, 3);
}

static void what_did_not_get_to_the_disk_stays_in_memory(void **state)
{
	put(*state, 1, 3);
	expect_spill(*state, 1, 3);
	outbox_spilled(*state, OUTBOX_READINGS, false, 0, 0);
	assert_int_equal(outbox_stats(*state).queued, 3);
	expect_spill(*state, 1, 3);
	outbox_spilled(*state, OUTBOX_READINGS, false, 0, 0);
	outbox_hold(*state, OUTBOX_READINGS, false);
	outbox_connected(*state);
	expect_backlog(*state, 1);
}

static void with_a_connection_nothing_goes_to_disk(void **state)
{
	put(*state, 1, 3);
	outbox_connected(*state);
	assert_false(outbox_spill(*state, OUTBOX_READINGS, &batch));
}

static void memory_waits_for_the_disk(void **state)
{
	put(*state, 1, 3);
	expect_spill(*state, 1, 3);
	put(*state, 4, 4);
	outbox_connected(*state); /* while the batch is on its way */
	assert_false(outbox_take(*state, true, &message));
	outbox_spilled(*state, OUTBOX_READINGS, true, 0, 3);
	assert_false(outbox_take(*state, true, &message));
	for (uint32_t number = 1; number <= 3; number++)
		assert_int_equal(stage(*state, number), 0);
	for (uint32_t number = 1; number <= 3; number++) {
		expect_backlog(*state, number);
		outbox_acknowledge(*state, message.id);
	}
	assert_false(outbox_take(*state, true, &message));
	outbox_hold(*state, OUTBOX_READINGS, false);
	expect_backlog(*state, 4);
	outbox_acknowledge(*state, message.id);
	assert_int_equal(outbox_stats(*state).queued, 0);
}

static void live_readings_overtake_what_is_staged(void **state)
{
	outbox_connected(*state);
	outbox_set_spooled(*state, OUTBOX_READINGS, 1);
	assert_int_equal(stage(*state, 1), 0);
	put(*state, 2, 2);
	assert_true(outbox_take(*state, true, &message));
	assert_int_equal(message.kind, OUTBOX_KIND_READING);
	assert_false(outbox_take(*state, false, &message));
	expect_backlog(*state, 1);
}

static void rows_are_done_with_from_the_oldest_on(void **state)
{
	uint64_t ids[4] = {0};

	outbox_connected(*state);
	outbox_set_spooled(*state, OUTBOX_READINGS, 3);
	for (uint32_t number = 1; number <= 3; number++) {
		assert_int_equal(stage(*state, number), 0);
		expect_backlog(*state, number);
		ids[number] = message.id;
	}
	outbox_acknowledge(*state, ids[2]);
	assert_int_equal(outbox_staged_until(*state, OUTBOX_READINGS), 0);
	assert_int_equal(outbox_stats(*state).queued, 3);
	outbox_acknowledge(*state, ids[1]);
	outbox_acknowledge(*state, ids[1]);
	assert_int_equal(outbox_staged_until(*state, OUTBOX_READINGS), 2);
	assert_int_equal(outbox_stats(*state).queued, 1);
}

static void what_was_staged_goes_with_the_connection(void **state)
{
	uint64_t connection;
	const struct spool_record row = {3, "3", 1};

	outbox_connected(*state);
	connection = outbox_connection(*state);
	assert_int_equal(stage(*state, 1), 0);
	assert_int_equal(stage(*state, 2), 0);
	expect_backlog(*state, 1);
	outbox_acknowledge(*state, message.id);
	outbox_disconnected(*state);
	assert_int_equal(
		outbox_stage(*state, OUTBOX_READINGS, connection, 3, &row, true), -ENOTCONN);
	outbox_connected(*state);
	assert_int_equal(
		outbox_stage(*state, OUTBOX_READINGS, connection, 3, &row, true), -ENOTCONN);
	assert_false(outbox_take(*state, true, &message));
	assert_int_equal(outbox_staged_until(*state, OUTBOX_READINGS), 1);
	assert_int_equal(stage(*state, 2), 0);
	expect_backlog(*state, 2);
}

static void the_spooler_is_woken_when_there_is_something_to_do(void **state)
{
	outbox_connected(*state);
	assert_true(is_signalled(*state));
	assert_int_equal(stage(*state, 1), 0);
	outbox_staged_all(*state, OUTBOX_READINGS);
	assert_false(is_signalled(*state));
	expect_backlog(*state, 1);
	assert_false(is_signalled(*state));
	outbox_acknowledge(*state, message.id);
	assert_true(is_signalled(*state));
	/* Live readings are none of its business. */
	put(*state, 2, 2);
	assert_true(outbox_take(*state, true, &message));
	outbox_acknowledge(*state, message.id);
	assert_false(is_signalled(*state));
	outbox_disconnected(*state);
	assert_true(is_signalled(*state));
}

static void there_is_room_for_so_many_rows_and_then_for_more(void **state)
{
	static const uint8_t large[OUTBOX_PAYLOAD_MAX + 1];
	struct spool_record row = {1, large, OUTBOX_PAYLOAD_MAX + 1};
	uint64_t connection;

	outbox_connected(*state);
	connection = outbox_connection(*state);
	assert_int_equal(
		outbox_stage(*state, OUTBOX_READINGS, connection, 1, &row, true), -EMSGSIZE);
	row.size--;
	assert_int_equal(outbox_stage(*state, OUTBOX_READINGS, connection, 1, &row, true), 0);
	assert_int_equal(outbox_stage(*state, OUTBOX_READINGS, connection, 2, &row, true), 0);
	assert_int_equal(outbox_stage(*state, OUTBOX_READINGS, connection, 3, &row, true), -EAGAIN);
	assert_true(is_signalled(*state));
	assert_true(outbox_take(*state, true, &message));
	assert_int_equal(message.size, OUTBOX_PAYLOAD_MAX);
	assert_false(is_signalled(*state));
	outbox_acknowledge(*state, message.id);
	assert_true(is_signalled(*state));
	assert_int_equal(outbox_stage(*state, OUTBOX_READINGS, connection, 3, &row, true), 0);
}

static void memory_that_is_full_drops_what_is_on_its_way_only_if_it_does_not_arrive(void **state)
{
	for (int kept = 0; kept < 2; kept++) {
		uint64_t dropped = outbox_stats(*state).dropped;

		put(*state, 1, CAPACITY);
		expect_spill(*state, 1, CAPACITY);
		put(*state, CAPACITY + 1, CAPACITY + 10);
		outbox_spilled(*state, OUTBOX_READINGS, kept == 1, 0, CAPACITY);
		assert_int_equal(outbox_stats(*state).dropped, dropped + (kept ? 0 : 10));
		assert_int_equal(outbox_stats(*state).queued, kept ? CAPACITY + 10 : CAPACITY);
		if (!kept) {
			expect_spill(*state, 11, CAPACITY + 10);
			outbox_spilled(*state, OUTBOX_READINGS, true, CAPACITY, 0);
			outbox_set_spooled(*state, OUTBOX_READINGS, 0);
		}
	}
}

static void memory_is_half_full(void **state)
{
	put(*state, 1, CAPACITY / 2 - 1);
	assert_false(outbox_is_half_full(*state));
	assert_false(outbox_backlog(*state, OUTBOX_READINGS).half_full);
	put(*state, CAPACITY / 2, CAPACITY / 2);
	assert_true(outbox_is_half_full(*state));
	assert_true(outbox_backlog(*state, OUTBOX_READINGS).half_full);
}

static void rows_that_are_lost_are_counted(void **state)
{
	outbox_set_spooled(*state, OUTBOX_READINGS, 12);
	assert_int_equal(outbox_stats(*state).queued, 12);
	outbox_spool_lost(*state, OUTBOX_READINGS);
	assert_int_equal(outbox_stats(*state).queued, 0);
	assert_int_equal(outbox_stats(*state).dropped, 12);
}

static const char TIMELESS[] = "{\"ts\":null         }";
#define LEAD_MS UINT64_C(1795360000000)

static void put_timeless(struct outbox *outbox, uint64_t monotonic_ms)
{
	assert_int_equal(
		outbox_put_reading(outbox, monotonic_ms, TIMELESS, sizeof(TIMELESS) - 1), 0);
}

static void expect_text(struct outbox *outbox, const char *text)
{
	assert_true(outbox_take(outbox, true, &message));
	assert_int_equal(message.size, strlen(text));
	assert_memory_equal(message.payload, text, message.size);
}

static void backlog_waits_for_the_clock_and_gets_its_time(void **state)
{
	outbox_wait_for_clock(*state, true);
	put_timeless(*state, 123);
	outbox_connected(*state);
	assert_false(outbox_take(*state, true, &message));
	put_timeless(*state, 456); /* live: it cannot wait */
	expect_text(*state, TIMELESS);
	outbox_set_clock(*state, LEAD_MS);
	expect_text(*state, "{\"ts\":1795360000123}");
}

static void what_comes_again_has_its_time_by_then(void **state)
{
	outbox_connected(*state);
	put_timeless(*state, 123);
	expect_text(*state, TIMELESS);
	outbox_set_clock(*state, LEAD_MS);
	outbox_disconnected(*state);
	outbox_connected(*state);
	expect_text(*state, "{\"ts\":1795360000123}");
}

static void backlog_does_not_wait_for_ever(void **state)
{
	outbox_wait_for_clock(*state, true);
	put_timeless(*state, 123);
	outbox_connected(*state);
	assert_false(outbox_take(*state, true, &message));
	outbox_wait_for_clock(*state, false);
	expect_text(*state, TIMELESS);
}

static void rows_of_this_process_get_their_time_too(void **state)
{
	const struct spool_record row = {123, TIMELESS, sizeof(TIMELESS) - 1};
	uint64_t connection;

	outbox_connected(*state);
	connection = outbox_connection(*state);
	outbox_wait_for_clock(*state, true);
	assert_int_equal(outbox_stage(*state, OUTBOX_READINGS, connection, 2, &row, true), -EAGAIN);
	/* Of an earlier one nobody knows when it was started. */
	assert_int_equal(outbox_stage(*state, OUTBOX_READINGS, connection, 1, &row, false), 0);
	expect_text(*state, TIMELESS);
	outbox_spool_clear(*state);
	outbox_set_clock(*state, LEAD_MS);
	assert_true(is_signalled(*state));
	assert_int_equal(outbox_stage(*state, OUTBOX_READINGS, connection, 2, &row, true), 0);
	expect_text(*state, "{\"ts\":1795360000123}");
}

static void put_event(struct outbox *outbox, uint32_t number)
{
	assert_int_equal(outbox_put_event(outbox, 1000 + number, &number, sizeof(number)), 0);
}

static void expect_old_event(struct outbox *outbox, uint32_t number)
{
	assert_true(outbox_take(outbox, true, &message));
	assert_int_equal(message.kind, OUTBOX_KIND_OLD_EVENT);
	assert_true(message.optional);
	assert_int_equal(number_in(message.payload, message.size), number);
}

static void events_go_over_the_disk_and_wait_for_no_reading(void **state)
{
	const uint32_t first = 1;
	const struct spool_record row = {1001, &first, sizeof(first)};

	put(*state, 7, 7);
	put_event(*state, 1);
	assert_true(outbox_spill(*state, OUTBOX_EVENTS, &batch));
	assert_int_equal(batch.count, 1);
	assert_int_equal(number_in(batch.rows[0].payload, batch.rows[0].size), 1);
	assert_int_equal(batch.rows[0].taken_ms, 1001);
	outbox_spilled(*state, OUTBOX_EVENTS, true, 0, 1);
	assert_int_equal(outbox_backlog(*state, OUTBOX_EVENTS).waiting, 0);
	assert_int_equal(outbox_backlog(*state, OUTBOX_READINGS).waiting, 1);
	assert_int_equal(outbox_stats(*state).queued, 1); /* of readings alone */
	put_event(*state, 2);
	outbox_connected(*state);
	/* That in memory waits for the one on disk, and the reading for neither. */
	expect_backlog(*state, 7);
	assert_int_equal(
		outbox_stage(*state, OUTBOX_EVENTS, outbox_connection(*state), 5, &row, true), 0);
	expect_old_event(*state, 1);
	outbox_acknowledge(*state, message.id);
	assert_int_equal(outbox_staged_until(*state, OUTBOX_EVENTS), 5);
	assert_int_equal(outbox_staged_until(*state, OUTBOX_READINGS), 0);
	assert_false(outbox_take(*state, true, &message));
	outbox_hold(*state, OUTBOX_EVENTS, false);
	expect_old_event(*state, 2);
}

static void events_that_are_lost_on_the_disk_are_counted_as_events(void **state)
{
	const uint8_t large[OUTBOX_EVENT_BYTES + 1] = {0};
	const struct spool_record row = {1, large, sizeof(large)};

	outbox_set_spooled(*state, OUTBOX_EVENTS, 12);
	outbox_rows_dropped(*state, OUTBOX_EVENTS, 3, 9);
	assert_int_equal(outbox_stats(*state).events_dropped, 3);
	outbox_spool_lost(*state, OUTBOX_EVENTS);
	assert_int_equal(outbox_stats(*state).events_dropped, 12);
	assert_int_equal(outbox_stats(*state).dropped, 0);
	outbox_connected(*state);
	assert_int_equal(
		outbox_stage(*state, OUTBOX_EVENTS, outbox_connection(*state), 1, &row, true),
		-EMSGSIZE);
}

static void an_event_of_this_process_gets_its_time_from_the_disk_too(void **state)
{
	const struct spool_record row = {123, TIMELESS, sizeof(TIMELESS) - 1};

	outbox_wait_for_clock(*state, true);
	outbox_connected(*state);
	assert_int_equal(
		outbox_stage(*state, OUTBOX_EVENTS, outbox_connection(*state), 1, &row, true),
		-EAGAIN);
	outbox_set_clock(*state, LEAD_MS);
	assert_int_equal(
		outbox_stage(*state, OUTBOX_EVENTS, outbox_connection(*state), 1, &row, true), 0);
	expect_text(*state, "{\"ts\":1795360000123}");
	assert_int_equal(message.kind, OUTBOX_KIND_OLD_EVENT);
}

/* --- a disk that is a plain array, and everything that may happen, at random --- */

enum { STEPS = 300000, DISK_MAX = 100, FLIGHT_MAX = 40 };

struct world {
	struct outbox *outbox;
	bool connected, spilling;
	uint32_t put;
	uint64_t finished; /* acknowledged for good */
	struct row {
		uint64_t row;
		uint32_t number;
	} disk[DISK_MAX + OUTBOX_BATCH_ROWS];
	size_t n_disk;
	uint64_t last_row, read_until, staged_until;
	struct {
		uint64_t id;
		uint32_t number;
		bool staged;
	} flight[FLIGHT_MAX];
	size_t n_flight;
	uint32_t backlog_sent; /* the newest of this connection */
	uint64_t sent;
};

static void remove_rows(struct world *world, size_t count)
{
	world->n_disk -= count;
	memmove(world->disk, world->disk + count, world->n_disk * sizeof(*world->disk));
}

static void remove_staged(struct world *world)
{
	size_t count = 0;

	world->staged_until = outbox_staged_until(world->outbox, OUTBOX_READINGS);
	while (count < world->n_disk && world->disk[count].row <= world->staged_until)
		count++;
	world->finished += count;
	remove_rows(world, count);
}

static void spill_in_world(struct world *world)
{
	if (!world->spilling) {
		remove_staged(world);
		world->spilling = outbox_spill(world->outbox, OUTBOX_READINGS, &batch);
		assert_false(world->spilling && world->connected);
		return;
	}
	world->spilling = false;
	if (random() % 3 == 0) {
		outbox_spilled(world->outbox, OUTBOX_READINGS, false, 0, 0);
		return;
	}
	for (size_t i = 0; i < batch.count; i++) {
		uint32_t number = number_in(batch.rows[i].payload, batch.rows[i].size);

		assert_true(world->n_disk == 0 || number > world->disk[world->n_disk - 1].number);
		world->disk[world->n_disk++] = (struct row){++world->last_row, number};
	}
	{
		size_t dropped = world->n_disk > DISK_MAX ? world->n_disk - DISK_MAX : 0;

		remove_rows(world, dropped);
		outbox_spilled(world->outbox, OUTBOX_READINGS, true, dropped, world->n_disk);
	}
}

static void stage_in_world(struct world *world)
{
	if (world->spilling || !world->connected)
		return;
	for (size_t i = 0; i < world->n_disk; i++) {
		if (world->disk[i].row <= world->read_until)
			continue;
		{
			const struct spool_record row = {
				0, &world->disk[i].number, sizeof(uint32_t)};
			uint64_t connection = outbox_connection(world->outbox);

			assert_int_equal(outbox_stage(world->outbox, OUTBOX_READINGS, connection,
						 world->disk[i].row, &row, true),
				0);
		}
		world->read_until = world->disk[i].row;
		return;
	}
	remove_staged(world);
	if (world->n_disk == 0)
		outbox_hold(world->outbox, OUTBOX_READINGS, false);
}

static void take_in_world(struct world *world)
{
	uint32_t number;
	bool staged;

	if (!world->connected || world->n_flight == FLIGHT_MAX ||
		!outbox_take(world->outbox, random() % 2, &message))
		return;
	number = number_in(message.payload, message.size);
	staged = false;
	if (message.kind == OUTBOX_KIND_BACKLOG) {
		assert_true(number > world->backlog_sent);
		world->backlog_sent = number;
		staged = world->n_disk > 0 && number <= world->disk[world->n_disk - 1].number;
		world->sent++;
	}
	world->flight[world->n_flight].id = message.id;
	world->flight[world->n_flight].number = number;
	world->flight[world->n_flight++].staged = staged;
}

static void acknowledge_in_world(struct world *world)
{
	size_t i;

	if (world->n_flight == 0)
		return;
	i = (size_t)random() % world->n_flight;
	outbox_acknowledge(world->outbox, world->flight[i].id);
	if (!world->flight[i].staged)
		world->finished++;
	world->flight[i] = world->flight[--world->n_flight];
}

static void toggle_connection(struct world *world)
{
	world->connected = !world->connected;
	world->n_flight = 0;
	world->backlog_sent = 0;
	if (world->connected)
		outbox_connected(world->outbox);
	else
		outbox_disconnected(world->outbox);
	remove_staged(world);
	world->read_until = world->staged_until;
}

/* Nothing is lost without being counted, and nothing is counted twice. */
static void balance(struct world *world)
{
	struct outbox_stats stats = outbox_stats(world->outbox);

	if (world->connected || world->spilling)
		return;
	remove_staged(world);
	assert_int_equal(world->finished + stats.dropped + stats.queued, world->put);
}

static void a_random_sequence_loses_nothing_uncounted(void **state)
{
	static struct world world;

	world.outbox = *state;
	srandom(20261122);
	for (int step = 0; step < STEPS; step++) {
		long dice = random() % 1000;

		if (dice < 120) {
			world.put++;
			put(*state, world.put, world.put);
		} else if (dice < 200) {
			spill_in_world(&world);
		} else if (dice < 500) {
			stage_in_world(&world);
		} else if (dice < 740) {
			take_in_world(&world);
		} else if (dice < 985) {
			acknowledge_in_world(&world);
		} else {
			toggle_connection(&world);
		}
		balance(&world);
	}
	assert_true(world.finished > 10000 && world.sent > 5000);
	assert_true(outbox_stats(*state).dropped > 100);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_on_disk_has_left_memory),
		TEST(what_did_not_get_to_the_disk_stays_in_memory),
		TEST(with_a_connection_nothing_goes_to_disk),
		TEST(memory_waits_for_the_disk),
		TEST(live_readings_overtake_what_is_staged),
		TEST(rows_are_done_with_from_the_oldest_on),
		TEST(what_was_staged_goes_with_the_connection),
		TEST(the_spooler_is_woken_when_there_is_something_to_do),
		TEST(there_is_room_for_so_many_rows_and_then_for_more),
		TEST(memory_that_is_full_drops_what_is_on_its_way_only_if_it_does_not_arrive),
		TEST(memory_is_half_full),
		TEST(rows_that_are_lost_are_counted),
		TEST(backlog_waits_for_the_clock_and_gets_its_time),
		TEST(what_comes_again_has_its_time_by_then),
		TEST(backlog_does_not_wait_for_ever),
		TEST(rows_of_this_process_get_their_time_too),
		TEST(events_go_over_the_disk_and_wait_for_no_reading),
		TEST(events_that_are_lost_on_the_disk_are_counted_as_events),
		TEST(an_event_of_this_process_gets_its_time_from_the_disk_too),
		TEST(a_random_sequence_loses_nothing_uncounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
