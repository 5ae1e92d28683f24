/* SPDX-License-Identifier: MIT */
/*
 * Two streams, a ring for answers with values, and slots for retained messages.
 *
 * A message's id is its position with its ring in the lowest bits, so acknowledging needs no
 * search. An id whose message was dropped meanwhile is below the ring's begin.
 */
#include "outbox_internal.h"

#include "shared_mutex.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Room for as many events as may wait, with names of some length. */
enum { EVENTS_BYTES = 10 * RING_PIECE };

static const struct outbox_stream_kind KINDS[OUTBOX_STREAMS] = {
	[OUTBOX_READINGS] = {OUTBOX_KIND_READING, OUTBOX_KIND_BACKLOG, false, OUTBOX_PAYLOAD_MAX,
		UINT64_MAX},
	[OUTBOX_EVENTS] = {OUTBOX_KIND_EVENT, OUTBOX_KIND_OLD_EVENT, true, OUTBOX_EVENT_BYTES,
		OUTBOX_EVENTS_MAX},
};

int outbox_new(const struct outbox_settings *settings, struct outbox **ret_outbox)
{
	struct outbox *outbox = calloc(1, sizeof(*outbox));
	int r;

	if (!outbox)
		return -ENOMEM;
	outbox->set_time = settings->set_time;
	shared_mutex_init(&outbox->mutex);
	r = doorbell_init(&outbox->bell);
	if (r == 0)
		r = outbox_store_init(&outbox->stores[OUTBOX_READINGS], &KINDS[OUTBOX_READINGS],
			settings->reading_bytes);
	if (r == 0)
		r = outbox_store_init(
			&outbox->stores[OUTBOX_EVENTS], &KINDS[OUTBOX_EVENTS], EVENTS_BYTES);
	outbox->spool_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (r == 0 && outbox->spool_fd < 0)
		r = -errno;
	if (r == 0)
		r = ring_init(&outbox->others, settings->other_bytes);
	if (r < 0) {
		outbox_free(outbox);
		return r;
	}
	*ret_outbox = outbox;
	return 0;
}

int outbox_fd(const struct outbox *outbox)
{
	return outbox->bell.fd;
}

void outbox_pop_done(struct ring *ring)
{
	const struct ring_record *oldest;

	while ((oldest = ring_at(ring, ring->begin)) && oldest->state == DONE)
		ring_pop(ring);
}

uint64_t outbox_connection(struct outbox *outbox)
{
	uint64_t connection;

	(void)pthread_mutex_lock(&outbox->mutex);
	connection = outbox->connected ? outbox->connections : 0;
	(void)pthread_mutex_unlock(&outbox->mutex);
	return connection;
}

/* Moves what stands behind it, if it has never been as large. */
static void make_slot_room(struct outbox *outbox, enum outbox_slot slot, size_t size)
{
	enum { STEP = 64 };
	_Static_assert(OUTBOX_PAYLOAD_MAX % STEP == 0, "a slot of the largest size has its room");
	struct outbox_slot_content *to = &outbox->slots[slot], *last;
	size_t next = to->at + to->room, more;

	if (size <= to->room)
		return;
	more = (size + STEP - 1) / STEP * STEP - to->room;
	last = &outbox->slots[OUTBOX_SLOTS - 1];
	memmove(outbox->slot_payloads + next + more, outbox->slot_payloads + next,
		last->at + last->room - next);
	for (size_t i = slot + 1; i < OUTBOX_SLOTS; i++)
		outbox->slots[i].at += more;
	to->room += more;
}

int outbox_put_retained(struct outbox *outbox, enum outbox_slot slot, const char *topic,
	const void *payload, size_t size)
{
	struct outbox_slot_content *to = &outbox->slots[slot];

	if (strlen(topic) >= TOPIC_MAX || size > OUTBOX_PAYLOAD_MAX)
		return -EMSGSIZE;
	(void)pthread_mutex_lock(&outbox->mutex);
	strcpy(to->topic, topic);
	make_slot_room(outbox, slot, size);
	if (size > 0)
		memcpy(outbox->slot_payloads + to->at, payload, size);
	to->size = size;
	outbox->slots_due |= 1U << slot;
	outbox->slots_postponed &= ~(1U << slot);
	doorbell_ring(&outbox->bell);
	doorbell_unlock(&outbox->bell, &outbox->mutex);
	return 0;
}

void outbox_repeat_retained(struct outbox *outbox, enum outbox_slot slot)
{
	(void)pthread_mutex_lock(&outbox->mutex);
	if (outbox->slots[slot].topic[0])
		outbox->slots_due |= 1U << slot;
	doorbell_ring(&outbox->bell);
	doorbell_unlock(&outbox->bell, &outbox->mutex);
}

