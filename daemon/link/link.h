/* SPDX-License-Identifier: MIT */
/*
 * The connection to the broker: one thread that owns the MQTT client. It connects and reconnects,
 * sends what is in the outbox, and turns what comes in into records on the main thread's queue. It
 * never touches hardware.
 *
 * The MQTT library would bring a thread and callbacks of its own: its asynchronous mode. It is used
 * in the synchronous one, since the other costs what a gateway must not. The library's thread looks
 * at the socket every 100 ms, whether there is anything or not: ten wake-ups a second for nothing,
 * and whoever starts or ends waits for its next look (230 ms to the first reading, 100 ms to the
 * end). To publish from a callback deadlocks or uses a freed stack. And it never sets TCP_NODELAY,
 * so that an answer behind another message waits 40 ms for that one's delayed ACK.
 *
 * What that asks of this thread instead: all calls come from it alone. It finds the socket, which
 * the library does not tell, among the process's own, sets it up and sleeps on it together with the
 * outbox (link_wait.c). It asks the library when there is something, until nothing is left, since
 * with TLS the library may hold what the socket no longer shows; and on a tick, a quarter of the
 * keepalive, or no ping would be sent. Where the library waits for the network, in connecting,
 * subscribing and the farewell, the thread can be given up (link.c); what a frozen broker does not
 * take stays in the outbox and is not handed over (link_outbound.c).
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
	LINK_SUBSCRIPTIONS_MAX = 32,
	LINK_BROKER_MAX = 1024,
};

enum link_event_kind {
	LINK_EVENT_MESSAGE,
	LINK_EVENT_CONNECTED,    /* subscribed, and the outbox flows. Before the first message */
	LINK_EVENT_DISCONNECTED, /* also when a connection could not be made for the first time */
	/* After CONNECTED, once what is retained has been sent: which broker it is. The payload is
	 * its URL and then what goes without there, each with a NUL at its end. */
	LINK_EVENT_BROKER,
	LINK_EVENT_HEARD, /* the broker answered; only while guarded, and at most four times in each
			     guard time */
	LINK_EVENT_PONG,  /* the answer to link_ping() */
};

/* A record on the queue to main. After it stand, for a message: response topic (NUL-terminated),
 * correlation data, payload. */
struct link_event {
	enum link_event_kind kind;
	uint64_t at_us; /* CLOCK_MONOTONIC */
	unsigned topic; /* message: index into link_settings.subscriptions */
	bool retained;
	/* What is over LINK_TOPIC_MAX or LINK_CORRELATION_MAX is left out and told. */
	bool response_topic_too_long, correlation_too_long;
	uint16_t response_topic_size; /* with its NUL; 0: none */
	uint16_t correlation_size;
	uint32_t payload_size; /* that follow here */
	uint64_t true_size;    /* as it came */
};

/*
 * A topic to subscribe to, with QoS 1. Without a required one the gateway does not do its work: its
 * refusal is an error. An optional one is left out where the broker refuses it, which is logged
 * once, and where the connection ends over it twice.
 */
struct link_subscription {
	const char *topic; /* whole */
	bool required;
};

/* The outbox and the queue are borrowed until link_close() returns, the rest is copied. */
struct link_settings {
	const struct config_mqtt *mqtt;
	struct credentials_places credentials;
	const struct link_subscription *subscriptions; /* at most LINK_SUBSCRIPTIONS_MAX */
	size_t n_subscriptions;
	const char *reading_topic, *backlog_topic, *status_topic;
	const char *event_topic, *event_backlog_topic;
	uint64_t answer_us; /* see link_set_answer() */
	struct outbox *outbox;
	/* To main, of at least 64 KiB. When it is full, the link stops reading from the broker
	 * until there is room. */
	struct queue *events;
};

struct link;

/* Everything that can fail, and nothing that the broker or another link would notice. */
int link_new(const struct link_settings *settings, struct link **ret_link);

/* Connects, now and for ever. Cannot fail. Once, when no other link is left. */
void link_start(struct link *link);

/*
 * A motor runs: from now on make sure that the broker has a reason to answer (an acknowledged
 * publish) at least four times in guard_us, and report LINK_EVENT_HEARD. 0: no longer.
 */
void link_guard(struct link *link, uint64_t guard_us);

/* How long a message may be without its acknowledgement, at least 5 s: then the broker is of no
 * use, and the next one is tried. */
void link_set_answer(struct link *link, uint64_t answer_us);

/* Asks the thread for LINK_EVENT_PONG: it answers when its loop turns, so also in an outage, but
 * late while the library blocks in a connect. */
void link_ping(struct link *link);

/*
 * Whether the thread is in a call that waits for the network, and has been for less than limit_us.
 */
bool link_waits_for_network(struct link *link, uint64_t limit_us);

/*
 * Sends what still can be sent, publishes "offline", disconnects, ends the thread; all within
 * timeout_us, broker or no broker. Then frees. Returns NULL; link may be NULL.
 *
 * A thread that is blocked in the MQTT library at that time is left behind; it ends when it comes
 * back. From then on the process ends without the exit handlers that were registered before.
 */
struct link *link_close(struct link *link, uint64_t timeout_us);
