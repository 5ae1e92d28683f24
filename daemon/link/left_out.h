/* SPDX-License-Identifier: MIT */
/*
 * Optional topics that a broker does not let the gateway publish to. Access rules that were written
 * for an earlier version must go on working. A topic is left out once the broker has refused a
 * message on it, or has twice ended the connection over one. Each broker has a list of its own.
 * Pure.
 */
#pragma once

#include "in_flight.h"
#include <stdbool.h>
#include <stddef.h>

enum {
	LEFT_OUT_MAX = 16, /* a topic beyond that is tried again and again */
	LEFT_OUT_LOSSES = 2,
};

struct left_out_topic {
	char topic[IN_FLIGHT_TOPIC_MAX]; /* may be cut */
	unsigned losses;                 /* connections lost over it, in a row */
	bool is_out;
};

/* All zero: none is left out. */
struct left_out {
	struct left_out_topic topics[LEFT_OUT_MAX];
	size_t n;
};

bool left_out_has(const struct left_out *left_out, const char *topic);

/* Notes that the broker refused a message on the topic. Returns true if it is left out from now on,
 * and was not before. */
bool left_out_refused(struct left_out *left_out, const char *topic);

/* Notes that the broker closed the connection directly behind the topic's message, which was the
 * oldest unacknowledged one. Returns as left_out_refused(). */
bool left_out_lost(struct left_out *left_out, const char *topic);

/* Notes that the broker took a message on the topic. */
void left_out_taken(struct left_out *left_out, const char *topic);
