/* SPDX-License-Identifier: MIT */
/*
 * The sampler's threads. One of them leads: it does all the work and makes the calls to the parts,
 * without waking anybody. Another one stands by. If the leader is blocked in a call for longer than
 * allowed, the one that stands by takes the lead and goes on with everything else. The blocked
 * thread keeps its call, and stands by once the call has returned. So no call delays anything else,
 * not even one that was always quick before.
 *
 * Calls that are known to be slow are given to the threads that stand by from the start. There are
 * as many of those as needed, up to CREW_MAX, and one for a map without slow parts. A thread that
 * is blocked only because the machine has no time for it does not count as blocked.
 *
 * The functions belong to the leader unless a comment says otherwise.
 */
#pragma once

#include "call.h"
#include <stdbool.h>
#include <stdint.h>

enum { CREW_MAX = 10 }; /* threads: one leads, one stands by, the others may be blocked */

struct crew;

struct crew_settings {
	/*
	 * One turn of the leader, which may sleep. blocked is NULL, or in the first turn of a new
	 * leader the call that the previous one is still in; that call now belongs to the crew.
	 * False: there is no further turn, because crew_call() said so, or at the end.
	 */
	bool (*lead)(void *userdata, struct crew *crew, struct call *blocked);
	/* Called when the last thread has ended and the crew is about to be freed: by crew_close(),
	 * or by that thread itself if it was left behind. */
	void (*end)(void *userdata);
	void *userdata;
};

/* Starts the threads, with all signals blocked. 0, or a negative errno. Any thread. */
int crew_new(const struct crew_settings *settings, struct crew **ret_crew);

/*
 * Makes the call on this thread. now_us: CLOCK_MONOTONIC. True: it is done. False: it took longer
 * than limit_us, and another thread leads now. This thread must touch nothing any more, and return
 * false from the turn.
 */
bool crew_call(struct crew *crew, struct call *call, uint64_t now_us, uint64_t limit_us);

/* Call this before the leader sleeps outside of calls. */
void crew_rest(struct crew *crew);

/* Lets another thread make the call, at once if one is free. */
void crew_hand(struct crew *crew, struct call *call);

/* Takes the next call that another thread has finished, handed out or left to it when it was
 * blocked. The call belongs to the caller again. NULL: none. */
struct call *crew_take(struct crew *crew);

/* Readable while there may be something to take. */
int crew_fd(const struct crew *crew);

/* Gives up the call: when it is done, its chip is closed and it is freed. A call that no crew has
 * is freed at once, without its chip. call may be NULL. */
void call_drop(struct call *call);

/*
 * Ends the threads and frees. Tell the leader to end before; if it is in a call, it touches nothing
 * after it. Any thread but the crew's. 0. -ETIMEDOUT: some threads did not return from the hardware
 * within timeout_us. They are left behind with the crew, and end when they do.
 */
int crew_close(struct crew *crew, uint64_t timeout_us);
