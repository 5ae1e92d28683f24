/* SPDX-License-Identifier: MIT */
/*
 * Decides when the broker has been away for too long. Pure: time comes in, a deadline comes out.
 *
 * Away means: not connected, or connected but silent. A closed connection says when the absence
 * began; silence is counted from the last sign of life, and only while there is something to guard:
 * without a reason to answer, a healthy broker is silent too.
 *
 * Each absence is acted upon once. Something may begin to run after that: by a command that was on
 * its way, a reload, a timer of the outputs. It begins the count anew, so everything that runs is
 * guarded by a deadline.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct failsafe {
	uint64_t after_us;
	uint64_t seen_us; /* the absence is counted from here: mostly the last sign of life */
	bool connected;
	bool guarded; /* there is something to make safe */
	bool running; /* something of that moves */
	bool tripped; /* acted upon already, until a sign of life or something begins anew */
};

/* The broker counts as away from now_us until the first connection. */
void failsafe_init(struct failsafe *failsafe, uint64_t after_us, uint64_t now_us);

/* Sets another limit from now on. */
void failsafe_set_after(struct failsafe *failsafe, uint64_t after_us, uint64_t now_us);

void failsafe_connected(struct failsafe *failsafe, uint64_t at_us);
void failsafe_lost(struct failsafe *failsafe, uint64_t at_us);
/* Notes that something came from the broker. */
void failsafe_heard(struct failsafe *failsafe, uint64_t at_us);

/* Notes that an action was carried out. */
void failsafe_acted(struct failsafe *failsafe, uint64_t now_us);

/*
 * To be called after anything that may have changed what there is to guard. running: something runs
 * that the fail-safe stops. others: it would change something else, such as LEDs.
 */
void failsafe_follow(struct failsafe *failsafe, bool running, bool others, uint64_t now_us);

/* Returns when it is time to act; UINT64_MAX: that is not in sight. */
uint64_t failsafe_due(const struct failsafe *failsafe);

/* Returns true once, when the time has come. */
bool failsafe_trip(struct failsafe *failsafe, uint64_t now_us);
