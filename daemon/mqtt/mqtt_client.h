/* SPDX-License-Identifier: MIT */
/*
 * One MQTT connection. Only the files with mqtt_client_internal.h use the MQTT library, Eclipse
 * Paho C. After a connection has ended, it is discarded with everything that the library keeps for
 * it, and a new one is made. Nothing is lost, since all that matters is in the outbox.
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
	MQTT_CLIENT_CORRELATION_MAX = 1024, /* for publishing */
	/*
	 * The limit that we give to an MQTT 5 broker. It drops longer messages, which would only
	 * take memory here. It is well above the largest action, so an action that is a little too
	 * long still gets an answer that says why.
	 */
	MQTT_CLIENT_INBOUND_MAX = 128 * 1024,
};

struct mqtt_will {
	const char *topic, *payload;
	unsigned qos;
	bool retain;
};

/* What the user calls the settings that a cure is about. */
struct mqtt_client_words {
	const char *user; /* where user and password come from: "see ..." */
	const char *url, *ca, *cert, *key;
};

struct mqtt_client_settings {
	const struct config_mqtt *mqtt;
	const char *url;      /* one of mqtt->urls */
	const char *path;     /* of a socket of this machine to connect to instead; NULL: none */
	const char *password; /* NULL: none */
	int version;          /* CONFIG_MQTT_VERSION_3_1_1 or _5 */
	struct mqtt_will will;
	/* The features that are lowered for this URL. Updated; must outlive the client. */
	struct broker_offer *offer;
	const struct mqtt_client_words *words; /* NULL: the device map's keys */
};

struct mqtt_client;

/* Sets up the library for the process, and clears environment variables that would divert it to a
 * proxy. Call it once, before there is any thread. */
void mqtt_client_prepare_environment(void);

/*
 * Connects to each address of the name until one answers, and tries again if the broker wants
 * something lowered (settings->offer). Blocks, usually for at most 8 s, with several addresses for
 * 20 s, and longer if a resolver does not answer.
 *
 * 0; -EPROTONOSUPPORT: another MQTT version may work; -EKEYREJECTED: the broker refused user and
 * password; another negative errno. On failure, error (MQTT_CLIENT_ERROR_MAX bytes) has the reason
 * for the user.
 */
int mqtt_client_connect(
	const struct mqtt_client_settings *settings, char *error, struct mqtt_client **ret_client);

/* True if the broker kept our session. Some versions of the library never tell with MQTT 5: false.
 * */
bool mqtt_client_session_present(const struct mqtt_client *client);

/* The socket, only to be polled. */
int mqtt_client_fd(const struct mqtt_client *client);

/* The features that this broker is known to lack: BROKER_OFFER_... */
unsigned mqtt_client_lowered(const struct mqtt_client *client);

/* True if the broker says what it lacks (MQTT 5); otherwise it was found by trying. */
bool mqtt_client_says_why(const struct mqtt_client *client);

/* The longest time between calls of mqtt_client_receive() that the keepalive allows. */
int mqtt_client_tick_ms(const struct mqtt_client *client);

struct mqtt_filter {
	const char *topic;
	unsigned qos;    /* 0 or 1 */
	bool news_alone; /* with MQTT 5 only what is published from now on */
	bool of_others;  /* with MQTT 5 not what this client publishes */
};

/*
 * Subscribes. ret_codes (n of them) get the broker's answers: 0 to 2, or 0x80 and above if refused.
 * Blocks for at most 10 s. -ENOTCONN: there was no answer, and the connection is gone.
 */
int mqtt_client_subscribe(
	struct mqtt_client *client, const struct mqtt_filter *filters, size_t n, int *ret_codes);

/* Words for a reason code. Static. */
const char *mqtt_client_reason(const struct mqtt_client *client, int code);

struct mqtt_publish {
	const char *topic;
	const void *payload;
	size_t size;
	unsigned qos;
	bool retain;
	const char *response_topic; /* sent with MQTT 5 only, as is the next; NULL: none */
	const void *correlation;
	size_t correlation_size;
	uint64_t id;    /* returned with the acknowledgement */
	unsigned kind;  /* for counting */
	bool optional;  /* returned too */
	uint64_t at_us; /* the present time */
};

/* The number of messages that may be in flight. */
size_t mqtt_client_window(const struct mqtt_client *client);

/* The largest packet that the broker takes, in bytes; 0: it names no limit. */
size_t mqtt_client_packet_max(const struct mqtt_client *client);

const struct in_flight *mqtt_client_in_flight(const struct mqtt_client *client);

/*
 * True if a message of that size can be written now without waiting for the network. If not, there
 * is nothing to poll for: ask again in some milliseconds.
 */
bool mqtt_client_has_room(struct mqtt_client *client, size_t size);

/*
 * Publishes a message. 1: in flight, see mqtt_client_acknowledged(). 0: written, and that is all
 * (QoS 0). -EMSGSIZE, -EINVAL: this broker can never take it. -ENOTCONN: the connection is gone.
 * Does not block if there was room. Must not be called with a full window.
 */
int mqtt_client_publish(struct mqtt_client *client, const struct mqtt_publish *message);

struct mqtt_inbound {
	const char *topic;
	const uint8_t *payload;
	size_t size;
	unsigned qos;
	bool retained;
	bool repeated;              /* the broker may have sent it before */
	const char *response_topic; /* not NUL-terminated; NULL: none */
	size_t response_topic_size;
	const void *correlation;
	size_t correlation_size;
	void *owned[2];
};

/*
 * True if the last bytes may be the beginning of a message, whose rest may have any size. With TLS
 * this cannot be seen, so it is always true.
 */
bool mqtt_client_in_message(const struct mqtt_client *client);

/* The smallest size in bytes of a message on that topic, on the wire without TLS. */
size_t mqtt_client_size_min(const char *topic);

/*
 * Asked after a message: true if there may be another one. This is much cheaper than a receive that
 * finds nothing.
 */
bool mqtt_client_may_have_more(const struct mqtt_client *client);

/* True if the next packet is a message with QoS, which the broker keeps if it is not received. With
 * TLS this cannot be seen, so it is always false. */
bool mqtt_client_next_is_kept(const struct mqtt_client *client);

/* 1: a message, which the caller frees. 0: nothing more for now. -ENOTCONN: the connection is gone.
 * Does not block. */
int mqtt_client_receive(struct mqtt_client *client, struct mqtt_inbound *ret_inbound);
void mqtt_inbound_free(struct mqtt_inbound *inbound);

/* Why the broker ends the connection, if it said so (MQTT 5, and not with TLS); or NULL. Owned by
 * the client. */
const struct broker_farewell *mqtt_client_farewell(const struct mqtt_client *client);

/* The next message that was acknowledged since the last call. Call it after receiving. */
bool mqtt_client_acknowledged(struct mqtt_client *client, struct in_flight_entry *ret_entry);

/*
 * Call this when the connection has ended. by_broker: the broker closed or reset it. Returns true
 * if the cause may be a message that asks for more than the broker supports. After some more of
 * those, the offer to it is lowered.
 */
bool mqtt_client_ended(struct mqtt_client *client, bool by_broker, uint64_t now_us);

/* Breaks the connection without a DISCONNECT, so that the broker publishes the will. Close it
 * afterwards. */
void mqtt_client_break(struct mqtt_client *client);

/* Disconnects if still connected, without waiting for anything. Returns NULL. */
struct mqtt_client *mqtt_client_close(struct mqtt_client *client);
