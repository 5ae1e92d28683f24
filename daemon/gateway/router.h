/* SPDX-License-Identifier: MIT */
/*
 * From an inbound message to hardware and back: finds the handler by the topic, checks the whole
 * message, applies it, answers. Every message with a payload gets exactly one answer. Of one that
 * is refused the stops are carried out all the same. Main thread.
 */
#pragma once

#include "config.h"
#include "link.h"
#include "outbox.h"
#include "outputs.h"
#include "refusals.h"
#include <stdbool.h>

/* What a handler acts upon; all borrowed. */
struct router {
	const struct config *config;
	struct outputs *outputs;
	struct outbox *outbox;
	struct refusals *refusals; /* of actions; what is due of them is told by their owner */
	/* Puts a checked interval in force. */
	void (*set_interval)(void *userdata, uint32_t interval_ms);
	/* Something was applied: the state is to be published. */
	void (*applied)(void *userdata);
	void *userdata;
};

enum { ROUTER_TOPICS = 6 };

/* The topics to subscribe to, below the map's root: "actions". Their order is the index of
 * link_event.topic. */
const char *router_topic(unsigned index);

/* False: a topic that nobody needs, where what was sent to the wrong place is answered with the
 * right one. */
bool router_topic_is_required(unsigned index);

/* One message as the link recorded it: the event and what stands after it. */
void router_handle(const struct router *router, const struct link_event *event);
