/* SPDX-License-Identifier: MIT */
/*
 * From an inbound message to hardware and back: finds the handler by the topic, checks the whole
 * message, applies it, answers. Every message with a payload gets exactly one answer. The stops in
 * a message that is refused are carried out all the same. Main thread.
 */
#pragma once

#include "config.h"
#include "link.h"
#include "outbox.h"
#include "outputs.h"
#include "refusals.h"
#include <stdbool.h>

/* All that a handler acts upon. Borrowed. */
struct router {
	const struct config *config;
	struct outputs *outputs;
	struct outbox *outbox;
	struct refusals *refusals; /* of actions; their owner logs the counts when they are due */
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

/* Returns false for a topic that is there only to answer messages sent to the wrong place, with the
 * right one. */
bool router_topic_is_required(unsigned index);

/* One message as the link recorded it: the event and what stands after it. */
void router_handle(const struct router *router, const struct link_event *event);
