/* SPDX-License-Identifier: MIT */
/*
 * Messages that must reach the broker. Any thread puts them in, the link takes them out, and nobody
 * ever waits for the network.
 *
 * There are six kinds, and announcements. The link is given the kinds in this order:
 *
 *   retained  One slot for each topic of which only the newest message matters. Every new
 *             connection publishes all of them again before anything else, in the order of the
 *             slots. Later changes come after the answers.
 *   answers   To commands. Kept until acknowledged, bounded, the oldest dropped first. If three
 *             connections end over the same answer, it is dropped: it is the cause. So is one that
 *             was refused for now five times: nobody waits for it any more.
 *   events    Kept until acknowledged, up to OUTBOX_EVENTS_MAX of them, the oldest dropped first
 *             and counted.
 *   readings  Kept until acknowledged, bounded in bytes, the oldest dropped first and counted.
 *   values    Single values and structs. They only matter now: dropped without a connection.
 *   backlog   Events, then readings, that were put in without a connection, whose connection ended
 *             before the acknowledgement, or that the broker refused for now. They go out on the
 *             backlog topics, oldest first, and nothing live ever waits behind them.
 *
 * There are three ways to send something retained:
 *
 *   outbox_put_retained()  A topic that every gateway has (status, state, health, about): a slot of
 *                          enum outbox_slot, with room for OUTBOX_PAYLOAD_MAX.
 *   outbox_put_topic()     A topic for each input or output: many, with a few bytes each. Those
 *                          that leave the map are cleared.
 *   outbox_announce()      Large, seldom, and made anew for each connection, as what Home Assistant
 *                          is told: it takes memory only until it is acknowledged.
 *
 * Putting copies the message. outbox_new() allocates all memory, but a page is only in use once it
 * was written to. Any thread may call the functions, except outbox_take() and those after it, which
 * belong to the link.
 */
#pragma once

#include "topic.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Messages that are kept until they are acknowledged, even in an outage. */
enum outbox_stream { OUTBOX_READINGS, OUTBOX_EVENTS, OUTBOX_STREAMS };

enum outbox_slot { OUTBOX_STATUS, OUTBOX_STATE, OUTBOX_HEALTH, OUTBOX_ABOUT, OUTBOX_SLOTS };

enum {
	OUTBOX_PAYLOAD_MAX = 64 * 1024,
	OUTBOX_CORRELATION_MAX = 1024,
	OUTBOX_ANSWER_LOSSES = 3, /* see answers above */
	/* Of connections that ended with it in flight, whatever was to blame. */
	OUTBOX_ANSWER_LOSSES_MAX = 24,
	OUTBOX_ANSWER_REFUSALS = 5,
	OUTBOX_EVENTS_MAX = 4096,
	OUTBOX_EVENT_BYTES = 192, /* for a payload */
	OUTBOX_INPUTS_MAX = 64,
	OUTBOX_OUTPUTS_MAX = 128,
	OUTBOX_CLEARED_MAX = 128,
};

struct outbox_settings {
	size_t reading_bytes; /* memory for readings; each takes 24 bytes more than its payload */
	size_t other_bytes;   /* memory for answers and values */
	/*
	 * Writes the time into the payload of a reading or event that was put in without one, see
	 * outbox_set_clock(). The size stays the same. False: the payload has a time, or no place
	 * for one. Any thread may call it, under a lock: it must not block. NULL: no payload has a
	 * place.
	 */
	bool (*set_time)(void *payload, size_t size, uint64_t wall_ms);
};

struct outbox;

int outbox_new(const struct outbox_settings *settings, struct outbox **ret_outbox);

/* Readable after a put, or after outbox_connected(), until outbox_take() finds nothing. */
int outbox_fd(const struct outbox *outbox);

/* taken_ms: the reading's time stamp. 0, or -EMSGSIZE. */
int outbox_put_reading(struct outbox *outbox, uint64_t taken_ms, const void *payload, size_t size);

/* The same for an event. */
int outbox_put_event(struct outbox *outbox, uint64_t taken_ms, const void *payload, size_t size);

/* Small retained messages, in this order. */
enum outbox_topics {
	OUTBOX_CLEARED_TOPICS, /* outbox_clear_topic() alone */
	OUTBOX_INPUT_TOPICS,   /* below OUTBOX_INPUTS_MAX */
	OUTBOX_OUTPUT_TOPICS,  /* below OUTBOX_OUTPUTS_MAX */
	OUTBOX_TOPIC_GROUPS
};

struct outbox_topic_id {
	enum outbox_topics group;
	size_t index;
};

/* The state of an input or an output: retained, in a slot of its own. The same once more is not
 * published again. 0, or -EMSGSIZE. */
int outbox_put_topic(struct outbox *outbox, const struct outbox_topic_id *id, const char *topic,
	const void *payload, size_t size);

/*
 * Empties the slots of a group, for another map, and clears what the broker has kept of a topic for
 * which is_kept() returns false.
 */
void outbox_forget_topics(struct outbox *outbox, enum outbox_topics group,
	bool (*is_kept)(const void *context, const char *topic), const void *context);

/* Clears what the broker has kept of a topic. Of more than OUTBOX_CLEARED_MAX at once, some are
 * given up. */
void outbox_clear_topic(struct outbox *outbox, const char *topic);

