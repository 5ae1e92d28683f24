/* SPDX-License-Identifier: MIT */
/*
 * Rings for readings, events, and answers with values; slots for retained messages. The special
 * features of events are in outbox_events.c.
 *
 * Readings lie in the order in which they were taken, so backlog always lies before live readings:
 * the position live_begin separates them. A cursor in each part says how far the link has been
 * given records. Records in flight or acknowledged are therefore before a cursor, records that wait
 * are after it, and taking the next one never searches. The oldest end advances over acknowledged
 * records.
 *
 * Answers and values share a ring; each has a cursor that skips the other kind.
 *
 * A message's id is its position with its ring in the lowest bits, so acknowledging needs no search
 * either. An id whose message was dropped meanwhile is below the ring's begin.
 *
 * Rows from the disk pass through a ring of their own on their way to the broker; see
 * outbox_spool.c.
 */
#include "outbox_internal.h"

#include "shared_mutex.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* For rows on their way from the disk to the broker: two of the largest. */
enum { STAGED_BYTES = 2 * (OUTBOX_PAYLOAD_MAX + 32) };

/* Room for as many events as may wait, with names of some length. */
enum { EVENTS_BYTES = 10 * RING_PIECE };

/* Precedes the payload of such a record. Then: topic with NUL, correlation data, payload. */
struct other {
	uint8_t kind; /* enum outbox_kind: ANSWER or VALUE */
	uint8_t qos;
	bool optional;
	uint8_t lost; /* connections that ended while it was in flight */
	uint16_t topic_size;
	uint16_t correlation_size;
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
		r = ring_init(&outbox->readings, settings->reading_bytes);
	outbox->spool_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (r == 0 && outbox->spool_fd < 0)
		r = -errno;
	if (r == 0)
		r = ring_init(&outbox->others, settings->other_bytes);
	if (r == 0)
		r = ring_init(&outbox->staged, STAGED_BYTES);
	if (r == 0)
		r = ring_init(&outbox->events.ring, EVENTS_BYTES);
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

static struct other *other_of(struct ring_record *record)
{
	void *data = record->data;

	return data;
}

void outbox_pop_done(struct ring *ring)
{
	const struct ring_record *oldest;

	while ((oldest = ring_at(ring, ring->begin)) && oldest->state == DONE)
		ring_pop(ring);
}

/* Drops the oldest record to make room. */
static void drop_oldest(struct outbox *outbox, struct ring *ring)
{
	struct ring_record *oldest = ring_at(ring, ring->begin);
	bool is_reading = ring == &outbox->readings;

	if (oldest->state != DONE && (is_reading || other_of(oldest)->kind == OUTBOX_KIND_ANSWER)) {
		if (oldest->state == IN_FLIGHT)
			outbox->dropped_in_flight++;
		else if (oldest->state == SPILLING)
			outbox->dropped_spilling++;
		else
			outbox->dropped++;
	}
	if (oldest->state != DONE && is_reading)
		outbox->queued--;
	if (oldest->state == IN_FLIGHT && is_reading)
		outbox->in_flight--;
	ring_pop(ring);
}

/* NULL if it would not even fit into an empty ring. */
static struct ring_record *push_dropping(struct outbox *outbox, struct ring *ring, size_t size)
{
	struct ring_record *record;