struct outbox_stats outbox_stats(struct outbox *outbox)
{
	const struct outbox_store *readings = &outbox->stores[OUTBOX_READINGS];
	struct outbox_stats stats;

	(void)pthread_mutex_lock(&outbox->mutex);
	stats = (struct outbox_stats){
		.queued = readings->waiting + readings->spooled,
		.in_flight = readings->in_flight,
		.dropped = readings->dropped + outbox->dropped,
		.connections = outbox->connections,
		.events_dropped = outbox->stores[OUTBOX_EVENTS].dropped,
		.rejected = outbox->rejected,
	};
	(void)pthread_mutex_unlock(&outbox->mutex);
	return stats;
}

bool outbox_is_half_full(struct outbox *outbox)
{
	const struct ring *ring = &outbox->stores[OUTBOX_READINGS].ring;
	bool half_full;

	(void)pthread_mutex_lock(&outbox->mutex);
	half_full = ring->end - ring->begin >= ring->capacity / 2;
	(void)pthread_mutex_unlock(&outbox->mutex);
	return half_full;
}

static bool take_retained(struct outbox *outbox, struct outbox_message *message)
{
	for (size_t i = 0; outbox->slots_due >> i; i++) {
		const struct outbox_slot_content *slot = &outbox->slots[i];

		if (!(outbox->slots_due >> i & 1))
			continue;
		outbox->slots_due &= ~(1U << i);
		message->kind = OUTBOX_KIND_RETAINED;
		message->optional = i == OUTBOX_ABOUT;
		message->id = i << SOURCE_BITS | SOURCE_SLOTS;
		message->qos = 1;
		strcpy(message->topic, slot->topic);
		message->correlation_size = 0;
		message->size = slot->size;
		memcpy(message->payload, outbox->slot_payloads + slot->at, slot->size);
		return true;
	}
	return false;
}

/* All but the backlog. */
static bool take_present(struct outbox *outbox, struct outbox_message *message)
{
	if (outbox->greeting)
		outbox->greeting =
			take_retained(outbox, message) || outbox_take_topic(outbox, message);
	return outbox->greeting || outbox_take_answer(outbox, message) ||
		take_retained(outbox, message) ||
		outbox_take_live(outbox, OUTBOX_EVENTS, message) ||
		outbox_take_topic(outbox, message) || outbox_take_announcement(outbox, message) ||
		outbox_take_live(outbox, OUTBOX_READINGS, message) ||
		outbox_take_value(outbox, message);
}

static bool take_backlog(struct outbox *outbox, struct outbox_message *message)
{
	static const enum outbox_stream ORDER[] = {OUTBOX_EVENTS, OUTBOX_READINGS};

	for (size_t i = 0; i < OUTBOX_STREAMS; i++)
		if (outbox_has_backlog(&outbox->stores[ORDER[i]]) &&
			outbox_take_backlog(outbox, ORDER[i], message))
			return true;
	return false;
}

bool outbox_take(struct outbox *outbox, bool with_backlog, struct outbox_message *message)
{
	bool taken;

	(void)pthread_mutex_lock(&outbox->mutex);
	/* The bell stays rung until all of it was taken. */
	taken = (outbox->bell.rung && take_present(outbox, message)) ||
		(with_backlog && take_backlog(outbox, message));
	if (!taken)
		doorbell_clear(&outbox->bell);
	(void)pthread_mutex_unlock(&outbox->mutex);
	return taken;
}

void outbox_acknowledge(struct outbox *outbox, uint64_t id)
{
	enum outbox_source source = id & ((1U << SOURCE_BITS) - 1);
	uint64_t position = id >> SOURCE_BITS;

	(void)pthread_mutex_lock(&outbox->mutex);
	if (source == SOURCE_SLOTS)
		outbox_acknowledge_topic(outbox, position);
	else if (source == SOURCE_ANNOUNCEMENTS)
		outbox_acknowledge_announcement(outbox, position);
	else if (source < SOURCE_STAGED_READINGS)
		outbox_acknowledge_in(outbox, (enum outbox_stream)source, position);
	else if (source < SOURCE_ANSWERS)
		outbox_acknowledge_staged(
			outbox, (enum outbox_stream)(source - SOURCE_STAGED_READINGS), position);
	else
		outbox_acknowledge_other(outbox, source == SOURCE_ANSWERS, position);
	(void)pthread_mutex_unlock(&outbox->mutex);
}

static void postpone_retained(struct outbox *outbox, uint64_t position)
{
	if (position >= OUTBOX_SLOTS)
		outbox_postpone_topic(outbox, position);
	else if (!(outbox->slots_due >> position & 1))
		outbox->slots_postponed |= 1U << position;
}

