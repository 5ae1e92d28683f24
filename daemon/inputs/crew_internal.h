/* SPDX-License-Identifier: MIT */
/*
 * Shared by the crew's own files.
 *
 *   crew.c           functions for the leader, and for the creator of the crew
 *   crew_members.c   the threads: who leads, who stands by, who makes a call
 *   crew_blocked.c   finds out that the leader is blocked in a call, and takes the call from it
 */
#pragma once

#include "call_list.h"
#include "crew.h"
#include "doorbell.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

struct member {
	enum { MEMBER_NONE, MEMBER_RUNS, MEMBER_ENDED } state;
	pthread_t thread;
	pid_t id;
	struct crew *crew;
};

/*
 * The leader makes many short calls, and should not pay for each with a mutex. A call belongs to
 * the leader or to the thread that takes over, depending on which of them sets 'token' back to 0
 * first; no two calls have the same token. Times are short enough for a 32-bit processor to write
 * at once.
 */
struct crew {
	struct crew_settings settings;
	atomic_uint token;    /* of the leader's call; 0: it is in none */
	struct call *call;    /* that call */
	unsigned last_token;  /* last one that the leader used */
	atomic_uint begin_us; /* of that call, the lower bits of the time */
	atomic_uint limit_us; /* of that call */
	atomic_bool is_armed; /* the timer; a wrong false only costs a wake-up */
	atomic_bool has_done; /* lets the leader see without the lock that nothing is done */
	atomic_bool ended;
	int timer_fd;           /* expires when the leader's call should be over */
	pthread_mutex_t mutex;  /* over everything below */
	pthread_cond_t changed; /* a member ended */
	struct member members[CREW_MAX];
	unsigned n_members, n_busy; /* running threads; the leader, and those in a call */
	struct member *leader;      /* NULL: there is none */
	unsigned suspect;           /* token of a call that took too long while its thread ran */
	uint64_t suspect_us;        /* the processor's time that the thread had had by then */
	struct call_list queue, done;
	struct doorbell work_bell, done_bell;
	bool abandoned;
};

/* Sets the timer to when the leader's call should be over. 0: off. */
void crew_arm(struct crew *crew, uint64_t time_us);

/*
 * Takes the call from a leader that is blocked in it. If the thread runs, or would run if the
 * machine had time for it, the call is given more turns, until the thread has had the processor for
 * half of the limit; a kernel driver that spins is found out then. A thread stopped by a tracer is
 * not the hardware's fault. NULL: there is no such call.
 */
struct call *crew_take_blocked(struct crew *crew, uint64_t now_us);

/* Call those below with the mutex held. crew_finish() releases it for a moment if necessary. */
void crew_finish(struct crew *crew, struct call *call);
int crew_start_member(struct crew *crew);

/* Starts one for each waiting call, and one to stand by. If that fails, calls wait for each other.
 * */
void crew_start_members(struct crew *crew);

/* Frees the chip with it. */
void crew_free_call(struct call *call);

/* No thread is left: frees the crew. crew_end() also tells its owner before. */
void crew_free(struct crew *crew);
void crew_end(struct crew *crew);
