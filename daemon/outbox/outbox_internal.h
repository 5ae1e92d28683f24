/* SPDX-License-Identifier: MIT */
/*
 * Shared by the outbox's own files.
 *
 *   outbox.c        between the threads that put messages in and the link
 *   outbox_spool.c  between memory and disk
 *   outbox_events.c events, and the states of inputs
 *   outbox_clock.c  readings taken before the clock was set
 */
#pragma once

#include "doorbell.h"
#include "outbox.h"
#include "ring.h"
#include <pthread.h>

/* The state of a record. SPILLING: a copy of it is on its way to the disk. */
enum outbox_record_state { WAITING, IN_FLIGHT, SPILLING, DONE };
enum outbox_source {
	SOURCE_READINGS,
	SOURCE_STAGED,
	SOURCE_ANSWERS,
	SOURCE_VALUES,
	SOURCE_SLOTS,
	SOURCE_EVENTS,
	SOURCE_BITS = 3
};

struct outbox_events {
	struct ring ring;
	uint64_t live_begin; /* position of the first event that is not backlog */
	uint64_t next_backlog, next_live;
	size_t waiting; /* not yet acknowledged */
	uint64_t dropped;
	uint64_t dropped_in_flight; /* as below */
};

struct outbox_input {
	char topic[TOPIC_MAX]; /* "": empty */
	uint8_t payload[16];
	size_t size;
	bool due;
};

struct outbox_slot_content {
	char topic[TOPIC_MAX]; /* "": empty */
	uint8_t payload[OUTBOX_PAYLOAD_MAX];
	size_t size;
	bool due;
};

struct outbox {
	pthread_mutex_t mutex; /* over everything below */
	struct doorbell bell;  /* the link's */
	bool connected;
	uint64_t connections; /* so far */
	bool greeting;        /* this connection's retained slots come before everything else */

	struct ring readings;
	uint64_t live_begin; /* position of the first reading that is not backlog */
	uint64_t next_backlog, next_live;
	uint64_t queued;    /* readings not yet acknowledged */
	uint64_t in_flight; /* those of them that were sent */

	struct ring others;
	uint64_t next_answer, next_value;

	struct outbox_slot_content slots[OUTBOX_SLOTS];

	struct outbox_events events;
	struct outbox_input inputs[OUTBOX_INPUTS_MAX];
	size_t n_inputs; /* slots that may be in use */

	uint64_t rejected;
	uint64_t dropped;
	uint64_t dropped_in_flight; /* lost only if the connection dies before their
				       acknowledgement */

	bool clock_awaited;                                             /* by the backlog */
	uint64_t clock_offset_ms;                                       /* 0: not known */
	bool (*set_time)(void *payload, size_t size, uint64_t wall_ms); /* of the settings */

	/* Disk. */
	int spool_fd;
	bool spool_signalled;
	bool held;                 /* backlog in memory waits for the rows on disk */
	uint64_t spilling_end;     /* position after the batch that is on its way */
	uint64_t dropped_spilling; /* lost only if that batch does not reach the disk */
	uint64_t spooled;          /* rows on disk that are not yet acknowledged */

	struct ring staged; /* the oldest of those rows, to be sent */
	uint64_t next_staged;
	uint64_t staged_until; /* all rows up to this number are acknowledged */
	size_t staged_low;     /* bytes: when no more than these are staged, the spooler is woken */
};

/* Call all of these with the mutex held. */
void outbox_signal_spooler(struct outbox *outbox);
void outbox_pop_done(struct ring *ring);

/* For a reading that was taken before the clock was set. */
void outbox_correct_time(
	const struct outbox *outbox, uint64_t *taken_ms, void *payload, size_t size);

/* Removes acknowledged rows from the oldest end of the staged ones. */
void outbox_pop_staged(struct outbox *outbox);

/* The counterparts of functions in outbox.c for events and the inputs' slots. */
bool outbox_take_event(struct outbox *outbox, struct outbox_message *message);
bool outbox_take_old_event(struct outbox *outbox, struct outbox_message *message);
bool outbox_take_input(struct outbox *outbox, struct outbox_message *message);
void outbox_acknowledge_event(struct outbox *outbox, uint64_t position);
void outbox_take_back_events(struct outbox *outbox);
void outbox_repeat_inputs(struct outbox *outbox);
