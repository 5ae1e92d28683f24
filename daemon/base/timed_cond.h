/* SPDX-License-Identifier: MIT */
/* A condition to be waited for until a time of clock_now_us(). */
#pragma once

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

static inline void timed_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

/* With the mutex locked. False: the time has come. */
static inline bool timed_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t end_us)
{
	const struct timespec end = {(time_t)(end_us / 1000000), (long)(end_us % 1000000) * 1000};

	return pthread_cond_timedwait(cond, mutex, &end) != ETIMEDOUT;
}