	if (ring_bytes_of(size) > ring->capacity)
		return NULL;
	outbox_pop_done(ring);
	while (!(record = ring_push(ring, size)))
		drop_oldest(outbox, ring);
	return record;
}

int outbox_put_reading(struct outbox *outbox, uint64_t taken_ms, const void *payload, size_t size)
{
	struct ring_record *record;

	if (size > OUTBOX_PAYLOAD_MAX)
		return -EMSGSIZE;
	(void)pthread_mutex_lock(&outbox->mutex);
	record = push_dropping(outbox, &outbox->readings, sizeof(taken_ms) + size);
	if (record) {
		memcpy(record->data, &taken_ms, sizeof(taken_ms));
		if (size > 0)
			memcpy(record->data + sizeof(taken_ms), payload, size);
		outbox->queued++;
		if (!outbox->connected)
			outbox->live_begin = outbox->next_live = outbox->readings.end;
		doorbell_ring(&outbox->bell);
	}
	doorbell_unlock(&outbox->bell, &outbox->mutex);
	return record ? 0 : -EMSGSIZE;
}

static int put_other(struct outbox *outbox, enum outbox_kind kind, const struct outbox_address *to,
	const void *payload, size_t size)
{
	size_t topic_size = strlen(to->topic) + 1;
	struct other other = {
		.kind = (uint8_t)kind,
		.qos = (uint8_t)to->qos,
		.optional = to->optional,
		.topic_size = (uint16_t)topic_size,
		.correlation_size = (uint16_t)to->correlation_size,
	};
	struct ring_record *record;
	uint8_t *out;

	if (topic_size > TOPIC_MAX || to->correlation_size > OUTBOX_CORRELATION_MAX ||
		size > OUTBOX_PAYLOAD_MAX)
		return -EMSGSIZE;
	record = push_dropping(
		outbox, &outbox->others, sizeof(other) + topic_size + to->correlation_size + size);
	if (!record)
		return -EMSGSIZE;
	out = record->data;
	out = mempcpy(out, &other, sizeof(other));
	out = mempcpy(out, to->topic, topic_size);
	if (to->correlation_size > 0)
		out = mempcpy(out, to->correlation, to->correlation_size);
	if (size > 0)
		memcpy(out, payload, size);
	doorbell_ring(&outbox->bell);
	return 0;
}

int outbox_put_answer(
	struct outbox *outbox, const struct outbox_address *to, const void *payload, size_t size)
{
	int r;

	(void)pthread_mutex_lock(&outbox->mutex);
	r = put_other(outbox, OUTBOX_KIND_ANSWER, to, payload, size);
	doorbell_unlock(&outbox->bell, &outbox->mutex);
	return r;
}

int outbox_put_value(
	struct outbox *outbox, const struct outbox_address *to, const void *payload, size_t size)
{
	int r = 0;

	(void)pthread_mutex_lock(&outbox->mutex);
	if (outbox->connected)
		r = put_other(outbox, OUTBOX_KIND_VALUE, to, payload, size);
	doorbell_unlock(&outbox->bell, &outbox->mutex);
	return r;
}

uint64_t outbox_connection(struct outbox *outbox)
{
	uint64_t connection;

	(void)pthread_mutex_lock(&outbox->mutex);
	connection = outbox->connected ? outbox->connections : 0;
	(void)pthread_mutex_unlock(&outbox->mutex);
	return connection;
}

int outbox_put_retained(struct outbox *outbox, enum outbox_slot slot, const char *topic,
	const void *payload, size_t size)
{
	struct outbox_slot_content *to = &outbox->slots[slot];

	if (strlen(topic) >= TOPIC_MAX || size > OUTBOX_PAYLOAD_MAX)
		return -EMSGSIZE;
	(void)pthread_mutex_lock(&outbox->mutex);
	strcpy(to->topic, topic);
	if (size > 0)
		memcpy(to->payload, payload, size);
	to->size = size;
	to->due = true;
	doorbell_ring(&outbox->bell);
	doorbell_unlock(&outbox->bell, &outbox->mutex);
	return 0;
}

struct outbox_stats outbox_stats(struct outbox *outbox)
{
	struct outbox_stats stats;

	(void)pthread_mutex_lock(&outbox->mutex);
	stats = (struct outbox_stats){
		.queued = outbox->queued + outbox->spooled,
		.in_flight = outbox->in_flight,
		.dropped = outbox->dropped,
		.connections = outbox->connections,
		.events_dropped = outbox->events.dropped,
		.rejected = outbox->rejected,
	};
	(void)pthread_mutex_unlock(&outbox->mutex);
	return stats;
}

bool outbox_is_half_full(struct outbox *outbox)
{
	const struct ring *ring = &outbox->readings;
	bool half_full;

	(void)pthread_mutex_lock(&outbox->mutex);
	half_full = ring->end - ring->begin >= ring->capacity / 2;
	(void)pthread_mutex_unlock(&outbox->mutex);
	return half_full;
}

static bool take_retained(struct outbox *outbox, struct outbox_message *message)
{
	for (size_t i = 0; i < OUTBOX_SLOTS; i++) {
		struct outbox_slot_content *slot = &outbox->slots[i];

		if (!slot->due)
			continue;
		slot->due = false;
		message->kind = OUTBOX_KIND_RETAINED;
		message->optional = false;
		message->id = SOURCE_SLOTS;
		message->qos = 1;
		strcpy(message->topic, slot->topic);
		message->correlation_size = 0;
		message->size = slot->size;
		memcpy(message->payload, slot->payload, slot->size);
		return true;
	}
	return false;
}

/* Takes the next record of that kind at or after the cursor, and moves the cursor past it. */
static bool take_other(struct outbox *outbox, enum outbox_kind kind, uint64_t *cursor,
	struct outbox_message *message)
{
	struct ring_record *record;
	const struct other *other;
	const uint8_t *in;

