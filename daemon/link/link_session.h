/* SPDX-License-Identifier: MIT */
/* Shared by link_session.c, link_outbound.c and link_wait.c alone: one connection. */
#pragma once

#include "broker_watch.h"
#include "link_internal.h"

struct link_session {
	struct link *link;
	struct mqtt_client *client;
	struct link_commands commands;
	uint64_t now_us; /* read once a turn */

	struct broker_watch watch; /* whether the broker does its part */
	size_t unsent;             /* bytes, when that was last asked */
	uint64_t flowed_us;        /* when that was last found to get less */

	/* Outbound. */
	unsigned qos_max;     /* of what goes to this broker */
	unsigned lowered;     /* that was told last: BROKER_OFFER_... */
	bool has_message;     /* link->message was taken from the outbox and is not yet sent */
	bool congested;       /* the network does not take it now */
	bool announced;       /* main knows what this broker is */
	bool is_idle;         /* the outbox had nothing more */
	uint64_t sent_us;     /* the last publish that will be acknowledged */
	uint64_t progress_us; /* the last time that nothing was in flight, or was acknowledged */

	bool unflushed; /* something was written, and is held back */
	size_t wake_at; /* bytes that make the socket readable */

	/* Inbound. */
	bool left_out[LINK_SUBSCRIPTIONS_MAX]; /* the broker does not grant it */
	bool has_more;                         /* the turn was over before all was received */
	bool receive_due;                      /* the socket may have something */
	uint64_t received_us;                  /* when the library was last asked */
	uint64_t heard_us;                     /* the last answer or message */
	uint64_t told_us;   /* when main was last told that something was heard */
	size_t message_min; /* bytes of the smallest message that may come in */

	/* The end. */
	bool said_goodbye;
	uint64_t drain_until_us; /* 0: not closing */
	enum link_end_kind end_kind;
	const char *why; /* it ended; static */
	int socket; /* our own handle on the connection, or -1: the library may close its own before
		       we could ask why the connection ended */
};

/* All: 0; -ENOTCONN: the connection is gone; -ECANCELED. */

/* The topics that the gateway needs; then those that nothing needs. A refused one is logged, and
 * the rest works on. */
int link_subscribe_needed(struct link_session *session);
int link_subscribe_optional(struct link_session *session);

/* The broker answers, and main is told of it, when a guard is set. */
int link_outbound_heartbeat(struct link_session *session);
int link_outbound_goodbye(struct link_session *session);

/* Sends until the outbox is empty, the window full or the network busy. */
int link_outbound_send(struct link_session *session);

/* Whether something new in the outbox could be sent now. */
bool link_outbound_is_open(const struct link_session *session);

/* Takes note of what the broker has acknowledged. */
void link_outbound_acknowledge(struct link_session *session);

/* The connection has ended, and not by us: it may be for what was sent last. */
void link_outbound_lost(struct link_session *session);

/* Tells main which broker it is, and what goes without there. */
void link_tell_broker(struct link_session *session);

/* What is lowered for this broker of what the map makes use of: BROKER_OFFER_... */
unsigned link_offers_lowered(const struct link_session *session);

/* Tells the user, once, and main, when that has changed. */
void link_offers_tell(struct link_session *session);

/* What the broker said when it ended the connection: the link's text, or NULL. */
const char *link_offers_farewell(struct link_session *session);

/* How often the library must be asked. */
uint64_t link_wait_tick_us(const struct link_session *session);

/* After subscribing: from then on what is written waits for link_wait(), or for this. */
void link_wait_init(struct link_session *session);
void link_wait_flush(struct link_session *session);

/* From now on each byte makes the socket readable, until link_wait(). The library polls it too. */
void link_wait_for_all(struct link_session *session);

/* Sends what was held back. Returns when there is something to do. */
void link_wait(struct link_session *session);
