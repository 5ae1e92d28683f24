/* SPDX-License-Identifier: MIT */
#include "outbox_internal.h"

#include <errno.h>
#include <string.h>

/* Room for rows on their way from the disk to the broker: this many of the largest. */
enum { STAGED_ROWS = 2 };

int outbox_store_init(
	struct outbox_store *store, const struct outbox_stream_kind *kind, size_t bytes)
{
	int r = ring_init(&store->ring, bytes);

	store->kind = kind;
	return r < 0 ? r : ring_init(&store->staged, STAGED_ROWS * (OUTBOX_PAYLOAD_MAX + 32));
}

void outbox_store_fini(struct outbox_store *store)
{
	ring_fini(&store->ring);
	ring_fini(&store->staged);
}

static void drop_oldest(struct outbox_store *store)
{
	const struct ring_record *oldest = ring_at(&store->ring, store->ring.begin);

	if (oldest->state == IN_FLIGHT) {
		store->dropped_in_flight++;
		store->in_flight--;
	} else if (oldest->state == SPILLING) {
		store->dropped_spilling++;
	} else if (oldest->state == WAITING) {
		store->dropped++;
	}
	store->waiting -= oldest->state != DONE;
	ring_pop(&store->ring);
}

/* NULL if it would not even fit into an empty ring. */
static struct ring_record *push(struct outbox_store *store, size_t size)
{
	struct ring_record *record;

	if (ring_bytes_of(size) > store->ring.capacity)
		return NULL;
	outbox_pop_done(&store->ring);
	while (store->waiting >= store->kind->waiting_max)
		drop_oldest(store);
	while (!(record = ring_push(&store->ring, size)))
		drop_oldest(store);
	return record;
}

static int put(struct outbox *outbox, enum outbox_stream stream, uint64_t taken_ms,
	const void *payload, size_t size)
{
	struct outbox_store *store = &outbox->stores[stream];
	struct ring_record *record;

	if (size > store->kind->payload_max)
		return -EMSGSIZE;
	(void)pthread_mutex_lock(&outbox->mutex);
	record = push(store, OUTBOX_HEAD_BYTES + size);
	if (record) {
		memcpy(record->data, &taken_ms, OUTBOX_HEAD_BYTES);
		if (size > 0)
			memcpy(record->data + OUTBOX_HEAD_BYTES, payload, size);
		store->waiting++;
		if (!outbox->connected)
			store->live_begin = store->next_live = store->ring.end;
		doorbell_ring(&outbox->bell);
	}
	doorbell_unlock(&outbox->bell, &outbox->mutex);
	return record ? 0 : -EMSGSIZE;
}

int outbox_put_reading(struct outbox *outbox, uint64_t taken_ms, const void *payload, size_t size)
{
	return put(outbox, OUTBOX_READINGS, taken_ms, payload, size);
}

int outbox_put_event(struct outbox *outbox, uint64_t taken_ms, const void *payload, size_t size)
{
	return put(outbox, OUTBOX_EVENTS, taken_ms, payload, size);
}

/* Takes the next record of a ring at or after the cursor, before position end. The head before its
 * payload is not sent. */
static bool take(struct ring *ring, uint64_t end, uint64_t *cursor, struct outbox_message *message)
{
	struct ring_record *record;

	do {
		record = ring_at(ring, *cursor);
		if (!record || record->position >= end)
			return false;
		*cursor = ring_after(record);
	} while (record->state != WAITING);

	record->state = IN_FLIGHT;
	message->id = record->position << SOURCE_BITS;
	message->qos = 1;
	message->topic[0] = '\0';
	message->correlation_size = 0;
	message->size = record->size - OUTBOX_HEAD_BYTES;
	memcpy(message->payload, record->data + OUTBOX_HEAD_BYTES, message->size);
	return true;
}

bool outbox_take_live(
	struct outbox *outbox, enum outbox_stream stream, struct outbox_message *message)
{
	struct outbox_store *store = &outbox->stores[stream];

