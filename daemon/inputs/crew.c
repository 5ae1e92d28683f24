/* SPDX-License-Identifier: MIT */
#include "crew.h"

#include "clock.h"
#include "doorbell.h"
#include "shared_mutex.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
	TIMER_SLACK_NS = 1000, /* the default of 50 us would add up over the steps of a round */
	PRIORITY = 10, /* real-time, below software PWM: other programs must not break the rhythm */
	SURPLUS_MS = 10000, /* a second thread without work ends after this */
};

static const char LEADS[] = "tosd-sampler", STANDS_BY[] = "tosd-slow";

/* First in, first out; threaded through the calls themselves, so it is never full. */
struct call_list {
	struct call *first, **end;
	unsigned count;
};

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

static void append(struct call_list *list, struct call *call)
{
	call->next = NULL;
	*(list->first ? list->end : &list->first) = call;
	list->end = &call->next;
	list->count++;
}

static struct call *take_first(struct call_list *list)
{
	struct call *call = list->first;

	if (call) {
		list->first = call->next;
		list->count--;
	}
	return call;
}

static bool unlink_call(struct call_list *list, const struct call *call)
{
	struct call_list kept = {0};
	struct call *other;
	bool found = false;

	while ((other = take_first(list))) {
		if (other == call)
			found = true;
		else
			append(&kept, other);
	}
	*list = kept;
	return found;
}

