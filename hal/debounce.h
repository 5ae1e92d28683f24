/* SPDX-License-Identifier: MIT */
/*
 * Debounces a contact: a level counts once it has held for a time. Only the time stamps of the
 * edges matter, however late the edges are processed, so the result does not depend on when the
 * caller had time for them. Pure; all times are of one clock, in microseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DEBOUNCE_NEVER UINT64_MAX

struct debounce {
	bool level;          /* the level that counts */
	bool raw;            /* the level after the last edge */
	uint64_t changed_us; /* the time of that edge, if raw and level differ */
};

/* Starts with this level, whatever was before. */
void debounce_begin(struct debounce *debounce, bool level);

/* Takes an edge to level at time_us, which is not before the last edge. Call debounce_settle()
 * first for what was due by then. */
void debounce_edge(struct debounce *debounce, bool level, uint64_t time_us);

/* True if the raw level, without an edge since, has held for hold_us at now_us and so counts from
 * now on. *ret_time_us is then the time at which it began. */
bool debounce_settle(
	struct debounce *debounce, uint64_t hold_us, uint64_t now_us, uint64_t *ret_time_us);

/* The time at which debounce_settle() returns true unless another edge comes before. */
uint64_t debounce_due_us(const struct debounce *debounce, uint64_t hold_us);
