/* SPDX-License-Identifier: MIT */
/*
 * Decides when the broker has been away for too long. Pure: time comes in, a deadline comes out.
 *
 * Away means: not connected, or connected but silent. A closed connection says when the absence
 * began; silence is counted from the last sign of life, and only while there is something to guard:
 * without a reason to answer, a healthy broker is silent too.
 *
 * Each absence is acted upon once. What begins after that (a command that was on its way, a reload,
 * a timer of the outputs) begins the count anew, so that nothing ever runs that no deadline guards.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct failsafe {
	uint64_t after_us;
	uint64_t seen_us; /* last sign of life, or what else the absence is counted from */
	bool connected;
	bool guarded; /* there is something to make safe */
	bool running; /* of that, something that moves */
	bool tripped; /* already acted upon; a sign of life ends it, and what begins anew */
};

/* Before the first connection the broker is away since now_us. */
void failsafe_init(struct failsafe *failsafe, uint64_t after_us, uint64_t now_us);

/* Another limit from now on. */
void failsafe_set_after(struct failsafe *failsafe, uint64_t after_us, uint64_t now_us);

void failsafe_connected(struct failsafe *failsafe, uint64_t at_us);
void failsafe_lost(struct failsafe *failsafe, uint64_t at_us);
/* Anything that came from the broker. */
void failsafe_heard(struct failsafe *failsafe, uint64_t at_us);

/* An action was carried out. */
void failsafe_acted(struct failsafe *failsafe, uint64_t now_us);

/*
 * What there is to guard, after anything that may have changed it: whether something runs that the
 * fail-safe stops, and whether there is something else that it changes, such as LEDs.
 */
void failsafe_follow(struct failsafe *failsafe, bool running, bool others, uint64_t now_us);

/* When it is time to act; UINT64_MAX: not in sight. */
uint64_t failsafe_due(const struct failsafe *failsafe);

/* True once, when the time has come. */
bool failsafe_trip(struct failsafe *failsafe, uint64_t now_us);
