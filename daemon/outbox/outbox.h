/* SPDX-License-Identifier: MIT */
/*
 * What must reach the broker. Everybody puts, the link takes; nobody ever waits for the network.
 *
 * There are six kinds, and the link is given them in this order:
 *
 *   retained  One slot a topic, of which only the newest matters (status, state, health). Every new
 *             connection publishes all of them again, in the order of the slots, before
 *             anything else; later changes come after the answers.
 *   answers   To commands. Kept until acknowledged, bounded, the oldest dropped first. One with
 *             which the third connection dies is given up: it is what they die of.
 *   events    Kept until acknowledged, up to OUTBOX_EVENTS_MAX of them, the oldest dropped first
 *             and counted.
 *   readings  Kept until acknowledged, bounded in bytes, the oldest dropped first and counted.
 *   values    Single values and structs. Only worth something now: dropped without a connection.
 *   backlog   Events, and then readings, that were put while there was no connection, or whose
 *             connection died before the acknowledgement. They go out on the backlog topics,
 *             oldest first, and nothing live ever waits behind them.
 *
 * Putting copies. All memory is allocated by outbox_new(), and a page of it is in use only once it
 * was written to. All functions may be called from any thread, but outbox_take() and what follows
 * it only by the link.
 */
#pragma once

#include "topic.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outbox_slot { OUTBOX_STATUS, OUTBOX_STATE, OUTBOX_HEALTH, OUTBOX_SLOTS };

enum {
	OUTBOX_PAYLOAD_MAX = 64 * 1024,
	OUTBOX_CORRELATION_MAX = 1024,
	OUTBOX_ANSWER_LOSSES = 3, /* see the answers above */
	OUTBOX_EVENTS_MAX = 4096,
	OUTBOX_EVENT_BYTES = 192, /* of a payload */
	OUTBOX_INPUTS_MAX = 64,
};

struct outbox_settings {
	size_t reading_bytes; /* memory for readings; each takes 24 bytes more than its payload */
	size_t other_bytes;   /* memory for answers and values */
	/*
	 * Writes the time into the payload of a reading or an event that was put without one, see
	 * outbox_set_clock(). The size stays. false: the payload has a time, or no place for one.
	 * Called by any thread, under a lock: it must not block. NULL: no payload has a place.
	 */
	bool (*set_time)(void *payload, size_t size, uint64_t wall_ms);
};

struct outbox;

int outbox_new(const struct outbox_settings *settings, struct outbox **ret_outbox);

/* Readable from a put, or from outbox_connected(), until outbox_take() finds nothing. */
int outbox_fd(const struct outbox *outbox);

/* taken_ms: the reading's time stamp. 0, or -EMSGSIZE. */
int outbox_put_reading(struct outbox *outbox, uint64_t taken_ms, const void *payload, size_t size);

/* The same for an event. */
int outbox_put_event(struct outbox *outbox, uint64_t taken_ms, const void *payload, size_t size);

/* How an input is: retained, in a slot of its own below OUTBOX_INPUTS_MAX. */
int outbox_put_input(
	struct outbox *outbox, size_t index, const char *topic, const void *payload, size_t size);

/* Empties those slots, for another map. */
void outbox_forget_inputs(struct outbox *outbox);

/*
 * A reading that was taken before the clock was set has the monotonic clock's time in place of
 * taken_ms, and none in its payload. Backlog can wait until the clock is set;
 */
void outbox_wait_for_clock(struct outbox *outbox, bool wait);

/* then what waits gets its time. offset_ms: the wall clock's lead. */
void outbox_set_clock(struct outbox *outbox, uint64_t offset_ms);

struct outbox_address {
	const char *topic;
	const void *correlation; /* MQTT 5 correlation data of the answer, NULL: none */
	size_t correlation_size;
	unsigned qos;
	/* Nothing needs it: when the broker does not allow the topic, it is left out, see
	 * left_out.h. */
	bool optional;
};

int outbox_put_answer(
	struct outbox *outbox, const struct outbox_address *to, const void *payload, size_t size);
int outbox_put_value(
	struct outbox *outbox, const struct outbox_address *to, const void *payload, size_t size);

/* 0: there is no connection, and values are dropped. Otherwise another number for each connection,
 * and what was put under an earlier one may not have arrived. */
uint64_t outbox_connection(struct outbox *outbox);

/* Replaces what the slot held. An empty slot is not published. */
int outbox_put_retained(struct outbox *outbox, enum outbox_slot slot, const char *topic,
	const void *payload, size_t size);

struct outbox_stats {
	uint64_t queued;    /* readings not yet acknowledged, in memory and on disk */
	uint64_t in_flight; /* of those in memory: sent */
	uint64_t dropped;   /* readings and answers lost because there was no room. One that was in
			     flight counts when its connection dies without acknowledging it */
	uint64_t connections; /* made so far */
	uint64_t events_dropped;
	uint64_t rejected; /* publishes that the broker refused, or that it can never take */
};

/* Over all connections and links: no count of it ever goes back. */
struct outbox_stats outbox_stats(struct outbox *outbox);

/* Whether readings fill half of their memory. */
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
	unsigned qos; /* of answers, values and retained ones; readings: the link's setting */
	char topic[TOPIC_MAX]; /* "" for readings, events and backlog: the link knows it */
	uint8_t correlation[OUTBOX_CORRELATION_MAX];
	size_t correlation_size;
	uint8_t payload[OUTBOX_PAYLOAD_MAX];
	size_t size;
};

/* The next one to send, copied into *message. false: nothing to send. It counts as in flight until
 * acknowledged. */
bool outbox_take(struct outbox *outbox, bool with_backlog, struct outbox_message *message);

/* The broker has it (or, with QoS 0, it was written to the socket; or the broker refused it for
 * good). Any order. */
void outbox_acknowledge(struct outbox *outbox, uint64_t id);

/* The broker refused one, or can never take it. Acknowledging it is another matter. */
void outbox_count_rejected(struct outbox *outbox);

/* From here on readings are live, and all retained slots go out again. */
void outbox_connected(struct outbox *outbox);

/* What is in flight will be sent again; readings that wait become backlog; values are dropped. */
void outbox_disconnected(struct outbox *outbox);

struct outbox *outbox_free(struct outbox *outbox);
