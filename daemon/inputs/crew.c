/* SPDX-License-Identifier: MIT */
#include "crew_internal.h"

#include "clock.h"
#include "shared_mutex.h"
#include "timed_cond.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/timerfd.h>

static int init(struct crew *crew)
{
	int r;

	crew->timer_fd = -1;
	crew->done_bell.fd = -1;
	shared_mutex_init(&crew->mutex);
	timed_cond_init(&crew->changed);
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
		crew_free(crew);
		return r;
	}
	/* Signals are for the main thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	(void)pthread_mutex_lock(&crew->mutex);
	r = crew_start_member(crew); /* it leads, and starts others to stand by */
	(void)pthread_mutex_unlock(&crew->mutex);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r < 0) {
		crew_free(crew);
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
		crew_arm(crew, now_us + limit_us);
	call->took_us = 0;
	call_make(call);
	if (atomic_compare_exchange_strong(&crew->token, &(unsigned){token}, 0) &&
		!atomic_load(&crew->ended)) {
		call->crew = NULL;
		return true;
	}
	(void)pthread_mutex_lock(&crew->mutex);
	call->took_us = clock_now_us() - now_us;
	crew_finish(crew, call);
	(void)pthread_mutex_unlock(&crew->mutex);
	return false;
}

void crew_rest(struct crew *crew)
{
	if (atomic_load(&crew->is_armed))
		crew_arm(crew, 0);
}

void crew_hand(struct crew *crew, struct call *call)
{
	(void)pthread_mutex_lock(&crew->mutex);
	call->crew = crew;
	call_list_append(&crew->queue, call);
	crew_start_members(crew);
	doorbell_ring(&crew->work_bell);
	doorbell_unlock(&crew->work_bell, &crew->mutex);
}

struct call *crew_take(struct crew *crew)
{
	struct call *call;

	if (!atomic_load(&crew->has_done))
		return NULL;
	(void)pthread_mutex_lock(&crew->mutex);
	call = call_list_take(&crew->done);
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
	is_found = call_list_unlink(&crew->queue, call) || call_list_unlink(&crew->done, call);
	call->is_dropped = true;
	(void)pthread_mutex_unlock(&crew->mutex);
	if (is_found)
		crew_free_call(call);
}

/* Joins the threads that have ended. The others end by themselves. */
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
	bool in_time = true, all_ended;

	(void)pthread_mutex_lock(&crew->mutex);
	atomic_store(&crew->ended, true);
	doorbell_ring(&crew->work_bell);
	doorbell_unlock(&crew->work_bell, &crew->mutex);
	(void)pthread_mutex_lock(&crew->mutex);
	while (crew->n_members > 0 && in_time)
		in_time = timed_cond_wait(&crew->changed, &crew->mutex, end_us);
	all_ended = crew->n_members == 0;
	crew->abandoned = !all_ended;
	let_go(crew);
	(void)pthread_mutex_unlock(&crew->mutex);
	if (!all_ended)
		return -ETIMEDOUT;
	crew_end(crew);
	return 0;
}
