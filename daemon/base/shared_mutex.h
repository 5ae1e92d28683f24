/* SPDX-License-Identifier: MIT */
/*
 * A mutex that a real-time thread shares with ordinary ones: whoever holds it is raised to the
 * priority of who waits for it, so that a busy machine cannot make the sampler wait for a link that
 * has no turn.
 */
#pragma once

#include <pthread.h>

static inline void shared_mutex_init(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attributes;

	(void)pthread_mutexattr_init(&attributes);
	(void)pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	/* A kernel without priority inheritance refuses it: then an ordinary one has to do. */
	if (pthread_mutex_init(mutex, &attributes) != 0)
		(void)pthread_mutex_init(mutex, NULL);
	(void)pthread_mutexattr_destroy(&attributes);
}
