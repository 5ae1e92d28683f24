/* SPDX-License-Identifier: MIT */
/*
 * Answers, and values for whoever listens now. They share a ring; each has a cursor that skips the
 * other kind. Answers wait for a connection, values end with it.
 */
#include "outbox_internal.h"

#include <errno.h>
#include <string.h>

/* Precedes the payload of such a record. Then: topic with NUL, correlation data, payload. */
struct other {
	uint8_t kind; /* enum outbox_kind: ANSWER or VALUE */
	uint8_t qos;
	bool optional;
	uint8_t lost;   /* connections that ended while it was in flight */
	uint8_t blamed; /* those that ended over it */
	uint8_t refused;
	uint16_t topic_size;
	uint16_t correlation_size;
};

static struct other *other_of(struct ring_record *record)
{
	void *data = record->data;

	return data;
}

static void drop_oldest(struct outbox *outbox)
{
	struct ring_record *oldest = ring_at(&outbox->others, outbox->others.begin);

	if (oldest->state != DONE && other_of(oldest)->kind == OUTBOX_KIND_ANSWER) {
		outbox->dropped_in_flight += oldest->state == IN_FLIGHT;
		outbox->dropped += oldest->state != IN_FLIGHT;
	}
	ring_pop(&outbox->others);
}

/* NULL if it would not even fit into an empty ring. */
static struct ring_record *push_dropping(struct outbox *outbox, size_t size)
{
	struct ring_record *record;

	if (ring_bytes_of(size) > outbox->others.capacity)
		return NULL;
	outbox_pop_done(&outbox->others);
	while (!(record = ring_push(&outbox->others, size)))
		drop_oldest(outbox);
	return record;
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
	record = push_dropping(outbox, sizeof(other) + topic_size + to->correlation_size + size);
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

bool outbox_take_answer(struct outbox *outbox, struct outbox_message *message)
{
	return take_other(outbox, OUTBOX_KIND_ANSWER, &outbox->next_answer, message);
}

bool outbox_take_value(struct outbox *outbox, struct outbox_message *message)
{
	return take_other(outbox, OUTBOX_KIND_VALUE, &outbox->next_value, message);
}

void outbox_acknowledge_other(struct outbox *outbox, bool is_answer, uint64_t position)
{
	struct ring_record *record = ring_at(&outbox->others, position);

	if (record && record->position == position && record->state == IN_FLIGHT) {
		record->state = DONE;
		outbox_pop_done(&outbox->others);
	} else if (is_answer && outbox->dropped_in_flight > 0) {
		/* It was dropped while it was in flight, but has arrived. */
		outbox->dropped_in_flight--;
	}
}

bool outbox_postpone_answer(struct outbox *outbox, uint64_t position)
{
	struct ring_record *record = ring_at(&outbox->others, position);

	if (!record || record->position != position || record->state != IN_FLIGHT ||
		++other_of(record)->refused >= OUTBOX_ANSWER_REFUSALS)
		return false;
	record->state = POSTPONED;
	return true;
}

void outbox_retry_answers(struct outbox *outbox)
{
	struct ring_record *record = ring_at(&outbox->others, outbox->others.begin);
	uint64_t end = outbox->next_answer;

	for (; record && record->position < end;
		record = ring_at(&outbox->others, ring_after(record))) {
		if (record->state != POSTPONED)
			continue;
		record->state = WAITING;
		if (record->position < outbox->next_answer)
			outbox->next_answer = record->position;
	}
}

size_t outbox_answering(struct outbox *outbox)
{
	struct ring_record *record;
	size_t n = 0;

	(void)pthread_mutex_lock(&outbox->mutex);
	for (record = ring_at(&outbox->others, outbox->others.begin); record;
		record = ring_at(&outbox->others, ring_after(record)))
		n += record->state != DONE && other_of(record)->kind == OUTBOX_KIND_ANSWER;
	(void)pthread_mutex_unlock(&outbox->mutex);
	return n;
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

void outbox_blame_answer(struct outbox *outbox, uint64_t position)
{
	struct ring_record *record = ring_at(&outbox->others, position);

	if (record && record->position == position && record->state == IN_FLIGHT)
		other_of(record)->blamed++;
}

/*
 * Gives up an answer that makes the broker end the connection, for example because its topic is not
 * allowed. Otherwise every new connection would send it first and end. It is the oldest one in
 * flight, because everything before it was acknowledged. Where the broker ends the connection
 * without acknowledging that, it takes longer to be sure.
 */
static void drop_poison(struct outbox *outbox)
{
	struct ring_record *record = ring_at(&outbox->others, outbox->others.begin);

	while (record && record->state != IN_FLIGHT)
		record = ring_at(&outbox->others, ring_after(record));
	if (!record)
		return;
	if (++other_of(record)->lost < OUTBOX_ANSWER_LOSSES_MAX &&
		other_of(record)->blamed < OUTBOX_ANSWER_LOSSES)
		return;
	record->state = DONE;
	outbox->dropped++;
}

void outbox_disconnect_others(struct outbox *outbox)
{
	drop_values(&outbox->others);
	drop_poison(outbox);
	outbox_take_back(&outbox->others, outbox->others.begin, outbox->next_answer);
	outbox->next_answer = outbox->next_value = outbox->others.begin;
}
