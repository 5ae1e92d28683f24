/* SPDX-License-Identifier: MIT */
/*
 * One MQTT connection. mqtt_client.c, mqtt_connect.c and mqtt_reason.c are the only files that know
 * the MQTT library (Eclipse Paho C); a connection that ended is thrown away, with all that the
 * library keeps for it, and a new one made, since what must not be lost is in the outbox.
 *
 * The library is used in its synchronous mode: no callbacks on other threads, no thread of its own.
 * The owner's thread makes all calls, polls mqtt_client_fd() itself, and calls
 * mqtt_client_receive() when it is readable or mqtt_client_tick_ms() have passed.
 */
#pragma once

#include "broker_farewell.h"
#include "broker_offer.h"
#include "config.h"
#include "in_flight.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MQTT_CLIENT_ERROR_MAX = 320,
	MQTT_CLIENT_CORRELATION_MAX = 1024, /* of what is published */
	/*
	 * What we ask an MQTT 5 broker to keep to: it drops a longer message, which would only take
	 * memory here. Well above the greatest action, so that one that is somewhat too long is
	 * answered why.
	 */
	MQTT_CLIENT_INBOUND_MAX = 128 * 1024,
};

struct mqtt_will {
	const char *topic, *payload;
	unsigned qos;
	bool retain;
};

struct mqtt_client_settings {
	const struct config_mqtt *mqtt;
	const char *url;      /* one of mqtt->urls */
	const char *password; /* NULL: none */
	int version;          /* CONFIG_MQTT_VERSION_3_1_1 or _5 */
	struct mqtt_will will;
	/* Of this URL: what is lowered. Updated; must outlive the client. */
	struct broker_offer *offer;
};

struct mqtt_client;

/* Of the process: the library's own set-up, and an environment that does not divert it to a proxy.
 * Once, before there is any thread. */
void mqtt_client_prepare_environment(void);

/*
 * Connects, to each address of the name until one answers, and once more where the broker wants
 * something lowered (settings->offer). Blocks, usually for at most 8 s, with several addresses for
 * 20 s, longer in a resolver that gets no answer.
 * 0; -EPROTONOSUPPORT: another MQTT version may work; -EKEYREJECTED: the broker refused user and
 * password; other negative errno. On failure the reason for the user is in error
 * (MQTT_CLIENT_ERROR_MAX bytes).
 */
int mqtt_client_connect(
	const struct mqtt_client_settings *settings, char *error, struct mqtt_client **ret_client);

/* The broker kept our session. Some versions of the library do not tell with MQTT 5: then false. */
bool mqtt_client_session_present(const struct mqtt_client *client);

/* The socket. Only to be polled. */
int mqtt_client_fd(const struct mqtt_client *client);

/* What is known that this broker does not have: BROKER_OFFER_... */
unsigned mqtt_client_lowered(const struct mqtt_client *client);

/* Whether it says what it does not have (MQTT 5); otherwise it was found by trying. */
bool mqtt_client_says_why(const struct mqtt_client *client);

/* How often mqtt_client_receive() must be called at least, for the keepalive. */
int mqtt_client_tick_ms(const struct mqtt_client *client);

/*
 * QoS 1. The broker's answers go to ret_codes (n of them): 0 to 2, or from 0x80 refused. Blocks for
 * at most 10 s. -ENOTCONN: no answer, and the connection is gone.
 */
int mqtt_client_subscribe(
	struct mqtt_client *client, const char *const *topics, size_t n, int *ret_codes);

/* A reason code in words. Static. */
const char *mqtt_client_reason(const struct mqtt_client *client, int code);

struct mqtt_publish {
	const char *topic;
	const void *payload;
	size_t size;
	unsigned qos;
	bool retain;
	const void *correlation; /* sent with MQTT 5 only */
	size_t correlation_size;
	uint64_t id;    /* comes back with the acknowledgement */
	unsigned kind;  /* to count by */
	bool optional;  /* comes back, too */
	uint64_t at_us; /* now */
};

/* How many may be in flight. */
size_t mqtt_client_window(const struct mqtt_client *client);

const struct in_flight *mqtt_client_in_flight(const struct mqtt_client *client);

/*
 * Whether a message of that size can be written now without waiting for the network. When not,
 * there is nothing to poll for: ask again in some milliseconds.
 */
bool mqtt_client_has_room(struct mqtt_client *client, size_t size);

/*
 * 1: in flight, see mqtt_client_acknowledged(). 0: written, and that is all (QoS 0). -EMSGSIZE,
 * -EINVAL: this message can never be sent there. -ENOTCONN: the connection is gone. Does not block
 * when there was room, and must not be called with a full window.
 */
int mqtt_client_publish(struct mqtt_client *client, const struct mqtt_publish *message);

struct mqtt_inbound {
	const char *topic;
	const uint8_t *payload;
	size_t size;
	unsigned qos;
	bool retained;
	const char *response_topic; /* not NUL-terminated; NULL: none */
	size_t response_topic_size;
	const void *correlation;
	size_t correlation_size;
	void *owned[2];
};

/*
 * Whether what came last may be the front of a message, of which the rest may be of any size. With
 * TLS there is no telling, so it always may.
 */
bool mqtt_client_in_message(const struct mqtt_client *client);

/* The least that a message on that topic takes on the wire, in bytes. Without TLS. */
size_t mqtt_client_size_min(const char *topic);

/*
 * Asked after a message: whether there may be another one. It is much cheaper than to receive
 * nothing.
 */
bool mqtt_client_may_have_more(const struct mqtt_client *client);

/* 1: a message, to be freed. 0: nothing more for now. -ENOTCONN: the connection is gone. Does not
 * block. */
int mqtt_client_receive(struct mqtt_client *client, struct mqtt_inbound *ret_inbound);
void mqtt_inbound_free(struct mqtt_inbound *inbound);

/* Why the broker ends the connection, when it has said so (MQTT 5, and not with TLS); or NULL. The
 * client's. */
const struct broker_farewell *mqtt_client_farewell(const struct mqtt_client *client);

/* The next one that the broker has answered since the last call. Ask after receiving. */
bool mqtt_client_acknowledged(struct mqtt_client *client, struct in_flight_entry *ret_entry);

/*
 * The connection has ended; by_broker: it closed or reset it. Returns whether that may be because
 * of a message that asks for more than the broker has: then what is offered to it is lowered in the
 * end.
 */
bool mqtt_client_ended(struct mqtt_client *client, bool by_broker, uint64_t now_us);

/* Disconnects, where still connected, without waiting for anything. Returns NULL. */
struct mqtt_client *mqtt_client_close(struct mqtt_client *client);
