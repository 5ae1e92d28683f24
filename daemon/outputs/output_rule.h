/* SPDX-License-Identifier: MIT */
/*
 * Decides what an output of any kind does when something happens to it: a pure function of its
 * state, the event and the time. Nothing is written here.
 *
 * There are levels, and the first one that applies decides:
 *   hardware error   an output that moves stops, and is never started by plugging in a cable again;
 *                    other kinds return to their state, unless their time is over
 *   limit            a switch at the end of a way is reached: rest, and no move towards it
 *   interlock        another one of its group goes on: rest. An output that is to go on itself
 *                    waits until the others have been off for their pause
 *   fail-safe        the broker is away, or the process ends: the map decides
 *   max_on           the longest time that the map allows is over: rest
 *   for              the time of an action is over: rest
 *   action           the request, the only one that may take the time of a fade
 */
#pragma once

#include "output_kind.h"

#define OUTPUT_NEVER UINT64_MAX

enum output_event_type {
	OUTPUT_ACTION,
	OUTPUT_OPENED,   /* inactive */
	OUTPUT_RESET,    /* a part that it sits on was set up anew, and turned it off */
	OUTPUT_LOST,     /* a write failed, or its part did */
	OUTPUT_LIMIT,    /* a limit is reached: see limited */
	OUTPUT_TIME,     /* nothing but that */
	OUTPUT_EXCLUDED, /* by another one of its interlock */
	OUTPUT_AWAY,     /* the broker is */
	OUTPUT_END,      /* the process ends */
};

struct output_event {
	enum output_event_type type;
	uint64_t time_us;              /* CLOCK_MONOTONIC */
	struct output_request request; /* ACTION: the request */
};

/* The part of an output that changes. */
struct output_state {
	struct output_values values;  /* all keys */
	uint64_t since_us;            /* when it left rest, or came to it */
	uint64_t for_us;              /* when the time of an action's "for" ends; OUTPUT_NEVER */
	uint64_t start_us;            /* when it goes on; OUTPUT_NEVER: it does not wait */
	struct output_values waiting; /* what it is then */
};

/* The state as others see it: values that still wait count as reached. */
static inline const struct output_values *output_state_goal(const struct output_state *state)
{
	return state->start_us == OUTPUT_NEVER ? &state->values : &state->waiting;
}

/* Everything that the rule needs to know about an output. */
struct output_facts {
	const struct output_kind *kind;
	const struct output_values *away; /* what it does without a broker; nothing: as it is */
	const struct output_values *end;  /* the same, when the process ends */
	uint64_t max_on_us;               /* since it left rest; 0: no limit */
	uint64_t free_us;                 /* before this time it does not leave rest */
	uint64_t fade_us;                 /* as the map says; 0: none */
	uint64_t fade_end_us;             /* of the fade that is under way; 0: none is */
	unsigned
		limited; /* the directions, as the kind's moves_to(), in which a limit is reached */
	unsigned driven; /* the directions in which it is driven, if any are limited */
	struct output_state state;
};

enum output_verdict {
	OUTPUT_LEAVE, /* change nothing */
	OUTPUT_WAIT,  /* the next state waits; nothing is written */
	OUTPUT_WRITE, /* write the values of the next state */
	OUTPUT_REST,  /* write the rest on every port, even if it is believed to be there */
};

struct output_decision {
	enum output_verdict verdict;
	struct output_state next; /* after it was carried out; LEAVE: the present state */
	uint64_t fade_us;         /* WRITE: how long the change takes; 0: at once */
};

struct output_decision output_decide(
	const struct output_facts *facts, const struct output_event *event);

/* The limits that are reached and that an action would move it towards. */
unsigned output_limits_hit(const struct output_facts *facts, const struct output_event *event);

/* When a decision is due without any other event; OUTPUT_NEVER. max_on_us as in the facts. */
uint64_t output_due(
	const struct output_kind *kind, uint64_t max_on_us, const struct output_state *state);

/* Corrects a state whose values were changed by something other than a decision: an output at rest
 * has no deadline. */
void output_state_settle(const struct output_kind *kind, struct output_state *state);
