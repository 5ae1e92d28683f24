/* SPDX-License-Identifier: MIT */
/* The decisions for an output: a row for each state, event and time, in milliseconds. */
#include "output_rule.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { FORWARD, BACKWARD, STOP }; /* the words of a direction */
enum { NO = -1 };                 /* not given; never */

struct row {
	const char *word, *failsafe;
	struct {
		int values[2]; /* of the first two keys */
		int ends;      /* its "for" */
		int since;
		int starts; /* on, if it waits for that */
	} state;
	struct {
		enum output_event_type type;
		int time;
	} event;
	struct {
		int values[2];
		int for_ms;
		bool toggle;
	} asked; /* of an action */
	enum output_verdict verdict;
	struct {
		int values[2];
		int ends, since, starts;
	} next;
	int max_on;
	int free; /* before it does not leave rest */
};

#define NOT_ASKED                                                                                  \
	{                                                                                          \
		{NO, NO}, 0, false                                                                 \
	}

static const struct row ROWS[] = {
	/* an action */
	{"led", "keep", {{0, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{1, 7}, 0, false}, OUTPUT_WRITE,
		{{1, 7}, NO, 0, 0}, 0, 0},
	{"led", "keep", {{0, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{1, NO}, 0, false}, OUTPUT_WRITE,
		{{1, 3}, NO, 0, 0}, 0, 0},
	/* a level alone turns it on */
	{"led", "keep", {{0, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, 7}, 0, false}, OUTPUT_WRITE,
		{{1, 7}, NO, 0, 0}, 0, 0},
	{"led", "off", {{1, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{0, NO}, 0, false}, OUTPUT_WRITE,
		{{0, 3}, NO, 0, 0}, 0, 0},
	{"motor", "stop", {{FORWARD, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, 7}, 0, false},
		OUTPUT_WRITE, {{FORWARD, 7}, NO, 0, 0}, 0, 0},
	{"motor", "stop", {{STOP, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, 7}, 0, false},
		OUTPUT_WRITE, {{STOP, 7}, NO, 0, 0}, 0, 0},
	{"motor", "keep", {{FORWARD, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{STOP, NO}, 0, false},
		OUTPUT_WRITE, {{STOP, 3}, NO, 0, 0}, 0, 0},

	/* toggle: on from rest, and off from everything else */
	{"led", "keep", {{0, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, NO}, 0, true}, OUTPUT_WRITE,
		{{1, 3}, NO, 0, 0}, 0, 0},
	{"led", "keep", {{1, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, NO}, 0, true}, OUTPUT_WRITE,
		{{0, 3}, NO, 0, 0}, 0, 0},
	{"led", "keep", {{1, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, 7}, 0, true}, OUTPUT_WRITE,
		{{0, 7}, NO, 0, 0}, 0, 0},
	{"relay", "off", {{0}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, NO}, 20, true}, OUTPUT_WRITE,
		{{1}, 29, 0, 0}, 0, 0},
	{"relay", "off", {{1}, 50, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, NO}, 20, true}, OUTPUT_WRITE,
		{{0}, NO, 0, 0}, 0, 0},
	{"relay", "off", {{1}, 50, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, NO}, 0, true}, OUTPUT_WRITE,
		{{0}, NO, 0, 0}, 0, 0},

	/* for: what begins anew has another end or none, and a level is no new beginning */
	{"led", "keep", {{0, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{1, NO}, 20, false}, OUTPUT_WRITE,
		{{1, 3}, 29, 0, 0}, 0, 0},
	{"led", "keep", {{1, 3}, 50, 0, 0}, {OUTPUT_ACTION, 9}, {{1, NO}, 0, false}, OUTPUT_WRITE,
		{{1, 3}, NO, 0, 0}, 0, 0},
	{"led", "keep", {{1, 3}, 50, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, 7}, 0, false}, OUTPUT_WRITE,
		{{1, 7}, 50, 0, 0}, 0, 0},
	{"led", "keep", {{1, 3}, 50, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, 7}, 20, false}, OUTPUT_WRITE,
		{{1, 7}, 29, 0, 0}, 0, 0},
	{"led", "keep", {{1, 3}, 50, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, NO}, 90, false}, OUTPUT_WRITE,
		{{1, 3}, 99, 0, 0}, 0, 0},
	{"motor", "stop", {{FORWARD, 3}, 50, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, 7}, 0, false},
		OUTPUT_WRITE, {{FORWARD, 7}, 50, 0, 0}, 0, 0},
	{"motor", "stop", {{FORWARD, 3}, 50, 0, 0}, {OUTPUT_ACTION, 9}, {{BACKWARD, NO}, 0, false},
		OUTPUT_WRITE, {{BACKWARD, 3}, NO, 0, 0}, 0, 0},
	{"motor", "stop", {{FORWARD, 3}, 50, 0, 0}, {OUTPUT_ACTION, 9}, {{STOP, NO}, 0, false},
		OUTPUT_WRITE, {{STOP, 3}, NO, 0, 0}, 0, 0},
	/* alone it starts nothing, and what rests has no end */
	{"led", "keep", {{0, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, NO}, 20, false}, OUTPUT_WRITE,
		{{0, 3}, NO, 0, 0}, 0, 0},
	{"motor", "stop", {{STOP, 3}, NO, 0, 0}, {OUTPUT_ACTION, 9}, {{NO, 7}, 20, false},
		OUTPUT_WRITE, {{STOP, 7}, NO, 0, 0}, 0, 0},
	/* its end */
	{"led", "on", {{1, 3}, 50, 0, 0}, {OUTPUT_TIME, 49}, NOT_ASKED, OUTPUT_LEAVE,
		{{1, 3}, 50, 0, 0}, 0, 0},
	{"led", "on", {{1, 3}, 50, 0, 0}, {OUTPUT_TIME, 50}, NOT_ASKED, OUTPUT_WRITE,
		{{0, 3}, NO, 0, 0}, 0, 0},
	{"led", "on", {{1, 3}, NO, 0, 0}, {OUTPUT_TIME, 99}, NOT_ASKED, OUTPUT_LEAVE,
		{{1, 3}, NO, 0, 0}, 0, 0},
	{"motor", "keep", {{FORWARD, 3}, 50, 0, 0}, {OUTPUT_TIME, 70}, NOT_ASKED, OUTPUT_WRITE,
		{{STOP, 3}, NO, 0, 0}, 0, 0},

	/* max_on: from when it left the rest, whatever was said since */
	{"relay", "on", {{0}, NO, 5, 0}, {OUTPUT_ACTION, 9}, {{1}, 0, false}, OUTPUT_WRITE,
		{{1}, NO, 9, 0}, 30, 0},
	{"relay", "on", {{1}, NO, 5, 0}, {OUTPUT_ACTION, 9}, {{1}, 0, false}, OUTPUT_WRITE,
		{{1}, NO, 5, 0}, 30, 0},
	{"relay", "on", {{1}, NO, 5, 0}, {OUTPUT_ACTION, 9}, {{1}, 29, false}, OUTPUT_WRITE,
		{{1}, 38, 5, 0}, 30, 0},
	{"motor", "keep", {{FORWARD, 3}, NO, 5, 0}, {OUTPUT_ACTION, 9}, {{BACKWARD, 7}, 0, false},
		OUTPUT_WRITE, {{BACKWARD, 7}, NO, 5, 0}, 30, 0},
	{"relay", "on", {{1}, NO, 5, 0}, {OUTPUT_TIME, 34}, NOT_ASKED, OUTPUT_LEAVE,
		{{1}, NO, 5, 0}, 30, 0},
	{"relay", "on", {{1}, NO, 5, 0}, {OUTPUT_TIME, 35}, NOT_ASKED, OUTPUT_WRITE,
		{{0}, NO, 35, 0}, 30, 0},
	{"relay", "on", {{1}, 50, 5, 0}, {OUTPUT_TIME, 35}, NOT_ASKED, OUTPUT_WRITE,
		{{0}, NO, 35, 0}, 30, 0},
	{"motor", "keep", {{FORWARD, 3}, NO, 5, 0}, {OUTPUT_TIME, 99}, NOT_ASKED, OUTPUT_WRITE,
		{{STOP, 3}, NO, 99, 0}, 30, 0},
	{"relay", "on", {{0}, NO, 5, 0}, {OUTPUT_TIME, 99}, NOT_ASKED, OUTPUT_LEAVE,
		{{0}, NO, 5, 0}, 30, 0},
	{"relay", "on", {{1}, NO, 5, 0}, {OUTPUT_OPENED, 34}, NOT_ASKED, OUTPUT_WRITE,
		{{1}, NO, 5, 0}, 30, 0},
	{"relay", "on", {{1}, NO, 5, 0}, {OUTPUT_OPENED, 35}, NOT_ASKED, OUTPUT_WRITE,
		{{0}, NO, 35, 0}, 30, 0},
	{"relay", "on", {{0}, NO, 5, 0}, {OUTPUT_AWAY, 70}, NOT_ASKED, OUTPUT_WRITE,
		{{1}, NO, 70, 0}, 30, 0},

	/* an interlock: who goes on waits until it is free, and an off cancels that */
	{"relay", "off", {{0}, NO, 5, 0}, {OUTPUT_ACTION, 9}, {{1}, 0, false}, OUTPUT_WAIT,
		{{0}, NO, 5, 30}, 0, 30},
	{"relay", "off", {{0}, NO, 5, 0}, {OUTPUT_ACTION, 9}, {{1}, 20, false}, OUTPUT_WAIT,
		{{0}, 50, 5, 30}, 0, 30},
	{"relay", "off", {{0}, NO, 5, 0}, {OUTPUT_ACTION, 30}, {{1}, 0, false}, OUTPUT_WRITE,
		{{1}, NO, 30, 0}, 0, 30},
	{"relay", "off", {{0}, NO, 5, 30}, {OUTPUT_ACTION, 9}, {{0}, 0, false}, OUTPUT_WRITE,
		{{0}, NO, 5, 0}, 0, 30},
	{"relay", "off", {{0}, 50, 5, 30}, {OUTPUT_ACTION, 9}, {{NO}, 0, true}, OUTPUT_WRITE,
		{{0}, NO, 5, 0}, 0, 30},
	{"relay", "off", {{0}, 50, 5, 30}, {OUTPUT_ACTION, 9}, {{1}, 0, false}, OUTPUT_WAIT,
		{{0}, NO, 5, 30}, 0, 30},
	{"led", "keep", {{0, 3}, 50, 5, 30}, {OUTPUT_ACTION, 9}, {{NO, 7}, 0, false}, OUTPUT_WAIT,
		{{0, 3}, 50, 5, 30}, 0, 30},
	{"relay", "off", {{0}, 50, 5, 30}, {OUTPUT_TIME, 29}, NOT_ASKED, OUTPUT_LEAVE,
		{{0}, 50, 5, 30}, 0, 0},
	{"relay", "off", {{0}, 50, 5, 30}, {OUTPUT_TIME, 31}, NOT_ASKED, OUTPUT_WRITE,
		{{1}, 50, 31, 0}, 0, 0},
	{"relay", "off", {{0}, 50, 5, 30}, {OUTPUT_TIME, 51}, NOT_ASKED, OUTPUT_WRITE,
		{{0}, NO, 5, 0}, 0, 0},
	{"relay", "on", {{1}, 50, 5, 0}, {OUTPUT_EXCLUDED, 9}, NOT_ASKED, OUTPUT_WRITE,
		{{0}, NO, 9, 0}, 0, 0},
	{"relay", "on", {{0}, 50, 5, 30}, {OUTPUT_EXCLUDED, 9}, NOT_ASKED, OUTPUT_WRITE,
		{{0}, NO, 5, 0}, 0, 0},
	{"relay", "off", {{0}, 50, 5, 30}, {OUTPUT_AWAY, 9}, NOT_ASKED, OUTPUT_WRITE,
		{{0}, NO, 5, 0}, 0, 0},
	{"relay", "keep", {{0}, 50, 5, 30}, {OUTPUT_AWAY, 9}, NOT_ASKED, OUTPUT_LEAVE,
		{{0}, 50, 5, 30}, 0, 0},
	{"relay", "on", {{0}, NO, 5, 0}, {OUTPUT_AWAY, 9}, NOT_ASKED, OUTPUT_WAIT, {{0}, NO, 5, 30},
		0, 30},
	{"relay", "off", {{0}, 50, 5, 30}, {OUTPUT_LOST, 9}, NOT_ASKED, OUTPUT_LEAVE,
		{{0}, 50, 5, 0}, 0, 0},
	{"relay", "off", {{0}, 50, 5, 30}, {OUTPUT_END, 9}, NOT_ASKED, OUTPUT_WRITE,
		{{0}, NO, 5, 0}, 0, 0},

	/* opened, and set up anew: LEDs as they were, and no motor starts by itself */
	{"led", "keep", {{0, 3}, NO, 0, 0}, {OUTPUT_OPENED, 9}, NOT_ASKED, OUTPUT_LEAVE,
		{{0, 3}, NO, 0, 0}, 0, 0},
	{"led", "keep", {{1, 3}, NO, 0, 0}, {OUTPUT_OPENED, 9}, NOT_ASKED, OUTPUT_WRITE,
		{{1, 3}, NO, 0, 0}, 0, 0},
	{"led", "keep", {{1, 3}, 50, 0, 0}, {OUTPUT_OPENED, 9}, NOT_ASKED, OUTPUT_WRITE,
		{{1, 3}, 50, 0, 0}, 0, 0},
	{"led", "off", {{0, 3}, NO, 0, 0}, {OUTPUT_RESET, 9}, NOT_ASKED, OUTPUT_WRITE,
		{{0, 3}, NO, 0, 0}, 0, 0},
	{"motor", "keep", {{FORWARD, 3}, NO, 0, 0}, {OUTPUT_OPENED, 9}, NOT_ASKED, OUTPUT_LEAVE,
		{{FORWARD, 3}, NO, 0, 0}, 0, 0},
	{"motor", "keep", {{FORWARD, 3}, 50, 0, 0}, {OUTPUT_RESET, 9}, NOT_ASKED, OUTPUT_REST,
		{{STOP, 3}, NO, 0, 0}, 0, 0},
	/* what was over meanwhile is not shown again */
	{"led", "on", {{1, 3}, 50, 0, 0}, {OUTPUT_OPENED, 50}, NOT_ASKED, OUTPUT_WRITE,
		{{0, 3}, NO, 0, 0}, 0, 0},
	{"relay", "on", {{1}, 50, 0, 0}, {OUTPUT_RESET, 80}, NOT_ASKED, OUTPUT_WRITE,
		{{0}, NO, 0, 0}, 0, 0},

	/* lost */
	{"led", "on", {{1, 3}, 50, 0, 0}, {OUTPUT_LOST, 9}, NOT_ASKED, OUTPUT_LEAVE,
		{{1, 3}, 50, 0, 0}, 0, 0},
	{"motor", "keep", {{BACKWARD, 3}, 50, 0, 0}, {OUTPUT_LOST, 9}, NOT_ASKED, OUTPUT_REST,
		{{STOP, 3}, NO, 0, 0}, 0, 0},

	/* the broker is away: what goes on keeps its end */
	{"led", "keep", {{1, 3}, 50, 0, 0}, {OUTPUT_AWAY, 9}, NOT_ASKED, OUTPUT_LEAVE,
		{{1, 3}, 50, 0, 0}, 0, 0},
	{"led", "off", {{1, 3}, 50, 0, 0}, {OUTPUT_AWAY, 9}, NOT_ASKED, OUTPUT_WRITE,
		{{0, 3}, NO, 0, 0}, 0, 0},
	{"led", "on", {{0, 3}, NO, 0, 0}, {OUTPUT_AWAY, 9}, NOT_ASKED, OUTPUT_WRITE,
		{{1, 3}, NO, 0, 0}, 0, 0},
	{"relay", "on", {{1}, 50, 0, 0}, {OUTPUT_AWAY, 9}, NOT_ASKED, OUTPUT_WRITE, {{1}, 50, 0, 0},
		0, 0},
	{"motor", "stop", {{STOP, 3}, NO, 0, 0}, {OUTPUT_AWAY, 9}, NOT_ASKED, OUTPUT_REST,
		{{STOP, 3}, NO, 0, 0}, 0, 0},
	{"motor", "keep", {{FORWARD, 3}, 50, 0, 0}, {OUTPUT_AWAY, 9}, NOT_ASKED, OUTPUT_LEAVE,
		{{FORWARD, 3}, 50, 0, 0}, 0, 0},

	/* the end: what moves stops, whatever the map keeps */
	{"led", "keep", {{1, 3}, NO, 0, 0}, {OUTPUT_END, 9}, NOT_ASKED, OUTPUT_LEAVE,
		{{1, 3}, NO, 0, 0}, 0, 0},
	{"led", "off", {{1, 3}, NO, 0, 0}, {OUTPUT_END, 9}, NOT_ASKED, OUTPUT_WRITE,
		{{0, 3}, NO, 0, 0}, 0, 0},
	{"motor", "keep", {{FORWARD, 3}, 50, 0, 0}, {OUTPUT_END, 9}, NOT_ASKED, OUTPUT_REST,
		{{STOP, 3}, NO, 0, 0}, 0, 0},
};

