/* SPDX-License-Identifier: MIT */
/* Messages that were published and are not yet acknowledged. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IN_FLIGHT_MAX = 40, IN_FLIGHT_TOPIC_MAX = 96 };

struct in_flight_entry {
	uint64_t id; /* the caller's */
	unsigned kind;
	unsigned qos;
	unsigned wanted_qos; /* the QoS if nothing were lowered */
	bool wanted_retain;
	bool optional;
	uint64_t at_us; /* when it was sent */
	int token;      /* the library's */
	bool done;
	int reason;                      /* if done: an MQTT 5 reason code; 0: success */
	char topic[IN_FLIGHT_TOPIC_MAX]; /* for messages to the user; may be cut */
};

struct in_flight {
	struct in_flight_entry entries[IN_FLIGHT_MAX]; /* in the order of sending */
	size_t count;
};

/* There must be room. */
void in_flight_add(struct in_flight *in_flight, const struct in_flight_entry *entry);

/* Marks the entry as done. False: there is no entry with that token. */
bool in_flight_done(struct in_flight *in_flight, int token, int reason);

/* Marks all entries as done that are not among the tokens, which end with -1 (NULL: there are
 * none). True if any entry is newly done. */
bool in_flight_keep(struct in_flight *in_flight, const int *tokens);

/* Removes an entry that is done. */
bool in_flight_take_done(struct in_flight *in_flight, struct in_flight_entry *ret_entry);

/* The time at which the oldest open entry of at least that QoS was sent; 0: there is none. */
uint64_t in_flight_oldest_us(const struct in_flight *in_flight, unsigned qos);

/* The oldest entry that is not done; NULL: there is none. Valid until the next change. */
const struct in_flight_entry *in_flight_oldest(const struct in_flight *in_flight);

size_t in_flight_count(const struct in_flight *in_flight, unsigned kind);
