/* SPDX-License-Identifier: MIT */
/*
 * Shared by the crew's own files.
 *
 *   crew.c           the leader's functions, and those of who made the crew
 *   crew_members.c   the threads: who leads, who stands by, who makes a call
 *   crew_blocked.c   finds out that the leader hangs in a call, and takes it away
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
 * The leader makes many short calls and shall not pay for each with a mutex. Who has a call, the
 * leader or whoever takes the lead over, is decided by who sets 'token' back to 0 first; no call
 * has the token of another one. Times are as short as a processor of 32 bits can write at once.
 */
struct crew {
	struct crew_settings settings;
	atomic_uint token;    /* of the leader's call; 0: it is in none */
	struct call *call;    /* that has it */
	unsigned last_token;  /* the leader's */
	atomic_uint begin_us; /* of that call, the lower bits of the time */
	atomic_uint limit_us; /* of it */
	atomic_bool is_armed; /* the timer; where this is wrongly false, that costs a wake-up */
	atomic_bool has_done; /* so that the leader need not lock to see that there is nothing */
	atomic_bool ended;
	int timer_fd;           /* the leader's call should be over by then */
	pthread_mutex_t mutex;  /* over everything below */
	pthread_cond_t changed; /* a member ended */
	struct member members[CREW_MAX];
	unsigned n_members, n_busy; /* those that run; the leader, and who is in a call */
	struct member *leader;      /* NULL: there is none */
	unsigned suspect;           /* the token of a call that took too long, but its thread ran */
	struct call_list queue, done;
	struct doorbell work_bell, done_bell;
	bool abandoned;
};

/* The timer by which the leader's call should be over. 0: not at all. */
void crew_arm(struct crew *crew, uint64_t time_us);

/*
 * Takes the call away from a leader that hangs in it. If it runs, or would if the machine had time
 * for it, the call is given another turn; a driver of the kernel's that spins is found out then.
 * What a tracer has stopped is not the hardware's fault. NULL: there is no such call.
 */
struct call *crew_take_blocked(struct crew *crew, uint64_t now_us);

/* Those below with the mutex held, which crew_finish() gives back for a moment if it must. */
void crew_finish(struct crew *crew, struct call *call);
int crew_start_member(struct crew *crew);

/* One for each call that waits, and one to stand by. Without them, calls wait for each other. */
void crew_start_members(struct crew *crew);

/* With its chip. */
void crew_free_call(struct call *call);

/* No thread is left: frees what is the crew's; crew_end() has its owner told before. */
void crew_free(struct crew *crew);
void crew_end(struct crew *crew);