static const struct output_failsafe *failsafe_of(const struct output_kind *kind, const char *word)
{
	for (size_t i = 0; i < kind->n_failsafe; i++)
		if (strcmp(kind->failsafe[i].word, word) == 0)
			return &kind->failsafe[i];
	fail_msg("%s has no fail-safe %s", kind->word, word);
	return NULL;
}

static uint64_t time_of(int ms)
{
	return ms == NO ? OUTPUT_NEVER : UINT64_C(1000) * (unsigned)ms;
}

static void check_row(size_t index, const struct row *row)
{
	const struct output_kind *kind = output_kind_find(row->word);
	size_t n_keys = strcmp(row->word, "relay") == 0 ? 1 : 2;
	struct output_facts facts = {
		.kind = kind,
		.away = &failsafe_of(kind, row->failsafe)->away,
		.end = &failsafe_of(kind, row->failsafe)->end,
		.max_on_us = row->max_on ? time_of(row->max_on) : 0,
		.free_us = time_of(row->free),
		.state.since_us = time_of(row->state.since),
		.state.start_us = time_of(row->state.starts ? row->state.starts : NO),
		.state.for_us = time_of(row->state.ends),
	};
	struct output_event event = {
		.type = row->event.type,
		.time_us = time_of(row->event.time),
		.request.modifiers = {.for_ms = (uint32_t)row->asked.for_ms,
			.toggle = row->asked.toggle},
	};
	struct output_decision decision;

	for (size_t key = 0; key < n_keys; key++) {
		output_values_set(&facts.state.values, key, row->state.values[key]);
		if (row->event.type == OUTPUT_ACTION && row->asked.values[key] != NO)
			output_values_set(&event.request.values, key, row->asked.values[key]);
	}
	facts.state.waiting = facts.state.values;
	output_values_set(&facts.state.waiting, 0, 1);
	decision = output_decide(&facts, &event);
	if (decision.verdict != row->verdict)
		fail_msg("row %zu: %d", index, (int)decision.verdict);
	if (decision.next.for_us != time_of(row->next.ends))
		fail_msg(
			"row %zu ends at %llu us", index, (unsigned long long)decision.next.for_us);
	if (decision.next.start_us != time_of(row->next.starts ? row->next.starts : NO))
		fail_msg("row %zu starts at %llu us", index,
			(unsigned long long)decision.next.start_us);
	if (row->max_on && decision.next.since_us != time_of(row->next.since))
		fail_msg("row %zu is on since %llu us", index,
			(unsigned long long)decision.next.since_us);
	for (size_t key = 0; key < n_keys; key++)
		if (decision.next.values.numbers[key] != row->next.values[key])
			fail_msg("row %zu: key %zu is %d", index, key,
				decision.next.values.numbers[key]);
}