/* 0: not at all. */
static void arm(struct crew *crew, uint64_t time_us)
{
	const struct itimerspec when = {
		.it_value = {(time_t)(time_us / 1000000), (long)(time_us % 1000000) * 1000}};

	/* In this order: who disarms at the same time never leaves it off and called armed. */
	if (time_us > 0)
		atomic_store(&crew->is_armed, true);
	(void)timerfd_settime(crew->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
	if (time_us == 0)
		atomic_store(&crew->is_armed, false);
}

static void free_call(struct call *call)
{
	chip_close(call->chip);
	free(call);
}

/* With the mutex held, which it gives back for a moment if it must. */
static void finish(struct crew *crew, struct call *call)
{
	if (call->is_dropped) {
		(void)pthread_mutex_unlock(&crew->mutex);
		free_call(call);
		(void)pthread_mutex_lock(&crew->mutex);
		return;
	}
	append(&crew->done, call);
	atomic_store(&crew->has_done, true);
	doorbell_ring(&crew->done_bell);
	doorbell_unlock(&crew->done_bell, &crew->mutex);
	(void)pthread_mutex_lock(&crew->mutex);
}

/* The state letter of proc(5): R, S, D, t ... or 0. */
static char state_of(pid_t thread)
{
	char path[48], text[256];
	const char *end;
	ssize_t size;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	size = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (size <= 0)
		return 0;
	text[size] = '\0';
	end = strrchr(text, ')'); /* of the name, which may have any letters */
	return end && end[1] == ' ' ? end[2] : 0;
}

/*
 * Takes the call away from a leader that hangs in it. If it runs, or would if the machine had time
 * for it, the call is given another turn; a driver of the kernel's that spins is found out then.
 * What a tracer has stopped is not the hardware's fault. NULL: there is no such call.
 */
static struct call *take_blocked(struct crew *crew, uint64_t now_us)
{
	unsigned token = atomic_load(&crew->token);
	unsigned limit_us = atomic_load(&crew->limit_us);
	unsigned passed_us = (unsigned)now_us - atomic_load(&crew->begin_us);
	char state;

	if (token == 0)
		return NULL;
	/* It began after we were told the time. */
	if (passed_us > UINT_MAX / 2)
		passed_us = 0;
	if (passed_us < limit_us) {
		arm(crew, now_us + limit_us - passed_us);
		return NULL;
	}
	state = state_of(crew->leader->id);
	if (state == 't' || state == 'T' || (state == 'R' && crew->suspect != token)) {
		crew->suspect = token;
		arm(crew, now_us + limit_us);
		return NULL;
	}
	if (!atomic_compare_exchange_strong(&crew->token, &token, 0))
		return NULL;
	return crew->call;
}

/* Somebody else must stand by when this one takes work. */
static bool may_work(const struct crew *crew)
{
	return crew->queue.count > 0 && crew->n_members - crew->n_busy > 1;
}

static void work(struct crew *crew)
{
	struct call *call = take_first(&crew->queue);
	uint64_t begin_us;

	crew->n_busy++;
	if (crew->queue.count > 0)
		doorbell_ring(&crew->work_bell);
	doorbell_unlock(&crew->work_bell, &crew->mutex);
	begin_us = clock_now_us();
	call_make(call);
	call->took_us = clock_now_us() - begin_us;
	(void)pthread_mutex_lock(&crew->mutex);
	crew->n_busy--;
	finish(crew, call);
}

/* false: there are enough others. */
static bool stand_by(struct crew *crew)
{
	struct pollfd fds[] = {{.fd = crew->timer_fd, .events = POLLIN},
		{.fd = crew->work_bell.fd, .events = POLLIN}};
	bool is_surplus = crew->n_members - crew->n_busy > 1;
	uint64_t count;
	int n;

	(void)pthread_mutex_unlock(&crew->mutex);
	n = poll(fds, 2, is_surplus ? SURPLUS_MS : -1);
	(void)pthread_mutex_lock(&crew->mutex);
	if (fds[0].revents && read(crew->timer_fd, &count, sizeof(count)) > 0)
		atomic_store(&crew->is_armed, false);
	if (!atomic_load(&crew->ended))
		doorbell_clear(&crew->work_bell);
	return n != 0 || crew->queue.count > 0 || crew->n_members - crew->n_busy <= 1;
}

static void *run(void *userdata);

/* With the mutex held. */
static int start_member(struct crew *crew)
{
	struct member *member = crew->members;
	int r;

	while (member->state == MEMBER_RUNS)
		member++;
	if (member->state == MEMBER_ENDED)
		(void)pthread_join(member->thread, NULL);
	*member = (struct member){.crew = crew};
	r = -pthread_create(&member->thread, NULL, run, member);
	if (r < 0)
		return r;
	(void)pthread_setname_np(member->thread, STANDS_BY);
	member->state = MEMBER_RUNS;
	crew->n_members++;
	return 0;
}

/* One for each call that waits, and one to stand by. Without them, calls wait for each other. */
static void start_members(struct crew *crew)
{
	int r = 0;

	while (r == 0 && crew->n_members < CREW_MAX &&
		crew->n_members - crew->n_busy < crew->queue.count + 1)
		r = start_member(crew);
}

static void lead(struct crew *crew, struct member *self, struct call *blocked)
{
	if (crew->leader)
		(void)pthread_setname_np(crew->leader->thread, STANDS_BY);
	crew->leader = self;
	crew->n_busy++;
	start_members(crew);
	(void)pthread_mutex_unlock(&crew->mutex);
	(void)pthread_setname_np(pthread_self(), LEADS);
	while (crew->settings.lead(crew->settings.userdata, crew, blocked))
		blocked = NULL;
	(void)pthread_mutex_lock(&crew->mutex);
	crew->n_busy--;
	if (crew->leader != self)
		return;
	atomic_store(&crew->ended, true);
	crew->leader = NULL;
	doorbell_ring(&crew->work_bell);
	doorbell_unlock(&crew->work_bell, &crew->mutex);
	(void)pthread_mutex_lock(&crew->mutex);
}

static void free_crew(struct crew *crew)
{
	doorbell_fini(&crew->work_bell);
	doorbell_fini(&crew->done_bell);
	if (crew->timer_fd >= 0)
		(void)close(crew->timer_fd);
	(void)pthread_cond_destroy(&crew->changed);
	(void)pthread_mutex_destroy(&crew->mutex);
	free(crew);
}

/* No thread is left. */
static void end_crew(struct crew *crew)
{
	crew->settings.end(crew->settings.userdata);
	free_crew(crew);
}

static void *run(void *userdata)
{
	struct member *self = userdata;
	struct crew *crew = self->crew;
	const struct sched_param param = {.sched_priority = PRIORITY};
	struct call *blocked;
	bool is_last;

	/* Both are for precision alone; without the right to them it is less. */
	(void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	(void)prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
	(void)pthread_mutex_lock(&crew->mutex);
	self->id = gettid();
	while (!atomic_load(&crew->ended)) {
		blocked = crew->leader ? take_blocked(crew, clock_now_us()) : NULL;
		if (!crew->leader || blocked)
			lead(crew, self, blocked);
		else if (may_work(crew))
			work(crew);
		else if (!stand_by(crew))
			break;
	}
	self->state = MEMBER_ENDED;
	crew->n_members--;
	is_last = crew->abandoned && crew->n_members == 0;
	(void)pthread_cond_signal(&crew->changed);
	(void)pthread_mutex_unlock(&crew->mutex);
	if (is_last)
		end_crew(crew);
	return NULL;
}

static int init(struct crew *crew)
{
	pthread_condattr_t attributes;
	int r;

	crew->timer_fd = -1;
	crew->done_bell.fd = -1;
	shared_mutex_init(&crew->mutex);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&crew->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	r = doorbell_init(&crew->work_bell);
	if (r == 0)
		r = doorbell_init(&crew->done_bell);
	if (r < 0)
		return r;
	crew->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	return crew->timer_fd < 0 ? -errno : 0;
}

int crew_new(const struct crew_settings *settings, struct crew **ret_crew)
{
	struct crew *crew = calloc(1, sizeof(*crew));
	sigset_t all, before;
	int r;

	if (!crew)
		return -ENOMEM;
	crew->settings = *settings;
	r = init(crew);
	if (r < 0) {
		free_crew(crew);
		return r;
	}
	/* Signals are for the main thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	(void)pthread_mutex_lock(&crew->mutex);
	r = start_member(crew); /* which leads, and has others stand by */
	(void)pthread_mutex_unlock(&crew->mutex);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r < 0) {
		free_crew(crew);
		return r;
	}
	*ret_crew = crew;
	return 0;
}

bool crew_call(struct crew *crew, struct call *call, uint64_t now_us, uint64_t limit_us)
{
	unsigned token = ++crew->last_token;

	if (token == 0)
		token = ++crew->last_token;
	call->crew = crew;
	crew->call = call;
	atomic_store(&crew->begin_us, (unsigned)now_us);
	atomic_store(&crew->limit_us, (unsigned)limit_us);
	atomic_store(&crew->token, token);
	if (!atomic_load(&crew->is_armed))
		arm(crew, now_us + limit_us);
	call->took_us = 0;
	call_make(call);
	if (atomic_compare_exchange_strong(&crew->token, &(unsigned){token}, 0) &&
		!atomic_load(&crew->ended)) {
		call->crew = NULL;
		return true;
	}
	(void)pthread_mutex_lock(&crew->mutex);
	call->took_us = clock_now_us() - now_us;
	finish(crew, call);
	(void)pthread_mutex_unlock(&crew->mutex);
	return false;
}

void crew_rest(struct crew *crew)
{
	if (atomic_load(&crew->is_armed))
		arm(crew, 0);
}

void crew_hand(struct crew *crew, struct call *call)
{
	(void)pthread_mutex_lock(&crew->mutex);
	call->crew = crew;
	append(&crew->queue, call);
	start_members(crew);
	doorbell_ring(&crew->work_bell);
	doorbell_unlock(&crew->work_bell, &crew->mutex);
}

struct call *crew_take(struct crew *crew)
{
	struct call *call;

	if (!atomic_load(&crew->has_done))
		return NULL;
	(void)pthread_mutex_lock(&crew->mutex);
	call = take_first(&crew->done);
	if (call) {
		call->crew = NULL;
	} else {
		atomic_store(&crew->has_done, false);
		doorbell_clear(&crew->done_bell);
	}
	(void)pthread_mutex_unlock(&crew->mutex);
	return call;
}

int crew_fd(const struct crew *crew)
{
	return crew->done_bell.fd;
}

void call_drop(struct call *call)
{
	struct crew *crew = call ? call->crew : NULL;
	bool is_found;

	if (!crew) {
		free(call);
		return;
	}
	(void)pthread_mutex_lock(&crew->mutex);
	is_found = unlink_call(&crew->queue, call) || unlink_call(&crew->done, call);
	call->is_dropped = true;
	(void)pthread_mutex_unlock(&crew->mutex);
	if (is_found)
		free_call(call);
}

/* Those that have ended are joined, the others will need nobody for it. */
static void let_go(struct crew *crew)
{
	for (size_t i = 0; i < CREW_MAX; i++) {
		struct member *member = &crew->members[i];

		if (member->state == MEMBER_ENDED)
			(void)pthread_join(member->thread, NULL);
		else if (member->state == MEMBER_RUNS)
			(void)pthread_detach(member->thread);
		member->state = MEMBER_NONE;
	}
}

int crew_close(struct crew *crew, uint64_t timeout_us)
{
	uint64_t end_us = clock_now_us() + timeout_us;
	const struct timespec end = {(time_t)(end_us / 1000000), (long)(end_us % 1000000) * 1000};
	bool in_time = true, all_ended;

	(void)pthread_mutex_lock(&crew->mutex);
	atomic_store(&crew->ended, true);
	doorbell_ring(&crew->work_bell);
	doorbell_unlock(&crew->work_bell, &crew->mutex);
	(void)pthread_mutex_lock(&crew->mutex);
	while (crew->n_members > 0 && in_time)
		in_time = pthread_cond_timedwait(&crew->changed, &crew->mutex, &end) != ETIMEDOUT;
	all_ended = crew->n_members == 0;
	crew->abandoned = !all_ended;
	let_go(crew);
	(void)pthread_mutex_unlock(&crew->mutex);
	if (!all_ended)
		return -ETIMEDOUT;
	end_crew(crew);
	return 0;
}
