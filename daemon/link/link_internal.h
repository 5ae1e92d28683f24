/* SPDX-License-Identifier: MIT */
/*
 * Shared by the link's own files.
 *
 *   link.c            the public side, the thread and how it ends
 *   link_settings.c   copies what the link was given
 *   link_connect.c    chooses URL and MQTT version, and when to try again; tells the user
 *   link_session.c    one connection, from the SUBSCRIBE to its end
 *   link_subscribe.c  subscribes
 *   link_ask_again.c  asks again for subscriptions that were refused
 *   link_status.c     notices what others say on the status topic
 *   link_reduced.c    for the health: lists what this broker goes without
 *   link_outbound.c   from the outbox to the broker
 *   link_postpone.c   keeps what the broker refuses for now, and sends it again
 *   broker_watch.c    judges whether the broker does its part
 *   url_turn.c        chooses the next broker
 *   link_offers.c     tells about a broker that supports less, or ends the connection with a reason
 *   link_wait.c       how the connection's thread sleeps
 *   link_events.c     reports to the main thread
 *   link_log.c        messages in the debug log
 */
#pragma once

#include "backoff.h"
#include "left_out.h"
#include "link.h"
#include "mqtt_client.h"
#include "network_watch.h"
#include "refusals.h"
#include "url_turn.h"
#include <pthread.h>
#include <stdatomic.h>

/* Reports to the main thread that wait for room in the queue: none may be lost. */
struct link_events {
	struct queue *queue;
	int room_fd; /* readable when the queue has room again */
	bool full;   /* waiting for room_fd */
	bool broker_due, state_due, hearing_due, pong_due, heard_due;
	bool is_deaf;                 /* of the connection, as LINK_EVENT_CONNECTED has it */
	char broker[LINK_BROKER_MAX]; /* as LINK_EVENT_BROKER has it */
	size_t broker_size, packet_max;
	enum link_event_kind state; /* the latest of CONNECTED and DISCONNECTED */
	uint64_t state_us, heard_us;
	uint64_t connections; /* made so far */
};

int link_events_init(struct link_events *events, struct queue *queue);
void link_events_fini(struct link_events *events);

/* To be called when room_fd is readable. */
void link_events_room(struct link_events *events);

/* Sets the newest of CONNECTED and DISCONNECTED, which is told once. */
void link_events_set_state(struct link_events *events, enum link_event_kind state);

/* A vital subscription, which had been refused, is granted now. */
void link_events_set_hearing(struct link_events *events);

/* Sets which broker it is, as LINK_EVENT_BROKER has it: the newest one is told. */
void link_events_set_broker(
	struct link_events *events, const char *texts, size_t size, size_t packet_max);

/* Tells main all that is due. Returns false if the queue is full: room_fd will be readable. */
bool link_events_flush(struct link_events *events);

/* Returns true if a message of any size fits now; false as link_events_flush(). */
bool link_events_has_room(struct link_events *events);
void link_events_push_message(struct link_events *events, unsigned topic, const char *levels,
	const struct mqtt_inbound *inbound);

/* Requests of other threads to the link. */
struct link_commands {
	bool started;
	bool closing;
	uint64_t close_by_us;
	uint64_t guard_us;
	uint64_t answer_us;
};

/* How a connection ended. */
enum link_end_kind {
	LINK_END_BROKEN,       /* not by us */
	LINK_END_CLOSED,       /* as wanted */
	LINK_END_UNSUBSCRIBED, /* the subscription was not answered, or refused */
	LINK_END_SILENT,       /* the broker does not answer any more */
	LINK_END_UNANSWERED,   /* the broker does not acknowledge a message */
	LINK_END_QOS_2,        /* the broker does not complete QoS 2; QoS 1 is next */
};

struct link_end {
	enum link_end_kind kind;
	const char *why;   /* static or the link's; NULL: closed as wanted */
	bool is_explained; /* why is the cause, or the search for the cause is under way */
	bool by_broker;    /* it closed or reset the connection */
};

