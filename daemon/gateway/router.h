/* SPDX-License-Identifier: MIT */
/*
 * Brings an inbound message to the hardware and back: finds the handler by the topic, checks the
 * whole message, applies it, answers. Every command with a payload gets exactly one answer, which
 * waits for the disk if a count is set. If a message is refused, its stops are carried out all the
 * same. Main thread.
 */
#pragma once

#include "config.h"
#include "count_answers.h"
#include "link.h"
#include "outbox.h"
#include "outputs.h"
#include "refusals.h"
#include "repeats.h"
#include "topic.h"
#include <stdbool.h>

/* The objects that handlers act upon. Borrowed. */
struct router {
	const struct config *config;
	struct outputs *outputs;
	struct outbox *outbox;
	struct refusals *refusals; /* of actions; their owner logs the counts when they are due */
	struct repeats *repeats;   /* what must not be carried out twice */
	/* True if a message that comes again on this connection may have been carried out before
	 * anything was remembered: by the process before this one, or too long ago. */
	bool is_forgetful;
	bool is_ending; /* nothing but stops is carried out any more */
	/* Puts a checked interval in force. */
	void (*set_interval)(void *userdata, uint32_t interval_ms);
	struct count_answers *counts; /* answers that wait */
	/* Has a counter set, as sampler_set_count(): 0 or a negative errno. */
	int (*set_count)(void *userdata, const char *chip, int64_t count, uint64_t ticket);
	/* Asks for a reading beside the grid. */
	void (*read_now)(void *userdata);
	/* Something was applied, so the state has to be published. */
	void (*applied)(void *userdata);
	/* Home Assistant has just started. */
	void (*born)(void *userdata);
	/* A gateway has just published its health on our topic. */
	void (*met)(void *userdata, const char *instance);
	void *userdata;
};

enum { ROUTER_TOPICS = 9 };

/* The topics to subscribe to, below the map's root: "actions". link_event.topic is an index into
 * them. */
const char *router_topic(unsigned index);

/* The same, complete. False: this map has no use for it. All with a use come first. */
bool router_full_topic(
	const struct config *config, unsigned index, char ret_topic[static TOPIC_MAX]);

/* A topic is optional if it is newer than the access rules of many, or exists only to answer
 * misdirected messages with the right topic. */
enum link_need router_topic_need(unsigned index);

/* True for the one topic where every output can be stopped, whatever client says so. */
bool router_topic_is_vital(unsigned index);

/* Handles one message as the link recorded it: the event and what follows it. */
void router_handle(const struct router *router, const struct link_event *event);
