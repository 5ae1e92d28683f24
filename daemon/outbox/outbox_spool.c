/* SPDX-License-Identifier: MIT */
#include "outbox_spool.h"
#include "clock.h"
#include "outbox_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

void outbox_signal_spooler(struct outbox *outbox)
{
	if (outbox->spool_signalled)
		return;
	/* Cannot fail: the counter is 0. */
	(void)eventfd_write(outbox->spool_fd, 1);
	outbox->spool_signalled = true;
}

int outbox_spool_fd(const struct outbox *outbox)
{
	return outbox->spool_fd;
}

void outbox_spool_clear(struct outbox *outbox)
{
	eventfd_t count;

	(void)pthread_mutex_lock(&outbox->mutex);
	if (outbox->spool_signalled)
		(void)eventfd_read(outbox->spool_fd, &count);
	outbox->spool_signalled = false;
	(void)pthread_mutex_unlock(&outbox->mutex);
}

static size_t used(const struct ring *ring)
{
	return (size_t)(ring->end - ring->begin);
}

struct outbox_backlog outbox_backlog(struct outbox *outbox, enum outbox_stream stream)
{
	const struct outbox_store *store = &outbox->stores[stream];
	struct outbox_backlog backlog;

	(void)pthread_mutex_lock(&outbox->mutex);
	backlog = (struct outbox_backlog){
		.connection = outbox->connected ? outbox->connections : 0,
		.waiting = store->waiting,
		.half_full = used(&store->ring) >= store->ring.capacity / 2,
	};
	(void)pthread_mutex_unlock(&outbox->mutex);
	return backlog;
}

void outbox_set_spooled(struct outbox *outbox, enum outbox_stream stream, uint64_t rows)
{
	(void)pthread_mutex_lock(&outbox->mutex);
	outbox->stores[stream].spooled = rows;
	(void)pthread_mutex_unlock(&outbox->mutex);
}

void outbox_rows_dropped(
	struct outbox *outbox, enum outbox_stream stream, uint64_t dropped, uint64_t rows)
{
	(void)pthread_mutex_lock(&outbox->mutex);
	outbox->stores[stream].dropped += dropped;
	outbox->stores[stream].spooled = rows;
	(void)pthread_mutex_unlock(&outbox->mutex);
}

void outbox_spool_lost(struct outbox *outbox, enum outbox_stream stream)
{
	struct outbox_store *store = &outbox->stores[stream];

	(void)pthread_mutex_lock(&outbox->mutex);
	/* Staged rows are in memory and still go out, but are no longer counted as spooled. */
	store->dropped += store->spooled;
	store->spooled = 0;
	(void)pthread_mutex_unlock(&outbox->mutex);
}

void outbox_hold(struct outbox *outbox, enum outbox_stream stream, bool held)
{
	struct outbox_store *store = &outbox->stores[stream];

	(void)pthread_mutex_lock(&outbox->mutex);
	if (store->held && !held)
		doorbell_ring(&outbox->bell);
	store->held = held;
	doorbell_unlock(&outbox->bell, &outbox->mutex);
}

/* False: no room in the batch. */
static bool copy(struct outbox_batch *batch, size_t *filled, const struct ring_record *record)
{
	struct spool_record *row = &batch->rows[batch->count];
	size_t size = record->size - OUTBOX_HEAD_BYTES;

	if (batch->count == OUTBOX_BATCH_ROWS || sizeof(batch->bytes) - *filled < size)
		return false;
	memcpy(&row->taken_ms, record->data, OUTBOX_HEAD_BYTES);
	memcpy(batch->bytes + *filled, record->data + OUTBOX_HEAD_BYTES, size);
	row->payload = batch->bytes + *filled;
	row->size = size;
	*filled += size;
	batch->count++;
	return true;
}

