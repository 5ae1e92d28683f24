/* SPDX-License-Identifier: MIT */
/*
 * The connection to the broker: one thread that owns the MQTT client. It connects and reconnects,
 * sends the contents of the outbox, and turns inbound messages into records on the main thread's
 * queue. It never touches hardware.
 *
 * The MQTT library is used in its synchronous mode. Its asynchronous mode, with a thread and
 * callbacks of its own, costs too much:
 *
 * - Its thread looks at the socket every 100 ms, whether there is anything or not. That is ten
 *   needless wake-ups a second. A start and an end wait for its next look: 230 ms to the first
 *   reading, 100 ms to the end.
 * - Publishing from a callback deadlocks or uses a freed stack.
 * - It never sets TCP_NODELAY, so an answer behind another message waits 40 ms for the delayed ACK
 *   of that one.
 *
 * The synchronous mode asks more of this thread:
 *
 * - All calls to the library come from it alone.
 * - The library does not tell which socket it uses. So the thread finds it among its process's,
 *   sets it up, and sleeps on it together with the outbox (link_wait.c).
 * - It asks the library when something is there, until nothing is left, since with TLS the library
 *   may hold what the socket no longer shows. It also asks on a tick, a quarter of the keepalive,
 *   or no ping would be sent.
 * - The library waits for the network to connect, to subscribe and to say farewell. There the
 *   thread can be given up (link.c).
 * - A message that a frozen broker does not take stays in the outbox (link_outbound.c).
 */
#pragma once

#include "config.h"
#include "credentials.h"
#include "log.h"
#include "outbox.h"
#include "queue.h"
#include <stdint.h>

enum {
	LINK_PAYLOAD_MAX =
		16 * 1024, /* of an inbound message; a longer one arrives cut, with its true size */
	LINK_TOPIC_MAX = 512, /* of a response topic; with the final NUL */
	LINK_CORRELATION_MAX = 1024,
	LINK_LEVELS_MAX = 128, /* of a topic, in place of wildcards; with the final NUL */
	LINK_SUBSCRIPTIONS_MAX = 32,
	LINK_BROKER_MAX = 1024,
};

enum link_event_kind {
	LINK_EVENT_MESSAGE,
	/* Subscribed, and the outbox flows. Only what a kept session had waiting comes before. */
	LINK_EVENT_CONNECTED,
	LINK_EVENT_HEARING,      /* a connection that was deaf is so no more */
	LINK_EVENT_DISCONNECTED, /* also if a first connection could not be made */
	/* Tells which broker it is. Comes after CONNECTED, when the retained messages have been
	 * sent. The payload is its URL, then each thing that it does not offer, all with a NUL. */
	LINK_EVENT_BROKER,
	LINK_EVENT_HEARD, /* the broker answered; only while guarded, and at most four times in each
			     guard time */
	LINK_EVENT_PONG,  /* the answer to link_ping() */
};

/* A record on the queue to main. In that of a message, these follow it: the levels with their NUL,
 * the response topic with its NUL, the correlation data, the payload. */
struct link_event {
	enum link_event_kind kind;
	uint64_t at_us; /* CLOCK_MONOTONIC */
	unsigned topic; /* message: index into link_settings.subscriptions */
	/* The size of the topic from the first wildcard on, with its NUL: "led/red" for
	 * "tos/actions/+/+". Cut to LINK_LEVELS_MAX. 0: there is no wildcard. */
	uint16_t levels_size;
	bool retained, repeated;
	bool is_deaf; /* CONNECTED: the broker refused a vital subscription */
	/* The sender's was over LINK_TOPIC_MAX or LINK_CORRELATION_MAX, and is left out. */
	bool response_topic_too_long, correlation_too_long;
	uint16_t response_topic_size; /* with its NUL; 0: none */
	uint16_t correlation_size;
	uint32_t payload_size; /* that follow here */
	uint64_t true_size;    /* as the sender sent it */
	size_t packet_max;     /* LINK_EVENT_BROKER: of what the broker takes; 0: unlimited */
};