static void each_row_is_decided_as_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++)
		check_row(i, &ROWS[i]);
}

/* In ms: how long an action's change may take. */
static void a_fade_is_not_longer_than_it_may_be(void **state)
{
	static const struct {
		int on, bright, asked_on, asked_bright, fade, of_map, end, max_on, expected;
	} FADES[] = {
		/* the map's, the action's, none */
		{0, 3, 1, NO, NO, 300, 0, 0, 300},
		{0, 3, 1, NO, 500, 300, 0, 0, 500},
		{0, 3, 1, NO, 0, 300, 0, 0, 0},
		{1, 3, 0, NO, 500, 0, 0, 0, 500},
		{1, 3, NO, 7, 500, 0, 0, 0, 500},
		/* nothing changes, or nothing but the end of what is under way */
		{1, 3, 1, 3, 500, 0, 0, 0, 0},
		{0, 3, 0, NO, 500, 0, 0, 0, 0},
		{1, 3, 1, 3, 500, 0, 200, 0, 100},
		{0, 3, 0, 7, 500, 0, 200, 0, 100},
		{0, 3, 0, 7, 50, 0, 200, 0, 50},
		{1, 3, 1, 7, 500, 0, 200, 0, 500},
		/* since 0 it is on, now it is 100 */
		{1, 3, 0, NO, 500, 0, 0, 250, 150},
		{1, 3, 0, NO, 100, 0, 0, 250, 100},
		{1, 3, NO, 7, 500, 0, 0, 250, 500},
	};
	const struct output_kind *kind = output_kind_find("led");
	static const struct output_values NOTHING;

	(void)state;
	for (size_t i = 0; i < sizeof(FADES) / sizeof(FADES[0]); i++) {
		struct output_facts facts = {.kind = kind,
			.away = &NOTHING,
			.end = &NOTHING,
			.max_on_us = FADES[i].max_on ? time_of(FADES[i].max_on) : 0,
			.fade_us = time_of(FADES[i].of_map),
			.fade_end_us = time_of(FADES[i].end),
			.state = {.for_us = OUTPUT_NEVER, .start_us = OUTPUT_NEVER}};
		struct output_event event = {.type = OUTPUT_ACTION, .time_us = time_of(100)};
		struct output_decision decision;

		output_values_set(&facts.state.values, 0, FADES[i].on);
		output_values_set(&facts.state.values, 1, FADES[i].bright);
		output_values_complete(kind, &facts.state.values);
		if (FADES[i].asked_on != NO)
			output_values_set(&event.request.values, 0, FADES[i].asked_on);
		if (FADES[i].asked_bright != NO)
			output_values_set(&event.request.values, 1, FADES[i].asked_bright);
		event.request.modifiers.has_fade = FADES[i].fade != NO;
		if (FADES[i].fade != NO)
			event.request.modifiers.fade_ms = (uint32_t)FADES[i].fade;
		decision = output_decide(&facts, &event);
		if (decision.verdict != OUTPUT_WRITE ||
			decision.fade_us != time_of(FADES[i].expected))
			fail_msg("row %zu: %llu us", i, (unsigned long long)decision.fade_us);
		/* The end of the process leaves no light half way. */
		event.type = OUTPUT_END;
		decision = output_decide(&facts, &event);
		assert_int_equal(decision.verdict, FADES[i].end ? OUTPUT_WRITE : OUTPUT_LEAVE);
		assert_int_equal(decision.fade_us, 0);
	}
}

