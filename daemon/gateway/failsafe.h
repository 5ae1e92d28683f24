/* SPDX-License-Identifier: MIT */
/*
 * Decides when the broker has been away for too long. Pure: the time is an argument, the result is
 * a deadline.
 *
 * Away means not connected, or connected but silent. A lost connection tells when the absence
 * began. Silence is counted from the last sign of life, and only while there is something to guard:
 * without a reason to answer, a healthy broker is silent too.
 *
 * Each absence is acted upon once. Something may begin to run afterwards, through a command that
 * was on its way, a reload, or a timer of the outputs. Then the count starts anew, so everything
 * that runs is guarded by a deadline.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct failsafe {
	uint64_t after_us;
	uint64_t seen_us; /* start of the count: mostly the last sign of life */
	bool connected;
	bool guarded; /* there is something to make safe */
	bool running; /* some of it moves */
	bool tripped; /* acted upon, until there is a sign of life or something new begins */
};

/* Counts the broker as away from now_us until the first connection. */
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
 * Call this after anything that may have changed what there is to guard. running: something runs
 * that the fail-safe stops. others: it would change something else, such as LEDs.
 */
void failsafe_follow(struct failsafe *failsafe, bool running, bool others, uint64_t now_us);

/* Returns the time to act; UINT64_MAX: none. */
uint64_t failsafe_due(const struct failsafe *failsafe);

/* Returns true once, when that time has come. */
bool failsafe_trip(struct failsafe *failsafe, uint64_t now_us);
