/* SPDX-License-Identifier: MIT */
/*
 * A bounded queue of records of any size between threads, with an eventfd for the reader's loop. It
 * is one memory block, allocated once: pushing and popping allocate nothing.
 *
 * Any thread may push; one thread reads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;

/* bytes: for all records together, each with 16 bytes more. -ENOMEM, or an errno of eventfd(). */
int queue_new(size_t bytes, struct queue **ret_queue);

/* Readable (POLLIN) while there is something to pop. Rarely it is readable with nothing there,
 * until queue_peek() is called. Owned by the queue. */
int queue_fd(const struct queue *queue);

struct queue_part {
	const void *data;
	size_t size;
};

/* Pushes one record made of the parts in a row. -ENOBUFS: it does not fit now. -EMSGSIZE: it never
 * will. */
int queue_push(struct queue *queue, const struct queue_part *parts, size_t n_parts);

/* True if a record of that size would fit now. */
bool queue_has_room(struct queue *queue, size_t size);

/*
 * Called by a writer after -ENOBUFS or !queue_has_room(). room_fd (an eventfd of the caller's) is
 * written once, when a queue_pop() leaves half of the queue free, or at once if the queue is empty.
 * Since records are not split, one of more than a quarter of the queue may not fit even then: ask
 * again.
 */
void queue_want_room(struct queue *queue, int room_fd);

/* The oldest record, aligned for any type, valid until queue_pop(). NULL if there is none. */
const void *queue_peek(struct queue *queue, size_t *ret_size);
void queue_pop(struct queue *queue);

/* Returns NULL; queue may be NULL. */
struct queue *queue_free(struct queue *queue);