/* Directions as in moves_to(). */
enum { TO_FORWARD = 1, TO_BACKWARD = 2 };

static const struct limit_row {
	enum output_event_type type;
	int direction, waits_for, asked; /* NO: it does not wait; nothing is asked */
	unsigned limited, driven;
	enum output_verdict verdict;
	int next;
} LIMIT_ROWS[] = {
	/* reached: a move towards it ends, one away from it goes on */
	{OUTPUT_LIMIT, FORWARD, NO, NO, TO_FORWARD, TO_FORWARD, OUTPUT_REST, STOP},
	{OUTPUT_LIMIT, BACKWARD, NO, NO, TO_FORWARD, TO_BACKWARD, OUTPUT_LEAVE, BACKWARD},
	{OUTPUT_LIMIT, STOP, NO, NO, TO_FORWARD | TO_BACKWARD, 0, OUTPUT_LEAVE, STOP},
	{OUTPUT_LIMIT, FORWARD, NO, NO, TO_FORWARD | TO_BACKWARD, TO_FORWARD, OUTPUT_REST, STOP},
	{OUTPUT_LIMIT, FORWARD, NO, NO, 0, TO_FORWARD, OUTPUT_LEAVE, FORWARD},
	/* it is to go back, and is still driven towards it; or was to go on */
	{OUTPUT_LIMIT, BACKWARD, NO, NO, TO_FORWARD, TO_FORWARD, OUTPUT_REST, STOP},
	{OUTPUT_LIMIT, BACKWARD, NO, NO, TO_BACKWARD, 0, OUTPUT_REST, STOP},
	{OUTPUT_LIMIT, STOP, FORWARD, NO, TO_FORWARD, 0, OUTPUT_REST, STOP},
	/* a time comes when it is reached */
	{OUTPUT_TIME, STOP, FORWARD, NO, TO_FORWARD, 0, OUTPUT_REST, STOP},
	{OUTPUT_TIME, STOP, FORWARD, NO, TO_BACKWARD, 0, OUTPUT_WRITE, FORWARD},
	{OUTPUT_TIME, FORWARD, NO, NO, TO_FORWARD, TO_FORWARD, OUTPUT_REST, STOP},
	/* an action */
	{OUTPUT_ACTION, STOP, NO, FORWARD, TO_FORWARD, 0, OUTPUT_LEAVE, STOP},
	{OUTPUT_ACTION, STOP, NO, BACKWARD, TO_FORWARD, 0, OUTPUT_WRITE, BACKWARD},
	{OUTPUT_ACTION, BACKWARD, NO, FORWARD, TO_FORWARD, TO_BACKWARD, OUTPUT_LEAVE, BACKWARD},
	{OUTPUT_ACTION, FORWARD, NO, FORWARD, TO_FORWARD, TO_FORWARD, OUTPUT_REST, STOP},
	{OUTPUT_ACTION, FORWARD, NO, STOP, TO_FORWARD, TO_FORWARD, OUTPUT_WRITE, STOP},
	{OUTPUT_ACTION, STOP, NO, STOP, TO_FORWARD | TO_BACKWARD, 0, OUTPUT_WRITE, STOP},
	/* other levels */
	{OUTPUT_LOST, FORWARD, NO, NO, TO_FORWARD, TO_FORWARD, OUTPUT_REST, STOP},
	{OUTPUT_END, BACKWARD, NO, NO, TO_FORWARD, TO_BACKWARD, OUTPUT_REST, STOP},
	{OUTPUT_AWAY, BACKWARD, NO, NO, TO_FORWARD, TO_BACKWARD, OUTPUT_REST, STOP},
};

