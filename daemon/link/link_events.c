/* SPDX-License-Identifier: MIT */
#include "link_internal.h"

#include "clock.h"
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The largest record of a message. */
enum {
	MESSAGE_MAX = sizeof(struct link_event) + LINK_LEVELS_MAX + LINK_TOPIC_MAX +
		LINK_CORRELATION_MAX + LINK_PAYLOAD_MAX
};

int link_events_init(struct link_events *events, struct queue *queue)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	*events = (struct link_events){.queue = queue, .room_fd = fd};
	return 0;
}

void link_events_fini(struct link_events *events)
{
	if (events->room_fd >= 0)
		(void)close(events->room_fd);
}

void link_events_room(struct link_events *events)
{
	eventfd_t count;

	(void)eventfd_read(events->room_fd, &count);
	events->full = false;
}

void link_events_set_state(struct link_events *events, enum link_event_kind state)
{
	events->state_due = true;
	events->hearing_due = false;
	events->state = state;
	events->state_us = clock_now_us();
	if (state == LINK_EVENT_CONNECTED)
		events->connections++;
}

void link_events_set_hearing(struct link_events *events)
{
	events->is_deaf = false;
	events->hearing_due = true;
}

void link_events_set_broker(
	struct link_events *events, const char *texts, size_t size, size_t packet_max)
{
	memcpy(events->broker, texts, size);
	events->broker_size = size;
	events->packet_max = packet_max;
	events->broker_due = true;
}

static void wait_for_room(struct link_events *events)
{
	events->full = true;
	queue_want_room(events->queue, events->room_fd);
}

static bool push_with(struct link_events *events, enum link_event_kind kind, uint64_t at_us,
	const char *payload, size_t size)
{
	const struct link_event event = {
		.kind = kind,
		.at_us = at_us,
		.payload_size = (uint32_t)size,
		.packet_max = events->packet_max,
		.is_deaf = events->is_deaf,
	};
	const struct queue_part parts[] = {{&event, sizeof(event)}, {payload, size}};

	if (queue_push(events->queue, parts, size > 0 ? 2 : 1) < 0) {
		wait_for_room(events);
		return false;
	}
	return true;
}

static bool push(struct link_events *events, enum link_event_kind kind, uint64_t at_us)
{
	return push_with(events, kind, at_us, NULL, 0);
}

bool link_events_flush(struct link_events *events)
{
	if (events->full)
		return false;
	if (events->state_due) {
		if (!push(events, events->state, events->state_us))
			return false;
		events->state_due = false;
	}
	if (events->hearing_due) {
		if (!push(events, LINK_EVENT_HEARING, clock_now_us()))
			return false;
		events->hearing_due = false;
	}
	if (events->broker_due) {
		if (!push_with(events, LINK_EVENT_BROKER, clock_now_us(), events->broker,
			    events->broker_size))
			return false;
		events->broker_due = false;
	}
	if (events->heard_due) {
		if (!push(events, LINK_EVENT_HEARD, events->heard_us))
			return false;
		events->heard_due = false;
	}
	if (events->pong_due) {
		if (!push(events, LINK_EVENT_PONG, clock_now_us()))
			return false;
		events->pong_due = false;
	}
	return true;
}

bool link_events_has_room(struct link_events *events)
{
	if (!link_events_flush(events))
		return false;
	if (queue_has_room(events->queue, MESSAGE_MAX))
		return true;
	wait_for_room(events);
	return false;
}

void link_events_push_message(struct link_events *events, unsigned topic, const char *levels,
	const struct mqtt_inbound *inbound)
{
	struct link_event event = {
		.kind = LINK_EVENT_MESSAGE,
		.at_us = clock_now_us(),
		.topic = topic,
		.retained = inbound->retained,
		.repeated = inbound->repeated,
		.true_size = inbound->size,
	};
	struct queue_part parts[7] = {{&event, sizeof(event)}};

	event.payload_size =
		(uint32_t)(inbound->size < LINK_PAYLOAD_MAX ? inbound->size : LINK_PAYLOAD_MAX);
	if (levels) {
		size_t size = strnlen(levels, LINK_LEVELS_MAX - 1);

		event.levels_size = (uint16_t)(size + 1);
		parts[1] = (struct queue_part){levels, size};
		parts[2] = (struct queue_part){"", 1};
	}
	event.response_topic_too_long = inbound->response_topic_size >= LINK_TOPIC_MAX;
	event.correlation_too_long = inbound->correlation_size > LINK_CORRELATION_MAX;
	if (inbound->response_topic_size > 0 && !event.response_topic_too_long) {
		event.response_topic_size = (uint16_t)(inbound->response_topic_size + 1);
		parts[3] =
			(struct queue_part){inbound->response_topic, inbound->response_topic_size};
		parts[4] = (struct queue_part){"", 1};
	}
	if (!event.correlation_too_long) {
		event.correlation_size = (uint16_t)inbound->correlation_size;
		parts[5] = (struct queue_part){inbound->correlation, inbound->correlation_size};
	}
	parts[6] = (struct queue_part){inbound->payload, event.payload_size};
	/* There is room: link_events_has_room() said so, and only this thread pushes. */
	(void)queue_push(events->queue, parts, sizeof(parts) / sizeof(*parts));
}
