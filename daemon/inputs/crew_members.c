/* SPDX-License-Identifier: MIT */
#include "crew_internal.h"

#include "clock.h"
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
	TIMER_SLACK_NS = 1000, /* the default of 50 us would add up over the steps of a round */
	PRIORITY = 10, /* real-time, below software PWM: other programs must not break the rhythm */
	SURPLUS_MS = 10000, /* a second thread without work ends after this */
};

static const char LEADS[] = "tosd-sampler", STANDS_BY[] = "tosd-slow";

void crew_free_call(struct call *call)
{
	chip_close(call->chip);
	free(call);
}

void crew_finish(struct crew *crew, struct call *call)
{
	if (call->is_dropped) {
		(void)pthread_mutex_unlock(&crew->mutex);
		crew_free_call(call);
		(void)pthread_mutex_lock(&crew->mutex);
		return;
	}
	call_list_append(&crew->done, call);
	atomic_store(&crew->has_done, true);
	doorbell_ring(&crew->done_bell);
	doorbell_unlock(&crew->done_bell, &crew->mutex);
	(void)pthread_mutex_lock(&crew->mutex);
}

/* A thread may only take work if another one stands by. */
static bool may_work(const struct crew *crew)
{
	return crew->queue.count > 0 && crew->n_members - crew->n_busy > 1;
}

static void work(struct crew *crew)
{
	struct call *call = call_list_take(&crew->queue);
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
	crew_finish(crew, call);
}

/* False: enough others stand by. */
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

int crew_start_member(struct crew *crew)
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

void crew_start_members(struct crew *crew)
{
	int r = 0;

	while (r == 0 && crew->n_members < CREW_MAX &&
		crew->n_members - crew->n_busy < crew->queue.count + 1)
		r = crew_start_member(crew);
}

static void lead(struct crew *crew, struct member *self, struct call *blocked)
{
	if (crew->leader)
		(void)pthread_setname_np(crew->leader->thread, STANDS_BY);
	crew->leader = self;
	crew->n_busy++;
	crew_start_members(crew);
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

void crew_free(struct crew *crew)
{
	doorbell_fini(&crew->work_bell);
	doorbell_fini(&crew->done_bell);
	if (crew->timer_fd >= 0)
		(void)close(crew->timer_fd);
	(void)pthread_cond_destroy(&crew->changed);
	(void)pthread_mutex_destroy(&crew->mutex);
	free(crew);
}

void crew_end(struct crew *crew)
{
	crew->settings.end(crew->settings.userdata);
	crew_free(crew);
}

static void *run(void *userdata)
{
	struct member *self = userdata;
	struct crew *crew = self->crew;
	const struct sched_param param = {.sched_priority = PRIORITY};
	struct call *blocked;
	bool is_last;

	/* Both only improve precision; without the right to set them, it is lower. */
	(void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	(void)prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
	(void)pthread_mutex_lock(&crew->mutex);
	self->id = gettid();
	while (!atomic_load(&crew->ended)) {
		blocked = crew->leader ? crew_take_blocked(crew, clock_now_us()) : NULL;
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
		crew_end(crew);
	return NULL;
}
