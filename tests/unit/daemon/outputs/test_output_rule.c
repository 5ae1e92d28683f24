/* SPDX-License-Identifier: MIT */
/* What is decided for an output, a row a case. */
#include "output_rule.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { FORWARD, BACKWARD, STOP }; /* the words of a direction */

struct row {
	const char *word, *failsafe;
	int now[2]; /* of the first two keys, and so are the others */
	enum output_event_type event;
	int asked[2]; /* of an action; -1: not given */
	enum output_verdict verdict;
	int expected[2]; /* when it is written */
};

static const struct row ROWS[] = {
	/* an action */
	{"led", "keep", {0, 3}, OUTPUT_ACTION, {1, 7}, OUTPUT_WRITE, {1, 7}},
	{"led", "keep", {0, 3}, OUTPUT_ACTION, {1, -1}, OUTPUT_WRITE, {1, 3}},
	{"led", "keep", {0, 3}, OUTPUT_ACTION, {-1, 7}, OUTPUT_WRITE, {1, 7}}, /* implied */
	{"led", "off", {1, 3}, OUTPUT_ACTION, {0, -1}, OUTPUT_WRITE, {0, 3}},
	{"motor", "stop", {FORWARD, 3}, OUTPUT_ACTION, {-1, 7}, OUTPUT_WRITE, {FORWARD, 7}},
	{"motor", "stop", {STOP, 3}, OUTPUT_ACTION, {-1, 7}, OUTPUT_WRITE, {STOP, 7}},
	{"motor", "keep", {FORWARD, 3}, OUTPUT_ACTION, {STOP, -1}, OUTPUT_WRITE, {STOP, 3}},
	/* opened, and set up anew: LEDs as they were, and no motor starts by itself */
	{"led", "keep", {0, 3}, OUTPUT_OPENED, {0, 0}, OUTPUT_LEAVE, {0, 0}},
	{"led", "keep", {1, 3}, OUTPUT_OPENED, {0, 0}, OUTPUT_WRITE, {1, 3}},
	{"led", "off", {0, 3}, OUTPUT_RESET, {0, 0}, OUTPUT_WRITE, {0, 3}},
	{"motor", "keep", {FORWARD, 3}, OUTPUT_OPENED, {0, 0}, OUTPUT_LEAVE, {0, 0}},
	{"motor", "keep", {FORWARD, 3}, OUTPUT_RESET, {0, 0}, OUTPUT_REST, {0, 0}},
	/* lost */
	{"led", "on", {1, 3}, OUTPUT_LOST, {0, 0}, OUTPUT_LEAVE, {0, 0}},
	{"motor", "keep", {BACKWARD, 3}, OUTPUT_LOST, {0, 0}, OUTPUT_REST, {0, 0}},
	/* the broker is away */
	{"led", "keep", {1, 3}, OUTPUT_AWAY, {0, 0}, OUTPUT_LEAVE, {0, 0}},
	{"led", "off", {1, 3}, OUTPUT_AWAY, {0, 0}, OUTPUT_WRITE, {0, 3}},
	{"led", "on", {0, 3}, OUTPUT_AWAY, {0, 0}, OUTPUT_WRITE, {1, 3}},
	{"motor", "stop", {STOP, 3}, OUTPUT_AWAY, {0, 0}, OUTPUT_REST, {0, 0}},
	{"motor", "keep", {FORWARD, 3}, OUTPUT_AWAY, {0, 0}, OUTPUT_LEAVE, {0, 0}},
	/* the end: what moves stops, whatever the map keeps */
	{"led", "keep", {1, 3}, OUTPUT_END, {0, 0}, OUTPUT_LEAVE, {0, 0}},
	{"led", "off", {1, 3}, OUTPUT_END, {0, 0}, OUTPUT_WRITE, {0, 3}},
	{"motor", "keep", {FORWARD, 3}, OUTPUT_END, {0, 0}, OUTPUT_REST, {0, 0}},
};

static const struct output_failsafe *failsafe_of(const struct output_kind *kind, const char *word)
{
	for (size_t i = 0; i < kind->n_failsafe; i++)
		if (strcmp(kind->failsafe[i].word, word) == 0)
			return &kind->failsafe[i];
	fail_msg("%s has no fail-safe %s", kind->word, word);
	return NULL;
}

static void each_row_is_decided_as_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		const struct row *row = &ROWS[i];
		const struct output_kind *kind = output_kind_find(row->word);
		struct output_facts facts = {
			.kind = kind, .failsafe = failsafe_of(kind, row->failsafe)};
		struct output_event event = {.type = row->event};
		struct output_decision decision;

		for (size_t key = 0; key < 2; key++) {
			output_values_set(&facts.now, key, row->now[key]);
			if (row->event == OUTPUT_ACTION && row->asked[key] >= 0)
				output_values_set(&event.request.values, key, row->asked[key]);
		}
		decision = output_decide(&facts, &event);
		if (decision.verdict != row->verdict)
			fail_msg("row %zu: %d", i, (int)decision.verdict);
		for (size_t key = 0; key < 2 && row->verdict == OUTPUT_WRITE; key++)
			assert_int_equal(decision.values.numbers[key], row->expected[key]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_row_is_decided_as_it_says)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
