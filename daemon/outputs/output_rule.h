/* SPDX-License-Identifier: MIT */
/*
 * What an output of any kind is to do when something happens to it. Pure: nothing is written here.
 *
 * There are levels, and the first one that has something to say decides:
 *   hardware error   what moves stands, and is never started by a cable that was plugged in again;
 *                    other kinds are shown again as they were
 *   fail-safe        the broker is away, or the process ends: what the map says
 *   action           what was asked for
 */
#pragma once

#include "output_kind.h"

enum output_event_type {
	OUTPUT_ACTION,
	OUTPUT_OPENED, /* inactive */
	OUTPUT_RESET,  /* a part that it sits on was set up anew, and turned it off */
	OUTPUT_LOST,   /* a write failed, or its part did */
	OUTPUT_AWAY,   /* the broker is */
	OUTPUT_END,    /* the process ends */
};

struct output_event {
	enum output_event_type type;
	struct output_request request; /* ACTION: what was asked for */
};

/* What there is to know of an output. */
struct output_facts {
	const struct output_kind *kind;
	const struct output_failsafe *failsafe;
	struct output_values now; /* all keys */
};

enum output_verdict {
	OUTPUT_LEAVE, /* as it is */
	OUTPUT_WRITE, /* the values */
	OUTPUT_REST,  /* on every port, also where it is believed to be */
};

struct output_decision {
	enum output_verdict verdict;
	struct output_values values; /* WRITE: all keys */
};

struct output_decision output_decide(
	const struct output_facts *facts, const struct output_event *event);
