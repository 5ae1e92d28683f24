/* SPDX-License-Identifier: MIT */
/*
 * What was refused, for the log: the first of a kind is told, the rest is counted, and now and then
 * it is told how many. A client that repeats its mistake a thousand times a second fills no log,
 * and another mistake beside it is seen all the same.
 *
 * Of one kind are those whose words are the same but for numbers and what is quoted in them.
 *
 * Pure: time comes in. Belongs to one thread.
 */
#pragma once

#include "log.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	REFUSALS_KINDS =
		8, /* that are remembered; of more the one that was told first is forgotten */
	REFUSALS_REST_US = 60000000,   /* this long after a line the rest is told */
	REFUSALS_AGAIN_US = 600000000, /* a kind is told again after this time */
};

struct refusals_kind {
	uint32_t hash;
	uint64_t told_us;
};

/* All zero: nothing was refused. */
struct refusals {
	uint64_t count; /* of all */
	struct log_limit limit;
	struct refusals_kind kinds[REFUSALS_KINDS];
	unsigned n_kinds;
	unsigned untold;
	uint64_t since_us; /* of the first of those */
};

/* place, reason: what was refused, and why. Returns whether to tell it now. */
bool refusals_add(
	struct refusals *refusals, const char *place, const char *reason, uint64_t now_us);

/* When the rest is due; UINT64_MAX: there is none. */
uint64_t refusals_due(const struct refusals *refusals);

/* How many have not been told since the last time; 0 before refusals_due(). */
unsigned refusals_take_rest(struct refusals *refusals, uint64_t now_us);
