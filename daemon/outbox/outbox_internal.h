/* SPDX-License-Identifier: MIT */
/*
 * Shared by the outbox's own files.
 *
 *   outbox.c           what they share, and the slots
 *   outbox_answers.c   answers and values
 *   outbox_stream.c    readings and events, live and backlog
 *   outbox_topics.c    the states of single inputs and outputs
 *   outbox_announce.c  larger retained messages, sent once
 *   outbox_spool.c     between memory and disk
 *   outbox_clock.c     readings and events from before the clock was set
 */
#pragma once

#include "doorbell.h"
#include "outbox.h"
#include "ring.h"
#include <pthread.h>

/* The state of a record. SPILLING: a copy of it is on its way to the disk. POSTPONED: an answer
 * that waits for outbox_retry(). */
enum outbox_record_state { WAITING, IN_FLIGHT, SPILLING, POSTPONED, DONE };
enum outbox_source {
	SOURCE_READINGS = OUTBOX_READINGS,
	SOURCE_EVENTS = OUTBOX_EVENTS,
	SOURCE_STAGED_READINGS,
	SOURCE_STAGED_EVENTS,
	SOURCE_ANSWERS,
	SOURCE_VALUES,
	SOURCE_SLOTS, /* and single topics, whose positions come after those of the slots */
	SOURCE_ANNOUNCEMENTS,
	SOURCE_BITS = 3
};

/* Bytes before the payload. Ring of a stream: the time stamp. Ring of staged rows: the number. */
enum { OUTBOX_HEAD_BYTES = sizeof(uint64_t) };

/* The differences between the streams. */
struct outbox_stream_kind {
	enum outbox_kind live, backlog;
	bool optional;
	size_t payload_max;
	uint64_t waiting_max; /* in memory; beyond it the oldest are dropped */
};

/*
 * Readings or events. They lie in the order in which they happened, so backlog always lies before
 * live ones: the position live_begin separates them. A cursor in each part says how far the link
 * has been given records. Records in flight or acknowledged are therefore before a cursor, records
 * that wait are after it, and taking the next one never searches. The oldest end advances over
 * acknowledged records. If the broker refuses one for now, all that were sent so far become part of
 * the backlog, whose cursor goes back to it.
 *
 * Rows from the disk pass through a ring of their own on their way to the broker; see
 * outbox_spool.c.
 */
struct outbox_store {
	const struct outbox_stream_kind *kind;
	struct ring ring;
	uint64_t live_begin; /* position of the first event that is not backlog */
	uint64_t next_backlog, next_live;
	uint64_t waiting;   /* not yet acknowledged */
	uint64_t in_flight; /* those of them that were sent */
	uint64_t dropped;
	uint64_t dropped_in_flight; /* lost only if the connection dies before their
				       acknowledgement */
	uint64_t dropped_spilling;  /* lost only if that batch does not reach the disk */

	bool postponed;        /* backlog waits for outbox_retry() */
	bool held;             /* backlog in memory waits for the rows on disk */
	uint64_t spilling_end; /* position after the batch that is on its way */
	uint64_t spooled;      /* rows on disk that are not yet acknowledged */

	struct ring staged; /* the oldest of those rows, to be sent */
	uint64_t next_staged;
	uint64_t staged_until; /* all rows up to this number are acknowledged */
	size_t staged_low;     /* bytes: when no more than these are staged, the spooler is woken */
};

/* True if there may be some; mostly there is none. */
static inline bool outbox_has_backlog(const struct outbox_store *store)
{
	return !ring_ends_at(&store->staged, store->next_staged) ||
		store->next_backlog < store->live_begin;
}

struct outbox_topic {
	char topic[TOPIC_MAX]; /* "": empty */
	uint8_t payload[48];
	size_t size;
	bool due;
	bool postponed; /* due at outbox_retry() */
};

/* Payloads stand one behind the other, each with the room that its slot has needed so far. */
struct outbox_slot_content {
	char topic[TOPIC_MAX]; /* "": empty */
	size_t at, room, size; /* of the payload */
};

struct outbox_announcement {
	struct outbox_announcement *next;
	uint64_t number; /* rises */
	bool in_flight;
	bool postponed;  /* in flight no more after outbox_retry() */
	bool superseded; /* there is, or was, a later one on its topic */
	size_t size;
	char topic[TOPIC_MAX];
	uint8_t payload[];
};