	if (ring_ends_at(&outbox->others, *cursor))
		return false;
	do {
		record = ring_at(&outbox->others, *cursor);
		if (!record)
			return false;
		*cursor = ring_after(record);
	} while (record->state != WAITING || other_of(record)->kind != kind);

	record->state = IN_FLIGHT;
	other = other_of(record);
	in = record->data + sizeof(*other);
	message->kind = kind;
	message->id = record->position << SOURCE_BITS |
		(kind == OUTBOX_KIND_ANSWER ? SOURCE_ANSWERS : SOURCE_VALUES);
	message->qos = other->qos;
	message->optional = other->optional;
	memcpy(message->topic, in, other->topic_size);
	in += other->topic_size;
	memcpy(message->correlation, in, other->correlation_size);
	message->correlation_size = other->correlation_size;
	in += other->correlation_size;
	message->size = (size_t)(record->data + record->size - in);
	memcpy(message->payload, in, message->size);
	return true;
}

/* Takes the next record of a ring at or after the cursor, before position end, to be sent as a
 * reading. The 8 bytes before its payload are not sent. */
static bool take_reading(
	struct ring *ring, uint64_t end, uint64_t *cursor, struct outbox_message *message)
{
	struct ring_record *record;

	if (ring_ends_at(ring, *cursor))
		return false;
	do {
		record = ring_at(ring, *cursor);
		if (!record || record->position >= end)
			return false;
		*cursor = ring_after(record);
	} while (record->state != WAITING);