static void a_limit_comes_before_all_but_hardware(void **state)
{
	const struct output_kind *kind = output_kind_find("motor");
	size_t key = (size_t)output_key_find(kind, "direction");

	(void)state;
	for (size_t i = 0; i < sizeof(LIMIT_ROWS) / sizeof(LIMIT_ROWS[0]); i++) {
		const struct limit_row *row = &LIMIT_ROWS[i];
		const struct output_failsafe *failsafe = failsafe_of(kind, "stop");
		struct output_event event = {.type = row->type, .time_us = 9000};
		struct output_facts facts = {.kind = kind,
			.away = &failsafe->away,
			.end = &failsafe->end,
			.limited = row->limited,
			.driven = row->driven};
		struct output_decision decision;

		facts.state.values = output_kind_initial(kind, NULL);
		facts.state.for_us = OUTPUT_NEVER;
		facts.state.start_us = row->waits_for == NO ? OUTPUT_NEVER : 9000;
		output_values_set(&facts.state.values, key, row->direction);
		facts.state.waiting = facts.state.values;
		output_values_set(&facts.state.waiting, key, row->waits_for);
		if (row->asked != NO)
			output_values_set(&event.request.values, key, row->asked);
		decision = output_decide(&facts, &event);
		if (decision.verdict != row->verdict ||
			decision.next.values.numbers[key] != row->next)
			fail_msg("limit row %zu: %d, direction %d", i, (int)decision.verdict,
				decision.next.values.numbers[key]);
	}
}

