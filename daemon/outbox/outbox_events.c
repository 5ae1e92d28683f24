/* SPDX-License-Identifier: MIT */
/*
 * Events lie in a ring like readings: backlog before live ones, each with a cursor. They are small
 * and rare, so all that may be kept is kept in memory. The state of each input has a slot of its
 * own.
 */
#include "outbox_internal.h"

#include <errno.h>
#include <string.h>

/* The time stamp, before the payload. */
enum { HEAD_BYTES = sizeof(uint64_t) };

static void drop_oldest(struct outbox_events *events)
{
	const struct ring_record *oldest = ring_at(&events->ring, events->ring.begin);

	if (oldest->state != DONE) {
		events->waiting--;
		if (oldest->state == IN_FLIGHT)
			events->dropped_in_flight++;
		else
			events->dropped++;
	}
	ring_pop(&events->ring);
}

int outbox_put_event(struct outbox *outbox, uint64_t taken_ms, const void *payload, size_t size)
{
	struct outbox_events *events = &outbox->events;
	struct ring_record *record;

	if (size > OUTBOX_EVENT_BYTES)
		return -EMSGSIZE;
	(void)pthread_mutex_lock(&outbox->mutex);
	outbox_pop_done(&events->ring);
	while (events->waiting >= OUTBOX_EVENTS_MAX)
		drop_oldest(events);
	while (!(record = ring_push(&events->ring, HEAD_BYTES + size)))
		drop_oldest(events);
	memcpy(record->data, &taken_ms, HEAD_BYTES);
	memcpy(record->data + HEAD_BYTES, payload, size);
	events->waiting++;
	if (!outbox->connected)
		events->live_begin = events->next_live = events->ring.end;
	doorbell_ring(&outbox->bell);
	doorbell_unlock(&outbox->bell, &outbox->mutex);
	return 0;
}

static bool take(struct outbox_events *events, uint64_t end, uint64_t *cursor,
	struct outbox_message *message)
{
	struct ring_record *record;

	if (ring_ends_at(&events->ring, *cursor))
		return false;
	do {
		record = ring_at(&events->ring, *cursor);
		if (!record || record->position >= end)
			return false;
		*cursor = ring_after(record);
	} while (record->state != WAITING);

	record->state = IN_FLIGHT;
	message->optional = true;
	message->id = record->position << SOURCE_BITS | SOURCE_EVENTS;
	message->qos = 1;
	message->topic[0] = '\0';
	message->correlation_size = 0;
	message->size = record->size - HEAD_BYTES;
	memcpy(message->payload, record->data + HEAD_BYTES, message->size);
	return true;
}

bool outbox_take_event(struct outbox *outbox, struct outbox_message *message)
{
	struct outbox_events *events = &outbox->events;

	message->kind = OUTBOX_KIND_EVENT;
	return take(events, events->ring.end, &events->next_live, message);
}

bool outbox_take_old_event(struct outbox *outbox, struct outbox_message *message)
{
	struct outbox_events *events = &outbox->events;

	message->kind = OUTBOX_KIND_OLD_EVENT;
	return !outbox->clock_awaited &&
		take(events, events->live_begin, &events->next_backlog, message);
}

void outbox_acknowledge_event(struct outbox *outbox, uint64_t position)
{
	struct outbox_events *events = &outbox->events;
	struct ring_record *record = ring_at(&events->ring, position);

	if (record && record->position == position && record->state == IN_FLIGHT) {
		record->state = DONE;
		events->waiting--;
		outbox_pop_done(&events->ring);
	} else if (events->dropped_in_flight > 0) {
		/* It was dropped while it was in flight, but has arrived. */
		events->dropped_in_flight--;
	}
}

void outbox_take_back_events(struct outbox *outbox)
{
	struct outbox_events *events = &outbox->events;
	struct ring_record *record = ring_at(&events->ring, events->ring.begin);

	for (; record; record = ring_at(&events->ring, ring_after(record)))
		if (record->state == IN_FLIGHT)
			record->state = WAITING;
	events->dropped += events->dropped_in_flight;
	events->dropped_in_flight = 0;
	events->live_begin = events->next_live = events->ring.end;
	events->next_backlog = events->ring.begin;
}

int outbox_put_input(
	struct outbox *outbox, size_t index, const char *topic, const void *payload, size_t size)
{
	struct outbox_input *input;

	if (index >= OUTBOX_INPUTS_MAX || strlen(topic) >= TOPIC_MAX ||
		size > sizeof(input->payload))
		return -EMSGSIZE;
	input = &outbox->inputs[index];
	(void)pthread_mutex_lock(&outbox->mutex);
	strcpy(input->topic, topic);
	memcpy(input->payload, payload, size);
	input->size = size;
	input->due = true;
	if (index >= outbox->n_inputs)
		outbox->n_inputs = index + 1;
	doorbell_ring(&outbox->bell);
	doorbell_unlock(&outbox->bell, &outbox->mutex);
	return 0;
}

void outbox_forget_inputs(struct outbox *outbox)
{
	(void)pthread_mutex_lock(&outbox->mutex);
	for (size_t i = 0; i < outbox->n_inputs; i++)
		outbox->inputs[i] = (struct outbox_input){.topic = ""};
	outbox->n_inputs = 0;
	(void)pthread_mutex_unlock(&outbox->mutex);
}

void outbox_repeat_inputs(struct outbox *outbox)
{
	for (size_t i = 0; i < outbox->n_inputs; i++)
		outbox->inputs[i].due = outbox->inputs[i].topic[0] != '\0';
}

bool outbox_take_input(struct outbox *outbox, struct outbox_message *message)
{
	for (size_t i = 0; i < outbox->n_inputs; i++) {
		struct outbox_input *input = &outbox->inputs[i];

		if (!input->due)
			continue;
		input->due = false;
		message->kind = OUTBOX_KIND_RETAINED;
		message->optional = true;
		message->id = SOURCE_SLOTS;
		message->qos = 1;
		strcpy(message->topic, input->topic);
		message->correlation_size = 0;
		message->size = input->size;
		memcpy(message->payload, input->payload, input->size);
		return true;
	}
	return false;
}