bool outbox_postpone(struct outbox *outbox, uint64_t id)
{
	enum outbox_source source = id & ((1U << SOURCE_BITS) - 1);
	uint64_t position = id >> SOURCE_BITS;
	bool is_kept = true;

	(void)pthread_mutex_lock(&outbox->mutex);
	if (source < SOURCE_STAGED_READINGS)
		outbox_postpone_in(outbox, (enum outbox_stream)source, position);
	else if (source < SOURCE_ANSWERS)
		outbox_postpone_staged(
			outbox, (enum outbox_stream)(source - SOURCE_STAGED_READINGS), position);
	else if (source == SOURCE_SLOTS)
		postpone_retained(outbox, position);
	else if (source == SOURCE_ANNOUNCEMENTS)
		outbox_postpone_announcement(outbox, position);
	else
		is_kept = source == SOURCE_ANSWERS && outbox_postpone_answer(outbox, position);
	(void)pthread_mutex_unlock(&outbox->mutex);
	return is_kept;
}

static void retry_retained(struct outbox *outbox)
{
	outbox->slots_due |= outbox->slots_postponed;
	outbox->slots_postponed = 0;
	outbox_retry_topics(outbox);
	outbox_retry_announcements(outbox);
}

void outbox_retry(struct outbox *outbox, enum outbox_part part)
{
	(void)pthread_mutex_lock(&outbox->mutex);
	if (part == OUTBOX_PART_RETAINED)
		retry_retained(outbox);
	else if (part == OUTBOX_PART_ANSWERS)
		outbox_retry_answers(outbox);
	if (part != OUTBOX_PART_STREAMS)
		doorbell_ring(&outbox->bell);
	for (size_t i = 0; part == OUTBOX_PART_STREAMS && i < OUTBOX_STREAMS; i++)
		outbox->stores[i].postponed = false;
	doorbell_unlock(&outbox->bell, &outbox->mutex);
}

void outbox_count_rejected(struct outbox *outbox)
{
	(void)pthread_mutex_lock(&outbox->mutex);
	outbox->rejected++;
	(void)pthread_mutex_unlock(&outbox->mutex);
}

void outbox_connected(struct outbox *outbox)
{
	(void)pthread_mutex_lock(&outbox->mutex);
	outbox->connected = true;
	outbox->connections++;
	outbox->greeting = true;
	for (size_t i = 0; i < OUTBOX_SLOTS; i++)
		if (outbox->slots[i].topic[0])
			outbox->slots_due |= 1U << i;
	outbox->slots_postponed = 0;
	outbox_repeat_topics(outbox);
	doorbell_ring(&outbox->bell);
	outbox_signal_spooler(outbox);
	doorbell_unlock(&outbox->bell, &outbox->mutex);
}

void outbox_take_back(struct ring *ring, uint64_t begin, uint64_t end)
{
	struct ring_record *record = ring_at(ring, begin);

	while (record && record->position < end) {
		if (record->state == IN_FLIGHT || record->state == POSTPONED)
			record->state = WAITING;
		record = ring_at(ring, ring_after(record));
	}
}

void outbox_blame(struct outbox *outbox, uint64_t id)
{
	(void)pthread_mutex_lock(&outbox->mutex);
	if ((id & ((1U << SOURCE_BITS) - 1)) == SOURCE_ANSWERS)
		outbox_blame_answer(outbox, id >> SOURCE_BITS);
	(void)pthread_mutex_unlock(&outbox->mutex);
}

void outbox_disconnected(struct outbox *outbox)
{
	(void)pthread_mutex_lock(&outbox->mutex);
	outbox->connected = false;
	outbox->dropped += outbox->dropped_in_flight;
	outbox->dropped_in_flight = 0;

	for (size_t i = 0; i < OUTBOX_STREAMS; i++)
		outbox_disconnect_store(&outbox->stores[i]);
	outbox_signal_spooler(outbox);

	outbox_drop_announcements(outbox);
	outbox_disconnect_others(outbox);
	(void)pthread_mutex_unlock(&outbox->mutex);
}

struct outbox *outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return NULL;
	doorbell_fini(&outbox->bell);
	for (size_t i = 0; i < OUTBOX_STREAMS; i++)
		outbox_store_fini(&outbox->stores[i]);
	if (outbox->spool_fd >= 0)
		(void)close(outbox->spool_fd);
	ring_fini(&outbox->others);
	outbox_drop_announcements(outbox);
	(void)pthread_mutex_destroy(&outbox->mutex);
	free(outbox);
	return NULL;
}
