/* SPDX-License-Identifier: MIT */
/*
 * Limits what is logged about refusals: the first of a kind is logged, the rest is counted, and the
 * count is logged now and then. So a client that repeats its mistake a thousand times a second does
 * not fill the log, and does not hide another mistake.
 *
 * Refusals are of one kind if their words are the same apart from numbers and quoted texts.
 *
 * Pure: the time is an argument. Belongs to one thread.
 */
#pragma once

#include "log.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	REFUSALS_KINDS =
		8, /* kinds remembered; beyond that, the one logged longest ago is forgotten */
	REFUSALS_REST_US = 60000000,   /* from a line to the count of the rest */
	REFUSALS_AGAIN_US = 600000000, /* until a kind is logged again */
};

struct refusals_kind {
	uint32_t hash;
	uint64_t told_us;
};

/* All zero: nothing was refused. */
struct refusals {
	uint64_t count; /* all refusals so far */
	struct log_limit limit;
	struct refusals_kind kinds[REFUSALS_KINDS];
	unsigned n_kinds;
	unsigned untold;
	uint64_t since_us; /* the time of the first of those */
};

/* place, reason: what was refused, and why. True if it is to be logged now. */
bool refusals_add(
	struct refusals *refusals, const char *place, const char *reason, uint64_t now_us);

/* When the count of the rest is due; UINT64_MAX: nothing is left. */
uint64_t refusals_due(const struct refusals *refusals);

/* The number not logged since the last call; 0 before refusals_due(). */
unsigned refusals_take_rest(struct refusals *refusals, uint64_t now_us);
