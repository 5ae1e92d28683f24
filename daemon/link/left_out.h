/* SPDX-License-Identifier: MIT */
/*
 * Topics that a broker does not let the gateway publish to, of those that nothing needs: access
 * rules that were written for an earlier version must go on working. Such a topic is left out once
 * the broker has refused a message on it, or has ended the connection over one twice. One list for
 * each broker. Pure.
 */
#pragma once

#include "in_flight.h"
#include <stdbool.h>
#include <stddef.h>

enum {
	LEFT_OUT_MAX = 16, /* of more, the rest is tried again and again */
	LEFT_OUT_LOSSES = 2,
};

struct left_out_topic {
	char topic[IN_FLIGHT_TOPIC_MAX]; /* may be cut */
	unsigned losses;                 /* connections, one after the other */
	bool is_out;
};

/* All zero: none is. */
struct left_out {
	struct left_out_topic topics[LEFT_OUT_MAX];
	size_t n;
};

bool left_out_has(const struct left_out *left_out, const char *topic);

/* The broker refused a message on it. Both return whether it is left out from now on, and was not
 * before. */
bool left_out_refused(struct left_out *left_out, const char *topic);

/* The connection ended when this was the oldest message that was not acknowledged. */
bool left_out_lost(struct left_out *left_out, const char *topic);

/* The broker took one. */
void left_out_taken(struct left_out *left_out, const char *topic);
