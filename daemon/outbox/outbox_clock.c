/* SPDX-License-Identifier: MIT */
#include "outbox_internal.h"

#include "clock.h"
#include <string.h>

void outbox_wait_for_clock(struct outbox *outbox, bool wait)
{
	(void)pthread_mutex_lock(&outbox->mutex);
	if (outbox->clock_awaited && !wait) {
		doorbell_ring(&outbox->bell);
		outbox_signal_spooler(outbox);
	}
	outbox->clock_awaited = wait;
	doorbell_unlock(&outbox->bell, &outbox->mutex);
}

void outbox_correct_time(
	const struct outbox *outbox, uint64_t *taken_ms, void *payload, size_t size)
{
	if (outbox->clock_offset_ms == 0 || clock_is_set(*taken_ms))
		return;
	*taken_ms += outbox->clock_offset_ms;
	if (outbox->set_time)
		(void)outbox->set_time(payload, size, *taken_ms);
}

/* Corrects everything that waits in a ring whose records begin with their time. */
static void correct_ring(const struct outbox *outbox, struct ring *ring)
{
	struct ring_record *record;
	uint64_t taken_ms;

	for (record = ring_at(ring, ring->begin); record;
		record = ring_at(ring, ring_after(record))) {
		if (record->state == DONE)
			continue;
		memcpy(&taken_ms, record->data, sizeof(taken_ms));
		outbox_correct_time(outbox, &taken_ms, record->data + sizeof(taken_ms),
			record->size - sizeof(taken_ms));
		memcpy(record->data, &taken_ms, sizeof(taken_ms));
	}
}

void outbox_set_clock(struct outbox *outbox, uint64_t offset_ms)
{
	(void)pthread_mutex_lock(&outbox->mutex);
	outbox->clock_offset_ms = offset_ms;
	for (size_t i = 0; i < OUTBOX_STREAMS; i++)
		correct_ring(outbox, &outbox->stores[i].ring);
	(void)pthread_mutex_unlock(&outbox->mutex);
	outbox_wait_for_clock(outbox, false);
}
