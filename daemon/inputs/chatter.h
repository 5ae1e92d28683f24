/* SPDX-License-Identifier: MIT */
/*
 * Detects an input that chatters: a contact that burns, a wire that picks up the mains. After more
 * than CHATTER_EVENTS a second for CHATTER_SECONDS, further events carry no information. Pure; all
 * times are of one clock, in microseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	CHATTER_EVENTS = 100,      /* in a second; more than these are too many */
	CHATTER_SECONDS = 10,      /* in a row, each with too many events */
	CHATTER_REST_US = 1000000, /* without an event: the input has come to rest */
};

#define CHATTER_NEVER UINT64_MAX

/* For one input; all zero at first. */
struct chatter {
	bool is_chattering;
	uint64_t second_us; /* start of the second that is being counted */
	uint64_t last_us;   /* the last event */
	unsigned n_events;  /* in that second */
	unsigned n_seconds; /* seconds in a row before it that had too many */
};

/* Notes an event, not earlier than the last one. True: the input chatters from this one on. */
bool chatter_event(struct chatter *chatter, uint64_t time_us);

/* True if the input has just come to rest at now_us, without an event since the last one. */
bool chatter_rests(struct chatter *chatter, uint64_t now_us);

/* When chatter_rests() returns true unless another event comes before. */
uint64_t chatter_due_us(const struct chatter *chatter);