static void what_rests_is_never_due(void **state)
{
	const struct output_kind *kind = output_kind_find("relay");
	struct output_facts facts = {.kind = kind, .max_on_us = 1};

	(void)state;
	facts.state.values = output_kind_initial(kind, NULL);
	facts.state.start_us = OUTPUT_NEVER;
	facts.state.for_us = 50;
	output_state_settle(kind, &facts.state);
	assert_true(output_due(kind, facts.max_on_us, &facts.state) == OUTPUT_NEVER);
	output_values_set(&facts.state.values, 0, 1);
	facts.max_on_us = 0;
	facts.state.for_us = 50;
	output_state_settle(kind, &facts.state);
	assert_true(output_due(kind, facts.max_on_us, &facts.state) == 50);
	facts.max_on_us = 30;
	assert_true(output_due(kind, facts.max_on_us, &facts.state) == 30);
}

/* Returns a motor's direction after an action. A direction or on below 0 is not in the action. */
static int direction_after(struct output_facts *facts, int direction, int on)
{
	struct output_event event = {.type = OUTPUT_ACTION, .time_us = 9000};

	if (direction >= 0)
		output_values_set(&event.request.values,
			(size_t)output_key_find(facts->kind, "direction"), direction);
	if (on >= 0)
		output_values_set(
			&event.request.values, (size_t)output_key_find(facts->kind, "on"), on);
	facts->state = output_decide(facts, &event).next;
	return facts->state.values.numbers[output_key_find(facts->kind, "direction")];
}

