/* SPDX-License-Identifier: MIT */
/*
 * Answers that wait until a counter is set, and on disk: where each goes, and what it is about.
 * They depend on no map and no connection, so a reload or an outage meanwhile loses none. Main
 * thread.
 */
#pragma once

#include "count_keeper.h"
#include "outbox.h"
#include "payload.h"
#include "repeats.h"
#include "topic.h"

/* Fewer than the requests that the sampler takes. */
enum { COUNT_ANSWERS_MAX = 8 };
_Static_assert((int)COUNT_ANSWERS_MAX <= (int)COUNT_KEEPER_REQUESTS_MAX, "none is refused there");

struct count_answer {
	uint64_t ticket;       /* 0: free; the same one if the message came again */
	uint64_t hash;         /* of the message, for repeats.h */
	char topic[TOPIC_MAX]; /* where it goes */
	uint8_t correlation[OUTBOX_CORRELATION_MAX];
	size_t correlation_size;
	struct payload_id id;
	char counter[COUNT_KEEPER_NAME_BYTES];
	int64_t count;
};

/* All zero: none waits. */
struct count_answers {
	struct count_answer items[COUNT_ANSWERS_MAX];
	uint64_t last_ticket;
};

/* Takes a place, with a ticket of its own. hash: of the message. NULL: all are taken. */
struct count_answer *count_answers_take(struct count_answers *answers,
	const struct outbox_address *to, const struct payload_action *action, uint64_t hash);

/* The ticket of the message with that hash, which still waits; 0: none does. */
uint64_t count_answers_ticket(const struct count_answers *answers, uint64_t hash);

/* The answer is known: gives it to the outbox, and frees the place, for each that has the ticket.
 * error: of SAMPLER_EVENT_COUNT, which is noted in the repeats. */
void count_answers_give(struct count_answers *answers, uint64_t ticket, int error,
	struct outbox *outbox, struct repeats *repeats);

/* Gives all that wait: the gateway is ending, and nobody will know. */
void count_answers_end(
	struct count_answers *answers, struct outbox *outbox, struct repeats *repeats);

/* Frees the place without an answer. */
void count_answers_drop(struct count_answer *answer);