/*
 * A topic to subscribe to, with QoS 1. Without a required one the gateway cannot do its work, so
 * its refusal is an error, and it is asked for again after a pause. An optional one is left out
 * if the broker refuses it, which is logged once, or if the connection ends over it twice. One of
 * others is optional, too: it brings what other clients publish there from now on, with QoS 0,
 * and only MQTT 5 has it. One of a birth is optional: another program tells there that it has
 * started. So is the gateway's own status, which the link itself looks at, see link_status.c.
 */
enum link_need {
	LINK_REQUIRED,
	LINK_OPTIONAL,
	LINK_OF_OTHERS,
	LINK_BIRTH,
	LINK_OWN_STATUS,
	LINK_NEEDS
};

struct link_subscription {
	const char *topic; /* complete; a level may be the wildcard + */
	enum link_need need;
	bool is_vital; /* a required one, without which nothing can be stopped any more */
};

/* The outbox and the queue are borrowed until link_close() returns; the rest is copied. */
struct link_settings {
	const struct config_mqtt *mqtt;
	struct credentials_places credentials;
	const struct link_subscription *subscriptions; /* at most LINK_SUBSCRIPTIONS_MAX */
	size_t n_subscriptions;
	const char *reading_topic, *backlog_topic, *status_topic;
	const char *event_topic, *event_backlog_topic;
	uint64_t answer_us; /* see link_set_answer() */
	/* Shrinks, in place, the payload of an answer or of what is retained, which is larger than
	 * the broker accepts. False: it cannot. Called by the link's thread. */
	bool (*shorten)(void *payload, size_t *size);
	struct outbox *outbox;
	/* To the main thread, at least 64 KiB. While it is full, the link does not read from the
	 * broker. */
	struct queue *events;
};

struct link;

/* Does everything that can fail, and nothing that the broker or another link would notice. Returns
 * 0, or a negative errno. */
int link_new(const struct link_settings *settings, struct link **ret_link);

/* Connects, and again after each loss. Cannot fail. To be called once, and when no other link is
 * left. */
void link_start(struct link *link);

/*
 * While a motor runs: gives the broker a reason to answer (a publish that it acknowledges) at least
 * four times in guard_us, and reports answers as LINK_EVENT_HEARD. 0 ends that.
 */
void link_guard(struct link *link, uint64_t guard_us);

/* Sets how long a message may wait for its acknowledgement, at least 5 s. A broker that takes
 * longer is of no use, and the next one is tried. */
void link_set_answer(struct link *link, uint64_t answer_us);

/* Asks the thread for LINK_EVENT_PONG: it answers when its loop turns, so also in an outage, but
 * late while the library blocks in a connect. */
void link_ping(struct link *link);

/* Returns true if the thread is in a call that waits for the network, and has been for less than
 * limit_us. */
bool link_waits_for_network(struct link *link, uint64_t limit_us);

/*
 * Sends what still can be sent, publishes "offline", disconnects, ends the thread; all within
 * timeout_us, broker or no broker. Then frees. Returns NULL; link may be NULL.
 *
 * A thread that is blocked in the MQTT library at that time is left behind; it ends when it comes
 * back. From then on the process ends without the exit handlers that were registered before.
 */
struct link *link_close(struct link *link, uint64_t timeout_us);

/* For a caller with other things to do meanwhile: begins what link_close() does. That is to be
 * called once link_is_closed(), which is told by the fd in time, or is so after timeout_us. */
void link_begin_close(struct link *link, uint64_t timeout_us);
int link_closed_fd(const struct link *link);

/* True if link_close() does not wait. is_late: the time is up, so it is also true of a thread that
 * is blocked in the MQTT library. */
bool link_is_closed(struct link *link, bool is_late);