bool outbox_spill(struct outbox *outbox, enum outbox_stream stream, struct outbox_batch *batch)
{
	struct outbox_store *store = &outbox->stores[stream];
	struct ring *ring = &store->ring;
	struct ring_record *record;
	size_t filled = 0;

	batch->count = 0;
	(void)pthread_mutex_lock(&outbox->mutex);
	/* Without a connection nothing is in flight: every record that is not done waits. */
	record = outbox->connected ? NULL : ring_at(ring, ring->begin);
	while (record) {
		if (record->state == WAITING) {
			if (!copy(batch, &filled, record))
				break;
			record->state = SPILLING;
		}
		store->spilling_end = ring_after(record);
		record = ring_at(ring, store->spilling_end);
	}
	if (batch->count > 0)
		store->held = true;
	(void)pthread_mutex_unlock(&outbox->mutex);
	return batch->count > 0;
}

void outbox_spilled(struct outbox *outbox, enum outbox_stream stream, bool kept, uint64_t dropped,
	uint64_t rows)
{
	struct outbox_store *store = &outbox->stores[stream];
	struct ring *ring = &store->ring;
	struct ring_record *record;

	(void)pthread_mutex_lock(&outbox->mutex);
	for (record = ring_at(ring, ring->begin); record && record->position < store->spilling_end;
		record = ring_at(ring, ring_after(record))) {
		if (record->state != SPILLING)
			continue;
		record->state = kept ? DONE : WAITING;
		store->waiting -= kept;
	}
	/* Memory was full meanwhile and dropped some of the batch. On disk they are not lost. */
	store->dropped += kept ? dropped : store->dropped_spilling;
	store->dropped_spilling = 0;
	if (kept)
		store->spooled = rows;
	outbox_pop_done(ring);
	(void)pthread_mutex_unlock(&outbox->mutex);
}

int outbox_stage(struct outbox *outbox, enum outbox_stream stream, uint64_t connection,
	uint64_t number, const struct spool_record *row, bool ours)
{
	struct outbox_store *store = &outbox->stores[stream];
	bool timeless = ours && !clock_is_set(row->taken_ms);
	uint64_t taken_ms = row->taken_ms;
	struct ring_record *record = NULL;
	int r = -ENOTCONN;

	/* Too large to be ours: another program wrote into the file. */
	if (row->size > store->kind->payload_max)
		return -EMSGSIZE;
	(void)pthread_mutex_lock(&outbox->mutex);
	if (outbox->connected && outbox->connections == connection) {
		if (!timeless || !outbox->clock_awaited)
			record = ring_push(&store->staged, OUTBOX_HEAD_BYTES + row->size);
		r = record ? 0 : -EAGAIN;
		store->staged_low = store->staged.capacity / 2;
	}
	if (record) {
		memcpy(record->data, &number, OUTBOX_HEAD_BYTES);
		if (row->size > 0)
			memcpy(record->data + OUTBOX_HEAD_BYTES, row->payload, row->size);
		if (timeless)
			outbox_correct_time(
				outbox, &taken_ms, record->data + OUTBOX_HEAD_BYTES, row->size);
		doorbell_ring(&outbox->bell);
	}
	doorbell_unlock(&outbox->bell, &outbox->mutex);
	return r;
}

void outbox_staged_all(struct outbox *outbox, enum outbox_stream stream)
{
	struct outbox_store *store = &outbox->stores[stream];

	(void)pthread_mutex_lock(&outbox->mutex);
	store->staged_low = 0;
	/* All may have been acknowledged before this call. */
	if (used(&store->staged) == 0)
		outbox_signal_spooler(outbox);
	(void)pthread_mutex_unlock(&outbox->mutex);
}

uint64_t outbox_staged_until(struct outbox *outbox, enum outbox_stream stream)
{
	uint64_t until;

	(void)pthread_mutex_lock(&outbox->mutex);
	until = outbox->stores[stream].staged_until;
	(void)pthread_mutex_unlock(&outbox->mutex);
	return until;
}

void outbox_pop_staged(struct outbox *outbox, struct outbox_store *store)
{
	struct ring *ring = &store->staged;
	const struct ring_record *oldest;

	while ((oldest = ring_at(ring, ring->begin)) && oldest->state == DONE) {
		memcpy(&store->staged_until, oldest->data, OUTBOX_HEAD_BYTES);
		ring_pop(ring);
		if (store->spooled > 0)
			store->spooled--;
	}
	if (used(ring) <= store->staged_low)
		outbox_signal_spooler(outbox);
}