struct outbox {
	pthread_mutex_t mutex; /* over everything below */
	struct doorbell bell;  /* the link's */
	bool connected;
	uint64_t connections; /* so far */
	bool greeting;        /* this connection's retained slots come before everything else */

	struct outbox_store stores[OUTBOX_STREAMS];

	struct ring others;
	uint64_t next_answer, next_value;

	struct outbox_slot_content slots[OUTBOX_SLOTS];
	unsigned slots_due;       /* one bit for each: to be sent */
	unsigned slots_postponed; /* to be sent after outbox_retry() */

	size_t n_topics[OUTBOX_TOPIC_GROUPS]; /* slots that may be in use */

	struct outbox_announcement *announcements; /* the oldest first */
	size_t n_announcements;
	uint64_t last_announcement;

	uint64_t rejected;
	uint64_t dropped;           /* answers */
	uint64_t dropped_in_flight; /* of them, as in a stream */

	bool clock_awaited;                                             /* by the backlog */
	uint64_t clock_offset_ms;                                       /* 0: not known */
	bool (*set_time)(void *payload, size_t size, uint64_t wall_ms); /* of the settings */

	/* Disk. */
	int spool_fd;
	bool spool_signalled;

	/* Last, since little of them is in use. */
	struct outbox_topic cleared[OUTBOX_CLEARED_MAX];
	struct outbox_topic inputs[OUTBOX_INPUTS_MAX];
	struct outbox_topic outputs[OUTBOX_OUTPUTS_MAX];
	uint8_t slot_payloads[OUTBOX_SLOTS * OUTBOX_PAYLOAD_MAX];
};

/* 0, or -ENOMEM. */
int outbox_store_init(
	struct outbox_store *store, const struct outbox_stream_kind *kind, size_t bytes);
void outbox_store_fini(struct outbox_store *store);

/* Call all below with the mutex held. */
void outbox_signal_spooler(struct outbox *outbox);
void outbox_pop_done(struct ring *ring);

/* Makes records in flight wait again, since nobody can acknowledge them any more. */
void outbox_take_back(struct ring *ring, uint64_t begin, uint64_t end);

/* For a reading or an event from before the clock was set. */
void outbox_correct_time(
	const struct outbox *outbox, uint64_t *taken_ms, void *payload, size_t size);

/* Removes acknowledged rows from the oldest end of the staged ones. */
void outbox_pop_staged(struct outbox *outbox, struct outbox_store *store);

/* The counterparts of functions in outbox.c for answers, values, streams and single topics. */
bool outbox_take_answer(struct outbox *outbox, struct outbox_message *message);
bool outbox_take_value(struct outbox *outbox, struct outbox_message *message);
void outbox_acknowledge_other(struct outbox *outbox, bool is_answer, uint64_t position);
bool outbox_postpone_answer(struct outbox *outbox, uint64_t position);
void outbox_retry_answers(struct outbox *outbox);
void outbox_blame_answer(struct outbox *outbox, uint64_t position);
void outbox_disconnect_others(struct outbox *outbox);
bool outbox_take_live(
	struct outbox *outbox, enum outbox_stream stream, struct outbox_message *message);
bool outbox_take_backlog(
	struct outbox *outbox, enum outbox_stream stream, struct outbox_message *message);
void outbox_acknowledge_in(struct outbox *outbox, enum outbox_stream stream, uint64_t position);
void outbox_acknowledge_staged(struct outbox *outbox, enum outbox_stream stream, uint64_t position);
void outbox_postpone_in(struct outbox *outbox, enum outbox_stream stream, uint64_t position);
void outbox_postpone_staged(struct outbox *outbox, enum outbox_stream stream, uint64_t position);
void outbox_disconnect_store(struct outbox_store *store);
bool outbox_take_topic(struct outbox *outbox, struct outbox_message *message);
void outbox_acknowledge_topic(struct outbox *outbox, uint64_t position);
void outbox_postpone_topic(struct outbox *outbox, uint64_t position);
void outbox_retry_topics(struct outbox *outbox);
void outbox_repeat_topics(struct outbox *outbox);
bool outbox_take_announcement(struct outbox *outbox, struct outbox_message *message);
void outbox_acknowledge_announcement(struct outbox *outbox, uint64_t number);
void outbox_postpone_announcement(struct outbox *outbox, uint64_t number);
void outbox_retry_announcements(struct outbox *outbox);
void outbox_drop_announcements(struct outbox *outbox);
