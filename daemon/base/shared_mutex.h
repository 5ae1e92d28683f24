/* SPDX-License-Identifier: MIT */
/*
 * A mutex that a real-time thread shares with ordinary ones. Its holder is raised to the priority
 * of the thread that waits for it. So the sampler never waits for a link that gets no processor
 * time on a busy machine.
 */
#pragma once

#include <pthread.h>

static inline void shared_mutex_init(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attributes;

	(void)pthread_mutexattr_init(&attributes);
	(void)pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	/* A kernel without priority inheritance refuses it. Then an ordinary mutex has to do. */
	if (pthread_mutex_init(mutex, &attributes) != 0)
		(void)pthread_mutex_init(mutex, NULL);
	(void)pthread_mutexattr_destroy(&attributes);
}
