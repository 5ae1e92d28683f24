/* SPDX-License-Identifier: MIT */
/*
 * How a thread that puts something where a mutex protects it wakes the thread that takes it out: an
 * eventfd for that one's poll().
 *
 * It is written only after the mutex was given back. Otherwise the other one, awake at once on
 * another processor, would run into the mutex and go to sleep again. So it may wake for something
 * that it has taken already; it never sleeps through something that is there.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

struct doorbell {
	int fd;    /* to be polled; -1: none */
	bool rung; /* under the owner's mutex: the fd is readable, or about to be */
	bool due;  /* under the owner's mutex: to be written when it is given back */
};

/* 0, or a negative errno. */
int doorbell_init(struct doorbell *bell);
void doorbell_fini(struct doorbell *bell);

/* With the mutex held, before doorbell_unlock(): there is something. */
void doorbell_ring(struct doorbell *bell);

/* With the mutex held: there is nothing any more. */
void doorbell_clear(struct doorbell *bell);

/* Gives the mutex back, and wakes who waits. */
void doorbell_unlock(struct doorbell *bell, pthread_mutex_t *mutex);