/*
 * A retained message of any size up to OUTBOX_PAYLOAD_MAX, optional; an empty one clears the topic.
 * Sent once on this connection, in the order of the calls, and gone with it or when it is
 * acknowledged. Without a connection it is dropped. 0, -EMSGSIZE, -ENOMEM, -ENOTCONN. Allocates:
 * not for real-time threads.
 */
int outbox_announce(struct outbox *outbox, const char *topic, const void *payload, size_t size);

/* Returns how many announcements are not yet acknowledged. */
size_t outbox_announcing(struct outbox *outbox);

/*
 * A reading taken before the clock was set has the monotonic clock's time as taken_ms, and no time
 * in its payload. With wait, backlog waits until the clock is set.
 */
void outbox_wait_for_clock(struct outbox *outbox, bool wait);

/* Gives everything that waits its time. offset_ms: wall clock minus monotonic clock. */
void outbox_set_clock(struct outbox *outbox, uint64_t offset_ms);

struct outbox_address {
	const char *topic;
	const void *correlation; /* MQTT 5 correlation data of the answer; NULL: none */
	size_t correlation_size;
	unsigned qos;
	/* Nothing depends on it: if the broker does not allow the topic, the message is left out,
	 * see left_out.h. */
	bool optional;
};

int outbox_put_answer(
	struct outbox *outbox, const struct outbox_address *to, const void *payload, size_t size);
int outbox_put_value(
	struct outbox *outbox, const struct outbox_address *to, const void *payload, size_t size);

/* Returns how many answers are not yet acknowledged. */
size_t outbox_answering(struct outbox *outbox);

/* 0: there is no connection, and values are dropped. Otherwise a number that is different for each
 * connection; what was put in under an earlier number may not have arrived. */
uint64_t outbox_connection(struct outbox *outbox);

/* Replaces the contents of the slot. An empty slot is not published. */
int outbox_put_retained(struct outbox *outbox, enum outbox_slot slot, const char *topic,
	const void *payload, size_t size);

/* Publishes what the slot holds once more, on this connection. */
void outbox_repeat_retained(struct outbox *outbox, enum outbox_slot slot);

struct outbox_stats {
	uint64_t queued;      /* readings not yet acknowledged, in memory and on disk */
	uint64_t in_flight;   /* of those in memory: already sent */
	uint64_t dropped;     /* readings and answers lost for lack of room. One that was in flight
			     counts if its connection ends without acknowledging it */
	uint64_t connections; /* made so far */
	uint64_t events_dropped;
	uint64_t rejected; /* publishes that the broker refused, or that it can never take */
};

/* Covers all connections and links: no count ever goes back. */
struct outbox_stats outbox_stats(struct outbox *outbox);

/* True if readings fill half of their memory or more. */
bool outbox_is_half_full(struct outbox *outbox);

/* One message for the link, in memory of the link's own. */
enum outbox_kind {
	OUTBOX_KIND_RETAINED,
	OUTBOX_KIND_ANSWER,
	OUTBOX_KIND_READING,
	OUTBOX_KIND_BACKLOG,
	OUTBOX_KIND_EVENT,
	OUTBOX_KIND_OLD_EVENT, /* on the backlog topic */
	OUTBOX_KIND_VALUE
};

struct outbox_message {
	enum outbox_kind kind;
	uint64_t id; /* for outbox_acknowledge() */
	bool optional;
	unsigned qos; /* for answers, values and retained ones; readings use the link's setting */
	char topic[TOPIC_MAX]; /* "" for readings, events and backlog: the link knows theirs */
	uint8_t correlation[OUTBOX_CORRELATION_MAX];
	size_t correlation_size;
	size_t size;
	uint8_t payload[OUTBOX_PAYLOAD_MAX];
};

/* Copies the next message to send into *message. False: there is none. It counts as in flight until
 * acknowledged. */
bool outbox_take(struct outbox *outbox, bool with_backlog, struct outbox_message *message);

/* Marks a message as done, in any order: the broker has it, or has refused it for good, or with QoS
 * 0 it was written to the socket. */
void outbox_acknowledge(struct outbox *outbox, uint64_t id);

/*
 * Notes that the broker refused a message for now, so that it waits for outbox_retry(). A reading
 * or an event waits as backlog, and the whole backlog of its stream with it. Of a retained
 * message the newest one is sent then, or at once if there is a newer one. False: it is given up:
 * a value, or an answer that was refused for now OUTBOX_ANSWER_REFUSALS times.
 */
bool outbox_postpone(struct outbox *outbox, uint64_t id);

/* Postponed messages are tried again in parts: readings and events, what is retained, answers. */
enum outbox_part { OUTBOX_PART_STREAMS, OUTBOX_PART_RETAINED, OUTBOX_PART_ANSWERS, OUTBOX_PARTS };

/* Postponed messages of that part may be taken again. */
void outbox_retry(struct outbox *outbox, enum outbox_part part);

/* Counts a message that the broker refused or can never take. Acknowledge it separately. */
void outbox_count_rejected(struct outbox *outbox);

/* Notes a connection: readings are live from here on, and all retained slots go out again. */
void outbox_connected(struct outbox *outbox);

/* Notes that the connection ended over that message: it was the oldest that the broker had not
 * acknowledged. Call this before outbox_disconnected(). */
void outbox_blame(struct outbox *outbox, uint64_t id);

/* Notes its end: messages in flight will be sent again, waiting readings become backlog, values are
 * dropped. */
void outbox_disconnected(struct outbox *outbox);

struct outbox *outbox_free(struct outbox *outbox);