	if (ring_ends_at(&store->ring, store->next_live) ||
		!take(&store->ring, store->ring.end, &store->next_live, message))
		return false;
	store->in_flight++;
	message->id |= stream;
	message->kind = store->kind->live;
	message->optional = store->kind->optional;
	return true;
}

/* Rows on disk are older than everything in memory, so they come first. */
bool outbox_take_backlog(
	struct outbox *outbox, enum outbox_stream stream, struct outbox_message *message)
{
	struct outbox_store *store = &outbox->stores[stream];
	struct ring *staged = &store->staged;

	if (store->postponed)
		return false;
	if (!ring_ends_at(staged, store->next_staged) &&
		take(staged, staged->end, &store->next_staged, message)) {
		message->id |= (unsigned int)SOURCE_STAGED_READINGS + (unsigned int)stream;
	} else if (!store->held && !outbox->clock_awaited &&
		store->next_backlog < store->live_begin &&
		take(&store->ring, store->live_begin, &store->next_backlog, message)) {
		store->in_flight++;
		message->id |= stream;
	} else {
		return false;
	}
	message->kind = store->kind->backlog;
	message->optional = store->kind->optional;
	return true;
}

static struct ring_record *in_flight_at(const struct ring *ring, uint64_t position)
{
	struct ring_record *record = ring_at(ring, position);

	return record && record->position == position && record->state == IN_FLIGHT ? record : NULL;
}

void outbox_acknowledge_in(struct outbox *outbox, enum outbox_stream stream, uint64_t position)
{
	struct outbox_store *store = &outbox->stores[stream];
	struct ring_record *record = in_flight_at(&store->ring, position);

	if (record) {
		record->state = DONE;
		store->waiting--;
		store->in_flight--;
		outbox_pop_done(&store->ring);
	} else if (store->dropped_in_flight > 0) {
		/* It was dropped while it was in flight, but has arrived. */
		store->dropped_in_flight--;
	}
}

void outbox_acknowledge_staged(struct outbox *outbox, enum outbox_stream stream, uint64_t position)
{
	struct outbox_store *store = &outbox->stores[stream];
	struct ring_record *record = in_flight_at(&store->staged, position);

	if (!record)
		return;
	record->state = DONE;
	outbox_pop_staged(outbox, store);
}

/* Makes a record in flight wait again. False: there is none. */
static bool postpone(struct ring *ring, uint64_t position, uint64_t *cursor)
{
	struct ring_record *record = in_flight_at(ring, position);

	if (!record)
		return false;
	record->state = WAITING;
	if (*cursor > position)
		*cursor = position;
	return true;
}

void outbox_postpone_in(struct outbox *outbox, enum outbox_stream stream, uint64_t position)
{
	struct outbox_store *store = &outbox->stores[stream];

	if (postpone(&store->ring, position, &store->next_backlog)) {
		store->in_flight--;
		store->postponed = true;
		if (position >= store->live_begin)
			store->live_begin = store->next_live;
	} else if (store->dropped_in_flight > 0) {
		store->dropped_in_flight--;
		store->dropped++;
	}
}

void outbox_postpone_staged(struct outbox *outbox, enum outbox_stream stream, uint64_t position)
{
	struct outbox_store *store = &outbox->stores[stream];

	if (postpone(&store->staged, position, &store->next_staged))
		store->postponed = true;
}

void outbox_disconnect_store(struct outbox_store *store)
{
	store->dropped += store->dropped_in_flight;
	store->dropped_in_flight = 0;
	outbox_take_back(&store->ring, store->ring.begin, store->next_live);
	store->postponed = false;
	store->live_begin = store->next_live = store->ring.end;
	store->next_backlog = store->ring.begin;
	store->in_flight = 0;
	/* The staged rows are still on disk, after staged_until. */
	store->staged.begin = store->next_staged = store->staged.end;
}
