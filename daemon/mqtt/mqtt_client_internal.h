/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files that use the library only.
 *
 *   mqtt_client.c   what a connection is, and its subscriptions
 *   mqtt_connect.c  makes it
 *   mqtt_publish.c  messages that go out, and their acknowledgements
 *   mqtt_reason.c   why it could not be made
 *   mqtt_receive.c  packets that come in
 *   mqtt_suspect.c  what the broker disliked
 */
#pragma once

#include "mqtt_client.h"

#include "broker_address.h"
#include "config_url.h"
#include <MQTTClient.h>

enum {
	MQTT_CONNECT_TIMEOUT_S = 5,
	/* Added to a packet by TLS. The packets that the library writes by itself, which are
	 * acknowledgements and pings, are smaller. */
	MQTT_OVERHEAD_BYTES = 64,
};

struct mqtt_client {
	MQTTClient handle;
	int fd; /* the library's */
	int version;
	bool tls;
	bool session_present;
	unsigned keepalive_s;
	struct broker_offer *offer; /* the link's */
	unsigned lowered;           /* BROKER_OFFER_..., including what the broker said itself */
	unsigned said;              /* the part that the broker said for this connection */
	struct broker_packet plain; /* a message lowered to QoS 0, as it should have been */
	uint64_t plain_us;          /* when the first of those was sent; 0: none was */
	bool plain_taken;           /* the connection outlived it */

	/* Limits from the broker's MQTT 5 CONNACK. */
	size_t window;
	unsigned qos_max;
	unsigned wanted_qos_max; /* if nothing were lowered for the broker */
	bool has_retain;
	size_t packet_max; /* 0: no limit */

	bool has_farewell;
	struct broker_farewell farewell; /* why the broker ends the connection */
	size_t unsent_max; /* upper limit of the bytes that the peer has not yet taken */
	struct in_flight in_flight;
	bool in_message;   /* see mqtt_client_in_message() */
	bool acknowledged; /* something was acknowledged since this was cleared */
	/* The library has waited for something else and received meanwhile: it may hold messages
	 * that the socket no longer shows. */
	bool may_hold;
	/* An acknowledgement that arrived before the library returned the message's token. */
	int early_token, early_reason, early_type;
};

/* One attempt to connect, at one address. */
struct mqtt_attempt {
	const struct mqtt_client_settings *settings;
	struct config_url url;
	const struct broker_address *address;
	struct mqtt_will will; /* as it is sent; without a topic: no will */
	unsigned keepalive_s;  /* asked for */
	uint64_t begin_us;
	char tls_error[160]; /* the last message of the library's TLS */
	bool is_refused;     /* the broker answered, so its other addresses would not help */
	char *error;         /* MQTT_CLIENT_ERROR_MAX */
};

/* What the user calls the settings. Never NULL. */
const struct mqtt_client_words *mqtt_attempt_words(const struct mqtt_client_settings *settings);

/* Writes the reason into the attempt's error, and returns result. */
__attribute__((format(printf, 3, 4))) int mqtt_attempt_fail(
	const struct mqtt_attempt *attempt, int result, const char *format, ...);

/* The broker answered with that code. Returns as mqtt_client_connect(), or -EAGAIN: something was
 * lowered for it, so it is worth trying again at once. */
int mqtt_attempt_refused(struct mqtt_attempt *attempt, const struct mqtt_client *client, int code);

/* For a failure that the library does not explain. error: of its connect(), or 0. Returns as
 * mqtt_client_connect(). */
int mqtt_attempt_find_reason(struct mqtt_attempt *attempt, int error);

/* The library calls it, within one of our calls, for each PUBACK, PUBCOMP and failed PUBREC of MQTT
 * 5. */
void mqtt_client_on_published(void *client, int token, int packet_type, MQTTProperties *properties,
	enum MQTTReasonCodes reason);

/* With 3.1.1 there is no callback in this mode: a token that is no longer pending was acknowledged.
 */
void mqtt_client_note_acknowledged(struct mqtt_client *client);

/* A message went out with QoS 0, which is not acknowledged. But if the broker does not take it, it
 * closes the connection soon. */
void mqtt_client_note_plain(struct mqtt_client *client, const struct in_flight_entry *message);

static inline unsigned mqtt_least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}
