/* SPDX-License-Identifier: MIT */
#include "crew_internal.h"

#include "clock.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

void crew_arm(struct crew *crew, uint64_t time_us)
{
	const struct itimerspec when = {
		.it_value = {(time_t)(time_us / 1000000), (long)(time_us % 1000000) * 1000}};

	/* In this order, a concurrent disarm never leaves the timer off but marked as armed. */
	if (time_us > 0)
		atomic_store(&crew->is_armed, true);
	(void)timerfd_settime(crew->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
	if (time_us == 0)
		atomic_store(&crew->is_armed, false);
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
	end = strrchr(text, ')'); /* end of the name, which may contain any characters */
	return end && end[1] == ' ' ? end[2] : 0;
}

/* The processor's time that a thread has had. */
static uint64_t spent_us(const struct member *member)
{
	struct timespec spent;
	clockid_t clock;

	if (pthread_getcpuclockid(member->thread, &clock) != 0 || clock_gettime(clock, &spent) < 0)
		return clock_now_us(); /* as if it had had all of it */
	return (uint64_t)spent.tv_sec * 1000000 + (uint64_t)spent.tv_nsec / 1000;
}

/* True if the leader, which is ready to run, has not yet had half of the limit since its call is
 * under suspicion: the machine had no time for it. */
static bool is_starved(struct crew *crew, unsigned token, unsigned limit_us)
{
	uint64_t had_us = spent_us(crew->leader);

	if (crew->suspect != token) {
		crew->suspect = token;
		crew->suspect_us = had_us;
	}
	return had_us - crew->suspect_us < limit_us / 2;
}

struct call *crew_take_blocked(struct crew *crew, uint64_t now_us)
{
	unsigned token = atomic_load(&crew->token);
	unsigned limit_us = atomic_load(&crew->limit_us);
	unsigned passed_us = (unsigned)now_us - atomic_load(&crew->begin_us);
	char state;

	if (token == 0)
		return NULL;
	/* It began after the time was read. */
	if (passed_us > UINT_MAX / 2)
		passed_us = 0;
	if (passed_us < limit_us) {
		crew_arm(crew, now_us + limit_us - passed_us);
		return NULL;
	}
	state = state_of(crew->leader->id);
	if (state == 't' || state == 'T' || (state == 'R' && is_starved(crew, token, limit_us))) {
		crew_arm(crew, now_us + limit_us);
		return NULL;
	}
	if (!atomic_compare_exchange_strong(&crew->token, &token, 0))
		return NULL;
	return crew->call;
}
