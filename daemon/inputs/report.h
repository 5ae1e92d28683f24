/* SPDX-License-Identifier: MIT */
/*
 * Reports of the leader to the main thread, over a queue. If that is full, the rest is reported
 * later. Belongs to the leader.
 */
#pragma once

#include "count_keeper.h"
#include "queue.h"
#include "round.h"
#include <stdbool.h>

struct report {
	struct queue *events;         /* borrowed, as the keeper */
	struct count_keeper *counts;  /* whose answers are passed on; NULL: there is none */
	bool owes_pong, owes_swapped; /* set for an event that is to be reported */
};

/* Reports everything that the main thread must hear. False: its queue is full. */
bool report_send(struct report *report, struct round *round);