	record->state = IN_FLIGHT;
	message->optional = false;
	message->id = record->position << SOURCE_BITS;
	message->qos = 1;
	message->topic[0] = '\0';
	message->correlation_size = 0;
	message->size = record->size - sizeof(uint64_t);
	memcpy(message->payload, record->data + sizeof(uint64_t), message->size);
	return true;
}

static bool take_live(struct outbox *outbox, struct outbox_message *message)
{
	struct ring *ring = &outbox->readings;

	message->kind = OUTBOX_KIND_READING;
	if (!take_reading(ring, ring->end, &outbox->next_live, message))
		return false;
	outbox->in_flight++;
	message->id |= SOURCE_READINGS;
	return true;
}

/* Rows on disk are older than everything in memory, so they come first. */
static bool take_backlog(struct outbox *outbox, struct outbox_message *message)
{
	struct ring *staged = &outbox->staged;

	message->kind = OUTBOX_KIND_BACKLOG;
	if (take_reading(staged, staged->end, &outbox->next_staged, message)) {
		message->id |= SOURCE_STAGED;
		return true;
	}
	if (outbox->held || outbox->clock_awaited ||
		!take_reading(
			&outbox->readings, outbox->live_begin, &outbox->next_backlog, message))
		return false;
	outbox->in_flight++;
	message->id |= SOURCE_READINGS;
	return true;
}

bool outbox_take(struct outbox *outbox, bool with_backlog, struct outbox_message *message)
{
	bool taken;

	(void)pthread_mutex_lock(&outbox->mutex);
	if (outbox->greeting)
		outbox->greeting =
			take_retained(outbox, message) || outbox_take_input(outbox, message);
	taken = outbox->greeting ||
		take_other(outbox, OUTBOX_KIND_ANSWER, &outbox->next_answer, message) ||
		take_retained(outbox, message) || outbox_take_event(outbox, message) ||
		outbox_take_input(outbox, message) || take_live(outbox, message) ||
		take_other(outbox, OUTBOX_KIND_VALUE, &outbox->next_value, message) ||
		(with_backlog &&
			(outbox_take_old_event(outbox, message) || take_backlog(outbox, message)));
	if (!taken)
		doorbell_clear(&outbox->bell);
	(void)pthread_mutex_unlock(&outbox->mutex);
	return taken;
}

static struct ring *ring_of(struct outbox *outbox, enum outbox_source source)
{
	switch (source) {
	case SOURCE_READINGS:
		return &outbox->readings;
	case SOURCE_STAGED:
		return &outbox->staged;
	default:
		return &outbox->others;
	}
}

void outbox_acknowledge(struct outbox *outbox, uint64_t id)
{
	enum outbox_source source = id & ((1U << SOURCE_BITS) - 1);
	uint64_t position = id >> SOURCE_BITS;
	struct ring *ring = ring_of(outbox, source);
	struct ring_record *record;

	if (source == SOURCE_SLOTS)
		return;
	(void)pthread_mutex_lock(&outbox->mutex);
	record = ring_at(ring, position);
	if (source == SOURCE_EVENTS) {
		outbox_acknowledge_event(outbox, position);
	} else if (record && record->position == position && record->state == IN_FLIGHT) {
		record->state = DONE;
		if (source == SOURCE_READINGS) {
			outbox->queued--;
			outbox->in_flight--;
		}
		if (source == SOURCE_STAGED)
			outbox_pop_staged(outbox);
		else
			outbox_pop_done(ring);
	} else if (source != SOURCE_VALUES && outbox->dropped_in_flight > 0) {
		/* It was dropped while it was in flight, but has arrived. */
		outbox->dropped_in_flight--;
	}
	(void)pthread_mutex_unlock(&outbox->mutex);
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
		outbox->slots[i].due = outbox->slots[i].topic[0] != '\0';
	outbox_repeat_inputs(outbox);
	doorbell_ring(&outbox->bell);
	outbox_signal_spooler(outbox);
	doorbell_unlock(&outbox->bell, &outbox->mutex);
}

/* Makes records in flight wait again, since nobody can acknowledge them any more. */
static void take_back(struct ring *ring, uint64_t begin, uint64_t end)
{
	struct ring_record *record = ring_at(ring, begin);

	while (record && record->position < end) {
		if (record->state == IN_FLIGHT)
			record->state = WAITING;
		record = ring_at(ring, ring_after(record));
	}
}

static void drop_values(struct ring *ring)
{
	struct ring_record *record = ring_at(ring, ring->begin);

	while (record) {
		if (other_of(record)->kind == OUTBOX_KIND_VALUE)
			record->state = DONE;
		record = ring_at(ring, ring_after(record));
	}
	outbox_pop_done(ring);
}

/*
 * Gives up an answer that makes the broker end the connection, for example because its topic is not
 * allowed. Otherwise every new connection would send it first and end. It is the oldest one in
 * flight, because everything before it was acknowledged.
 */
static void drop_poison(struct outbox *outbox)
{
	struct ring_record *record = ring_at(&outbox->others, outbox->others.begin);

	while (record && record->state != IN_FLIGHT)
		record = ring_at(&outbox->others, ring_after(record));
	if (!record || ++other_of(record)->lost < OUTBOX_ANSWER_LOSSES)
		return;
	record->state = DONE;
	outbox->dropped++;
}

void outbox_disconnected(struct outbox *outbox)
{
	(void)pthread_mutex_lock(&outbox->mutex);
	outbox->connected = false;
	outbox->dropped += outbox->dropped_in_flight;
	outbox->dropped_in_flight = 0;

	take_back(&outbox->readings, outbox->readings.begin, outbox->next_backlog);
	take_back(&outbox->readings, outbox->live_begin, outbox->next_live);
	outbox->live_begin = outbox->next_live = outbox->readings.end;
	outbox->next_backlog = outbox->readings.begin;
	outbox->in_flight = 0;

	/* The staged rows are still on disk, after outbox->staged_until. */
	outbox->staged.begin = outbox->next_staged = outbox->staged.end;
	outbox_signal_spooler(outbox);

	outbox_take_back_events(outbox);
	drop_values(&outbox->others);
	drop_poison(outbox);
	take_back(&outbox->others, outbox->others.begin, outbox->next_answer);
	outbox->next_answer = outbox->next_value = outbox->others.begin;
	(void)pthread_mutex_unlock(&outbox->mutex);
}

struct outbox *outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return NULL;
	doorbell_fini(&outbox->bell);
	ring_fini(&outbox->readings);
	if (outbox->spool_fd >= 0)
		(void)close(outbox->spool_fd);
	ring_fini(&outbox->others);
	ring_fini(&outbox->staged);
	ring_fini(&outbox->events.ring);
	(void)pthread_mutex_destroy(&outbox->mutex);
	free(outbox);
	return NULL;
}