/* One of the map's URLs, with what was learnt about its broker. */
struct link_url {
	struct left_out left_out;            /* topics that are not published there */
	struct broker_offer offer;           /* what is lowered for this broker */
	unsigned lowered_told;               /* the part of it that the user was told */
	bool fell_back;                      /* version auto has found that only 3.1.1 works */
	uint64_t qos_1_until_us;             /* until then QoS 1, since QoS 2 did not work */
	char failure[MQTT_CLIENT_ERROR_MAX]; /* the last one; "": none */
	struct log_limit failure_limit;
};

/* The link's own copies of what it was given. */
struct link_copies {
	struct config_mqtt mqtt;
	char **texts;
	size_t n_texts;
	char **urls;
	struct link_subscription *subscriptions;
	bool failed;
};

/* 0 or -ENOMEM; link_settings_free() in both cases. The outbox and the queue stay borrowed. */
int link_settings_copy(const struct link_settings *from, struct link_copies *copies,
	struct link_settings *ret_settings);
void link_settings_free(struct link_copies *copies);

struct link {
	struct link_settings settings; /* point into the copies */
	struct link_copies copies;
	pthread_t thread;
	int command_fd;
	/* A command waits, and command_fd is readable. Set with the mutex held; lets the thread see
	 * without it that there is none. */
	atomic_bool commanded;

	pthread_mutex_t mutex; /* over the next block */
	pthread_cond_t changed;
	struct link_commands commands;
	int ended_fd; /* readable when the thread has ended */
	bool pong_wanted;
	bool in_library; /* the thread is in a call that may block */
	uint64_t in_library_since_us;
	bool abandoned; /* nobody waits for the thread, and what was borrowed may be gone */
	bool ended;

	/* The thread's own. */
	struct link_events events;
	struct backoff backoff;
	struct network_watch network; /* from the first wait until connected */
	struct link_url *urls;        /* as many as the settings have */
	struct url_turn turn;
	int version;               /* of the connection: CONFIG_MQTT_VERSION_3_1_1 or _5 */
	struct refusals rejected;  /* by the broker */
	struct refusals postponed; /* those that are sent again */
	/* Connections left in a row because the broker refused for too long; below the URLs. */
	size_t refused_moves;
	unsigned refused_subscribes;          /* connections in a row that were given up for it */
	char farewell[MQTT_CLIENT_ERROR_MAX]; /* the broker's words at the end */
	unsigned short_lived;                 /* connections in a row that broke soon */
	unsigned losses[LINK_NEEDS];          /* connections that ended over such a subscription */
	/* By the index of the subscription: its refusal was logged. */
	bool refusal_told[LINK_SUBSCRIPTIONS_MAX];
	struct log_limit still_refused; /* lines about one that the gateway needs */
	struct backoff status_pause;    /* until the status may be set right again */
	struct outbox_message message;  /* the one being sent; last, since little of it is in use */
};

/*
 * Stand around every call that may block on the network. link_leave_library() returns -ECANCELED
 * when link_close() has given up waiting: then the thread must touch nothing that is borrowed. It
 * frees what is its own, and ends.
 */
void link_enter_library(struct link *link);
int link_leave_library(struct link *link);

struct link_commands link_take_commands(struct link *link);

/* Any number, evenly distributed. */
uint32_t link_random_number(void);

/* Returns how long to wait before the next attempt. */
uint32_t link_next_wait_ms(struct link *link);

/* Tries the URL whose turn it is. 0; -ECANCELED; another negative errno: try again in
 * *ret_wait_ms, with the next one. */
int link_connect(struct link *link, struct mqtt_client **ret_client, uint32_t *ret_wait_ms);

/*
 * Uses the connection until it ends or the link is closed. Closes the client. 0, or -ECANCELED.
 */
int link_session_run(struct link *link, struct mqtt_client *client, struct link_end *ret_end);

/* True for a reason code of PUBACK or SUBACK that is about the broker's state, not about us. */
bool link_refusal_may_pass(const struct link *link, int code);

/* Logs how many messages the broker has refused besides those already logged, when it is time. */
void link_tell_rejected(struct link *link, uint64_t now_us);

/* Logs the connection, once the subscriptions that the gateway needs have been answered. */
void link_log_connected(struct link *link, const struct mqtt_client *client);

/* At debug level: "-> tos/status, qos 1, retained: online". */
void link_log_sent(const struct mqtt_publish *message);
void link_log_received(const struct mqtt_inbound *inbound);