static void on_is_the_direction_before_the_stop(void **state)
{
	const struct output_kind *kind = output_kind_find("motor");
	struct output_facts facts = {.kind = kind};

	(void)state;
	facts.state.values = output_kind_initial(kind, NULL);
	facts.state.for_us = OUTPUT_NEVER;
	assert_int_equal(direction_after(&facts, NO, 1), FORWARD);
	assert_int_equal(direction_after(&facts, BACKWARD, NO), BACKWARD);
	assert_int_equal(direction_after(&facts, STOP, NO), STOP);
	facts.state.for_us = 50000;
	assert_int_equal(direction_after(&facts, NO, 1), BACKWARD);
	/* It is a new beginning. */
	assert_true(facts.state.for_us == OUTPUT_NEVER);
	assert_int_equal(direction_after(&facts, FORWARD, 1), FORWARD);
	/* It is no part of the state. */
	assert_false(output_values_has(&facts.state.values, (size_t)output_key_find(kind, "on")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_row_is_decided_as_it_says),
		cmocka_unit_test(a_fade_is_not_longer_than_it_may_be),
		cmocka_unit_test(a_limit_comes_before_all_but_hardware),
		cmocka_unit_test(what_rests_is_never_due),
		cmocka_unit_test(on_is_the_direction_before_the_stop)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
