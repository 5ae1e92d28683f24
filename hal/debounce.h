/* SPDX-License-Identifier: MIT */
/*
 * What a contact that bounces says in the end: a level counts once it has held for a time. Works on
 * the time stamps of edges alone, however late they are looked at, so that what comes out does not
 * depend on when somebody had time for it. Pure; all times are of one clock, in microseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DEBOUNCE_NEVER UINT64_MAX

struct debounce {
	bool level;          /* that counts */
	bool raw;            /* of the last edge */
	uint64_t changed_us; /* when, where raw and level differ */
};

/* The level now, whatever was before. */
void debounce_begin(struct debounce *debounce, bool level);

/* The level is that since time_us, which is not before the last change. What was due by then is to
 * be settled before. */
void debounce_edge(struct debounce *debounce, bool level, uint64_t time_us);

/* It is now_us, and no edge came since the last one. true: its level has held for hold_us, and
 * counts; *ret_time_us is when it began. */
bool debounce_settle(
	struct debounce *debounce, uint64_t hold_us, uint64_t now_us, uint64_t *ret_time_us);

/* When debounce_settle() has something to say unless another edge comes before. */
uint64_t debounce_due_us(const struct debounce *debounce, uint64_t hold_us);
