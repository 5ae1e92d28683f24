/* SPDX-License-Identifier: MIT */
/*
 * The sampler's threads. One of them leads: it does all the work and makes the calls to the parts,
 * without waking anybody. Another one stands by. When the leader is blocked in a call for longer
 * than it may, the one that stands by takes the lead and goes on with everything else; who was
 * blocked keeps its call, and stands by when that has come back. So no call, also none that was
 * always quick before, delays what is not its own.
 *
 * What is known to be slow the leader gives to those that stand by in the first place. There are
 * as many of them as that needs, up to CREW_MAX, and one for a map without a slow part. A thread
 * that is blocked only because the machine has no time for it is not taken for blocked.
 *
 * Functions are the leader's unless they say something else.
 */
#pragma once

#include "call.h"
#include <stdbool.h>
#include <stdint.h>

enum { CREW_MAX = 10 }; /* threads: one leads, one stands by, the others can be blocked */

struct crew;

struct crew_settings {
	/*
	 * One turn of the leader, which may sleep. blocked: NULL, or in the first turn after the
	 * lead was taken over the call that the one before is still in, which now is the crew's.
	 * false: no further turn, either because crew_call() said so, or for the end.
	 */
	bool (*lead)(void *userdata, struct crew *crew, struct call *blocked);
	/* When the last thread has ended and the crew is about to be freed: by crew_close(), or by
	 * that thread itself if it was left behind. */
	void (*end)(void *userdata);
	void *userdata;
};

/* Starts the threads, with all signals blocked. 0, or a negative errno. Any thread. */
int crew_new(const struct crew_settings *settings, struct crew **ret_crew);

/*
 * Makes the call on this thread. now_us: CLOCK_MONOTONIC. true: it is done. false: it took longer
 * than limit_us, another thread leads now, and this one must touch nothing but return false from
 * the turn.
 */
bool crew_call(struct crew *crew, struct call *call, uint64_t now_us, uint64_t limit_us);

/* Before the leader sleeps, outside of calls. */
void crew_rest(struct crew *crew);

/* Has the call made by another thread, at once if one is free. */
void crew_hand(struct crew *crew, struct call *call);

/* The next call that was handed out, or left to who was blocked in it, and is done; it is the
 * caller's again. NULL: none. */
struct call *crew_take(struct crew *crew);

/* Readable while there may be something to take. */
int crew_fd(const struct crew *crew);

/* Nobody waits for the call any more: when it is done, its chip is closed and it is freed. A call
 * that no crew has is freed at once, without its chip. call may be NULL. */
void call_drop(struct call *call);

/*
 * Ends the threads and frees. The leader was told to end before; one that is in a call touches
 * nothing after it. Any thread but the crew's. 0. -ETIMEDOUT: some did not come back from the
 * hardware within timeout_us. They are left behind with the crew and end when they do.
 */
int crew_close(struct crew *crew, uint64_t timeout_us);
