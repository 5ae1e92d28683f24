/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include "doorbell.h"
#include "ring.h"
#include "shared_mutex.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

struct queue {
	pthread_mutex_t mutex; /* over everything below */
	struct ring ring;
	struct doorbell bell;
	int room_fd; /* of a waiting writer; -1: none */
};

int queue_new(size_t bytes, struct queue **ret_queue)
{
	struct queue *queue = calloc(1, sizeof(*queue));
	int r;

	if (!queue)
		return -ENOMEM;
	shared_mutex_init(&queue->mutex);
	queue->room_fd = -1;
	r = doorbell_init(&queue->bell);
	if (r == 0)
		r = ring_init(&queue->ring, bytes);
	if (r < 0) {
		queue_free(queue);
		return r;
	}
	*ret_queue = queue;
	return 0;
}

int queue_fd(const struct queue *queue)
{
	return queue->bell.fd;
}

static bool is_empty(const struct queue *queue)
{
	return queue->ring.begin == queue->ring.end;
}

int queue_push(struct queue *queue, const struct queue_part *parts, size_t n_parts)
{
	struct ring_record *record;
	size_t size = 0, offset = 0;

	for (size_t i = 0; i < n_parts; i++)
		size += parts[i].size;
	if (ring_bytes_of(size) > queue->ring.capacity)
		return -EMSGSIZE;

	(void)pthread_mutex_lock(&queue->mutex);
	record = ring_push(&queue->ring, size);
	for (size_t i = 0; record && i < n_parts; i++) {
		if (parts[i].size > 0)
			memcpy(record->data + offset, parts[i].data, parts[i].size);
		offset += parts[i].size;
	}
	if (record)
		doorbell_ring(&queue->bell);
	doorbell_unlock(&queue->bell, &queue->mutex);
	return record ? 0 : -ENOBUFS;
}

bool queue_has_room(struct queue *queue, size_t size)
{
	bool has_room;

	(void)pthread_mutex_lock(&queue->mutex);
	has_room = ring_has_room(&queue->ring, size);
	(void)pthread_mutex_unlock(&queue->mutex);
	return has_room;
}

void queue_want_room(struct queue *queue, int room_fd)
{
	(void)pthread_mutex_lock(&queue->mutex);
	/*
	 * While there are records, the reader will pop one, and queue_pop() decides. It is not
	 * written at once when half is free already: if a record did not fit even then, the writer
	 * would spin.
	 */
	if (is_empty(queue))
		(void)eventfd_write(room_fd, 1);
	else
		queue->room_fd = room_fd;
	(void)pthread_mutex_unlock(&queue->mutex);
}

const void *queue_peek(struct queue *queue, size_t *ret_size)
{
	const struct ring_record *record;

	(void)pthread_mutex_lock(&queue->mutex);
	record = ring_at(&queue->ring, queue->ring.begin);
	if (!record)
		doorbell_clear(&queue->bell);
	(void)pthread_mutex_unlock(&queue->mutex);
	if (!record)
		return NULL;
	/* The record stays valid: only queue_pop() frees it, and only this thread calls that. */
	*ret_size = record->size;
	return record->data;
}

void queue_pop(struct queue *queue)
{
	(void)pthread_mutex_lock(&queue->mutex);
	ring_pop(&queue->ring);
	if (is_empty(queue))
		doorbell_clear(&queue->bell);
	if (queue->room_fd >= 0 &&
		queue->ring.end - queue->ring.begin <= queue->ring.capacity / 2) {
		(void)eventfd_write(queue->room_fd, 1);
		queue->room_fd = -1;
	}
	(void)pthread_mutex_unlock(&queue->mutex);
}

struct queue *queue_free(struct queue *queue)
{
	if (!queue)
		return NULL;
	doorbell_fini(&queue->bell);
	ring_fini(&queue->ring);
	(void)pthread_mutex_destroy(&queue->mutex);
	free(queue);
	return NULL;
}
