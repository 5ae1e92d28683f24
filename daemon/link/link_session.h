/* SPDX-License-Identifier: MIT */
/* Shared by link_session.c, link_outbound.c and link_wait.c alone: one connection. */
#pragma once

#include "broker_watch.h"
#include "link_internal.h"

struct link_pause {
	struct backoff backoff;
	bool is_on;
};

struct link_session {
	struct link *link;
	struct mqtt_client *client;
	struct link_commands commands;
	uint64_t now_us; /* read once a turn */

	struct broker_watch watch; /* judges whether the broker does its part */
	size_t unsent;             /* bytes that the socket held when it was last asked */
	uint64_t flowed_us;        /* when that was last found to get less */

	/* Outbound. */
	unsigned qos_max;     /* the highest QoS for this broker */
	unsigned lowered;     /* what was told last: BROKER_OFFER_... */
	bool has_message;     /* link->message was taken from the outbox and is not yet sent */
	bool congested;       /* the network does not take it now */
	bool announced;       /* main knows what this broker is */
	bool is_idle;         /* the outbox had nothing more */
	uint64_t sent_us;     /* the last publish that will be acknowledged */
	uint64_t progress_us; /* the last time that nothing was in flight, or was acknowledged */
	struct link_pause pauses[OUTBOX_PARTS]; /* until what was refused for now is sent again */
	/* No reading or event that was sent again was taken since; 0: none was refused. */
	uint64_t refused_since_us;

	bool unflushed; /* something was written, and is held back */
	size_t wake_at; /* bytes that make the socket readable */

	/* Inbound. */
	bool left_out[LINK_SUBSCRIPTIONS_MAX]; /* the broker does not grant it */
	bool ask_again[LINK_SUBSCRIPTIONS_MAX];
	struct backoff ask_pause;
	uint64_t ask_due_us;  /* 0: there is nothing to ask for again */
	bool status_is_wrong; /* somebody else said so, and not "online" */
	bool has_more;        /* the turn was over before all was received */
	bool is_left;         /* the rest is left to the broker */
	bool receive_due;     /* the socket may have something */
	uint64_t received_us; /* when the library was last asked */
	uint64_t heard_us;    /* the last answer or message */
	uint64_t told_us;     /* when main was last told that something was heard */
	size_t message_min;   /* bytes of the smallest message that may come in */

	/* The end. */
	bool is_leaving;   /* the outbox has had its time: "offline" comes next, and nothing else */
	bool said_goodbye; /* it was written */
	uint64_t drain_until_us; /* 0: not closing */
	enum link_end_kind end_kind;
	const char *why; /* it ended; static */
	/* Our own handle on the connection, or -1. The library may close its own before we could
	 * ask why the connection ended. */
	int socket;
};

/*
 * Of the functions below, each that returns an int returns 0, -ENOTCONN if the connection is gone,
 * or -ECANCELED if the link was given up.
 */

/* Subscribe to the topics that the gateway needs, then to those that nothing needs. A refused one
 * is logged, and the others work on. */
int link_subscribe_needed(struct link_session *session);
int link_subscribe_optional(struct link_session *session);

/* One SUBSCRIBE. */
struct link_request {
	struct mqtt_filter filters[LINK_SUBSCRIPTIONS_MAX];
	size_t indexes[LINK_SUBSCRIPTIONS_MAX]; /* of the subscriptions */
	size_t n;
	int codes[LINK_SUBSCRIPTIONS_MAX]; /* the answers */
};

void link_subscribe_add(
	const struct link_session *session, size_t index, struct link_request *request);
int link_subscribe_send(struct link_session *session, struct link_request *request);

/* Takes note of the answers, and logs what has changed. True if one is refused that was granted, or
 * granted that was refused. */
bool link_subscribe_follow(struct link_session *session, const struct link_request *request);

/* True if a vital subscription is refused. */
bool link_subscribe_is_deaf(const struct link_session *session);

/* Plans the next time to ask for what was refused, if there is anything. */
void link_ask_again_plan(struct link_session *session);

/* Asks again when it is time. */
int link_ask_again(struct link_session *session);

/* Looks at a message on the status topic. */
void link_status_heard(struct link_session *session, const struct mqtt_inbound *inbound);

/* Publishes "online" again if the status is wrong and it is time. */
void link_status_mend(struct link_session *session);

/* Publishes what the broker must acknowledge, if a guard is set and it is time. */
int link_outbound_heartbeat(struct link_session *session);

/* Says "offline", or nothing if there is no room for it now. */
int link_outbound_goodbye(struct link_session *session);

/* Sends until the outbox is empty, the window full or the network busy. */
int link_outbound_send(struct link_session *session);

/* Returns true if something new in the outbox could be sent now. */
bool link_outbound_is_open(const struct link_session *session);

/* Takes note of what the broker has acknowledged. */
void link_outbound_acknowledge(struct link_session *session);

/* Keeps a message that the broker refused for now. False: it did not, or the message is of a kind
 * that is not kept. */
bool link_postpone(struct link_session *session, const struct in_flight_entry *entry);
void link_postpone_taken(struct link_session *session, const struct in_flight_entry *entry);

/* Sends again what was refused, when its pause is over. */
void link_postpone_retry(struct link_session *session);

/* True if for that long no reading or event was taken of those that were refused. */
bool link_postpone_lasts(const struct link_session *session, uint64_t limit_us);

/* True if the connection is to be left for that. Each other broker gets one such turn, until one of
 * them takes something. */
bool link_postpone_moves(struct link_session *session);

/* Notes that the connection has ended, perhaps for the oldest message that was not acknowledged.
 * One that fell silent says nothing about it. */
void link_outbound_lost(struct link_session *session, const struct link_end *end);

/* Tells main which broker it is, and what goes without there. */
void link_tell_broker(struct link_session *session);

/* Returns what is lowered for this broker, of all that the map makes use of: BROKER_OFFER_... */
unsigned link_offers_lowered(const struct link_session *session);

/* Tells main and, once, the user, when that has changed. */
void link_offers_tell(struct link_session *session);

/* Returns what the broker said when it ended the connection, a text of the link's, or NULL. */
const char *link_offers_farewell(struct link_session *session);

/* Returns how often the library must be asked. */
uint64_t link_wait_tick_us(const struct link_session *session);

/* To be called after subscribing: from then on all that is written waits for link_wait(), or for
 * link_wait_flush(). */
void link_wait_init(struct link_session *session);
void link_wait_flush(struct link_session *session);

/* From now on each byte makes the socket readable, until link_wait(). The library polls it too. */
void link_wait_for_all(struct link_session *session);

/* Sends what was held back. Returns when there is something to do. */
void link_wait(struct link_session *session);
