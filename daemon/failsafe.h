/* SPDX-License-Identifier: MIT */
/*
 * Decides when the broker has been away for too long. Pure: time comes in, a deadline comes out.
 *
 * Away means: not connected, or connected but silent. A closed connection says when the absence
 * began; silence is counted from the last sign of life, and only while somebody watches for it
 * (guarded): without a reason to answer, a healthy broker is silent too.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct failsafe {
	uint64_t after_us;
	uint64_t seen_us; /* last sign of life, or when the connection was lost */
	bool connected;
	bool guarded;
	bool tripped; /* already acted upon; a sign of life ends it */
};

/* Before the first connection the broker is away since now_us. */
void failsafe_init(struct failsafe *failsafe, uint64_t after_us, uint64_t now_us);

void failsafe_connected(struct failsafe *failsafe, uint64_t at_us);
void failsafe_lost(struct failsafe *failsafe, uint64_t at_us);
/* Anything that came from the broker. */
void failsafe_heard(struct failsafe *failsafe, uint64_t at_us);
/* Whether silence counts from now on. */
void failsafe_guard(struct failsafe *failsafe, bool guarded, uint64_t now_us);

/* When it is time to act; UINT64_MAX: not in sight. */
uint64_t failsafe_due(const struct failsafe *failsafe);

/* True once, when the time has come. */
bool failsafe_trip(struct failsafe *failsafe, uint64_t now_us);
