/* SPDX-License-Identifier: MIT */
/*
 * Whether an input chatters: a contact that burns, a wire that picks up the mains. More than
 * CHATTER_EVENTS a second for CHATTER_SECONDS say nothing any more but that. Pure; all times are of
 * one clock, in microseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	CHATTER_EVENTS = 100,      /* in a second; more are too many */
	CHATTER_SECONDS = 10,      /* in a row of which each has too many */
	CHATTER_REST_US = 1000000, /* without an event: it has come to rest */
};

#define CHATTER_NEVER UINT64_MAX

/* Of one input; all zero at first. */
struct chatter {
	bool is_chattering;
	uint64_t second_us; /* when the second began that is being counted */
	uint64_t last_us;   /* the last event */
	unsigned n_events;  /* in that second */
	unsigned n_seconds; /* before it that had too many, in a row */
};

/* An event, not before the last one. true: from this one on it chatters. */
bool chatter_event(struct chatter *chatter, uint64_t time_us);

/* It is now_us, and there was no event since the last one. true: it has just come to rest. */
bool chatter_rests(struct chatter *chatter, uint64_t now_us);

/* When chatter_rests() has something to say unless another event comes before. */
uint64_t chatter_due_us(const struct chatter *chatter);
