/* SPDX-License-Identifier: MIT */
/*
 * The power goes, at any moment of the spool's life. What the file's settings (WAL) promise: the
 * file is never lost, what is in it is what was there after some batch, whole and in order, and not
 * older than what the last sync had made durable. With events, which are synced with each batch,
 * nothing that was appended is missing.
 */
#include "power_cut.h"
#include "spool.h"
#include "temp_tree.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAYLOAD_MAX = 60000, STATES_MAX = 64, SEEDS = 4 };

/* Of the order in which a disk forgets. A failure prints it, so that it can be had again. */
static uint32_t first_seed(void)
{
	const char *text = getenv("TOS_POWER_SEED");

	return text ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

/* The readings that are kept: first to last, or none if last is less. */
struct state {
	size_t steps; /* that the disk had done by then */
	unsigned first, last;
};

/* A spool, and what it went through. A reading's number is its row's number too. */
struct life {
	struct power_recorder *recorder;
	struct temp_tree tree, after;
	struct spool *spool;
	enum spool_kind kind;
	size_t payload_bytes;
	uint64_t max_bytes;
	struct state states[STATES_MAX];
	size_t n_states;
};

static void note(struct life *life, unsigned first, unsigned last)
{
	assert_true(life->n_states < STATES_MAX);
	life->states[life->n_states++] = (struct state){power_steps(life->recorder), first, last};
}

static const struct state *now(const struct life *life)
{
	return &life->states[life->n_states - 1];
}

static struct spool *new_spool(const struct life *life, const char *directory)
{
	const struct spool_settings settings = {life->kind, directory, life->max_bytes, UINT64_MAX};
	struct spool *spool;

	assert_int_equal(spool_new(&settings, &spool), 0);
	return spool;
}

static struct life begin(enum spool_kind kind, size_t payload_bytes)
{
	struct life life = {
		.recorder = power_recorder_new(),
		.tree = temp_tree_new(),
		.after = temp_tree_new(),
		.kind = kind,
		.payload_bytes = payload_bytes,
		.max_bytes = UINT64_C(1) << 30,
	};

	life.spool = new_spool(&life, life.tree.root);
	power_record(life.recorder, true);
	note(&life, 1, 0);
	return life;
}

static void end(struct life *life)
{
	life->spool = spool_free(life->spool);
	life->recorder = power_recorder_free(life->recorder);
	temp_tree_free(&life->tree);
	temp_tree_free(&life->after);
}

static void fill(char *payload, size_t size, unsigned number)
{
	memset(payload, 'a' + (int)(number % 26), size);
	(void)snprintf(payload, size, "%u", number);
}

static void append(struct life *life, unsigned count)
{
	static char payloads[20][PAYLOAD_MAX];
	struct spool_record records[20];
	unsigned first = now(life)->first, last = now(life)->last;
	uint64_t dropped = 0;

	for (unsigned i = 0; i < count; i++) {
		fill(payloads[i], life->payload_bytes, last + 1 + i);
		records[i] =
			(struct spool_record){2000 + last + i, payloads[i], life->payload_bytes};
	}
	assert_int_equal(spool_append(life->spool, records, count, &dropped), 0);
	note(life, first + (unsigned)dropped, last + count);
}

static void remove_until(struct life *life, unsigned number)
{
	unsigned last = now(life)->last;

	assert_int_equal(spool_remove_until(life->spool, number), 0);
	note(life, number + 1, last);
}

/* The end of the process, and the next one. */
static void restart(struct life *life)
{
	struct state same = *now(life);

	spool_free(life->spool);
	life->spool = new_spool(life, life->tree.root);
	assert_int_equal(spool_load(life->spool), 0);
	note(life, same.first, same.last);
}

static void check_row(const struct life *life, const struct spool_record *row, uint64_t number)
{
	static char expected[PAYLOAD_MAX];

	fill(expected, life->payload_bytes, (unsigned)number);
	assert_int_equal(row->size, life->payload_bytes);
	assert_memory_equal(row->payload, expected, row->size);
	assert_int_equal(row->taken_ms, 1999 + number);
}

/* Returns the readings that the next process finds. */
static struct state read_all(const struct life *life, struct spool *spool)
{
	struct state found = {0, 1, 0};
	struct spool_record row;
	uint64_t number = 0;
	int r;

	while ((r = spool_next(spool, number, &row, &number)) == 1) {
		check_row(life, &row, number);
		if (found.last == 0)
			found.first = (unsigned)number;
		else
			assert_int_equal(number, found.last + 1);
		found.last = (unsigned)number;
	}
	assert_int_equal(r, 0);
	assert_int_equal(spool_count(spool), found.last + 1 - found.first);
	return found;
}

static bool is_same(const struct state *a, const struct state *b)
{
	bool a_is_empty = a->last < a->first, b_is_empty = b->last < b->first;

	return a_is_empty || b_is_empty ? a_is_empty == b_is_empty
					: a->first == b->first && a->last == b->last;
}

/* One of those between what was durable and what was being written. */
static void check_state(const struct life *life, const struct state *found, size_t cut)
{
	size_t durable = power_synced(life->recorder, cut);
	bool is_known = false;

	for (size_t i = 0; i < life->n_states && !is_known; i++) {
		const struct state *state = &life->states[i];
		bool is_over = i + 1 < life->n_states && life->states[i + 1].steps <= durable;

		if (i > 0 && life->states[i - 1].steps > cut)
			break;
		is_known = !is_over && is_same(found, state);
	}
	if (!is_known)
		fail_msg("TOS_POWER_SEED=%u, cut before step %zu (durable: %zu): found %u to %u",
			first_seed(), cut, durable, found->first, found->last);
}

/* All that had been appended when the power went, unless it was just being removed. */
static void check_complete(const struct life *life, const struct state *found, size_t cut)
{
	size_t i = life->n_states - 1;
	const struct state *state;

	while (i > 0 && life->states[i].steps > cut)
		i--;
	state = &life->states[i];
	if (i + 1 < life->n_states && is_same(found, state + 1))
		return;
	if (state->last >= state->first &&
		(found->first > state->first || found->last < state->last))
		fail_msg("TOS_POWER_SEED=%u, cut before step %zu: found %u to %u, not %u to %u",
			first_seed(), cut, found->first, found->last, state->first, state->last);
}

static void check_cut(const struct life *life, size_t cut, uint32_t seed)
{
	struct spool_record row = {5000, "next", 4};
	uint64_t dropped, number;
	struct state found;
	struct spool *spool;
	char damaged[64];
	int r;

	power_cut(life->recorder, cut, first_seed() + seed, life->after.root,
		spool_name(life->spool));
	spool = new_spool(life, life->after.root);
	r = spool_load(spool);
	if (r < 0)
		fail_msg("TOS_POWER_SEED=%u, cut before step %zu, seed %u: %s", first_seed(), cut,
			seed, strerror(-r));
	found = read_all(life, spool);
	check_state(life, &found, cut);
	if (life->kind == SPOOL_EVENTS)
		check_complete(life, &found, cut);
	/* And it can be written to. */
	assert_int_equal(spool_append(spool, &row, 1, &dropped), 0);
	assert_int_equal(spool_next(spool, found.last, &row, &number), 1);
	assert_int_equal(row.taken_ms, 5000);
	(void)snprintf(damaged, sizeof(damaged), "%s.damaged", spool_name(spool));
	spool_free(spool);
	assert_int_not_equal(access(temp_tree_path(&life->after, damaged), F_OK), 0);
}

static void cut_at_any_point(enum spool_kind kind)
{
	struct life life = begin(kind, 100);
	size_t steps;

	append(&life, 20);
	append(&life, 20);
	remove_until(&life, 12);
	append(&life, 5);
	restart(&life);
	append(&life, 20);
	life.max_bytes = UINT64_C(132) * 40;
	spool_set_size(life.spool, life.max_bytes);
	append(&life, 10);
	append(&life, 10);
	restart(&life);
	remove_until(&life, now(&life)->last); /* and with the last row, the file */
	append(&life, 7);
	append(&life, 7);
	restart(&life);
	append(&life, 3);

	power_record(life.recorder, false);
	steps = power_steps(life.recorder);
	for (size_t cut = 0; cut <= steps; cut++)
		for (uint32_t seed = 0; seed < SEEDS; seed++)
			check_cut(&life, cut, seed + SEEDS * (uint32_t)cut);
	print_message("%zu cuts in %zu steps\n", SEEDS * (steps + 1), steps);
	end(&life);
}

static void test_a_cut_at_any_point(void **state)
{
	(void)state;
	cut_at_any_point(SPOOL_READINGS);
}

static void test_a_cut_loses_no_event(void **state)
{
	(void)state;
	cut_at_any_point(SPOOL_EVENTS);
}

/* After 1000 pages SQLite carries the log over into the file, and begins it anew. */
static void test_a_cut_while_the_log_is_carried_over(void **state)
{
	struct life life = begin(SPOOL_READINGS, PAYLOAD_MAX);
	size_t steps, carried;

	(void)state;
	for (int i = 0; i < 4; i++)
		append(&life, 20);
	carried = now(&life)->steps;
	append(&life, 1);
	power_record(life.recorder, false);
	steps = power_steps(life.recorder);
	for (uint32_t seed = 0; seed < 40; seed++)
		check_cut(&life, steps - seed * (steps - carried / 2) / 40, seed);
	end(&life);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_cut_at_any_point),
		cmocka_unit_test(test_a_cut_loses_no_event),
		cmocka_unit_test(test_a_cut_while_the_log_is_carried_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
