/* SPDX-License-Identifier: MIT */
/*
 * Wakes the thread that takes something from a place protected by a mutex when another thread has
 * put something there. It is an eventfd for the taker's poll().
 *
 * The eventfd is written only after the mutex was released. Otherwise the taker, awake at once on
 * another processor, would run into the mutex and go to sleep again. So the taker may wake for
 * something that it has already taken, but it never sleeps while something is there.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

struct doorbell {
	int fd;    /* for poll(); -1: none */
	bool rung; /* under the owner's mutex: the fd is readable, or about to be */
	bool due;  /* under the owner's mutex: to be written when the mutex is released */
};

/* 0, or a negative errno. */
int doorbell_init(struct doorbell *bell);
void doorbell_fini(struct doorbell *bell);

/* Call with the mutex held, before doorbell_unlock(): something is there. */
void doorbell_ring(struct doorbell *bell);

/* Call with the mutex held: nothing is there any more. */
void doorbell_clear(struct doorbell *bell);

/* Releases the mutex, and wakes the taker if it is due. */
void doorbell_unlock(struct doorbell *bell, pthread_mutex_t *mutex);
