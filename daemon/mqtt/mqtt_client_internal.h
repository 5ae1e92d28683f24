/* SPDX-License-Identifier: MIT */
/* Shared by mqtt_client.c, mqtt_connect.c and mqtt_reason.c alone. */
#pragma once

#include "mqtt_client.h"

#include "broker_address.h"
#include "config_url.h"
#include <MQTTClient.h>

enum { MQTT_CONNECT_TIMEOUT_S = 5 };

struct mqtt_client {
	MQTTClient handle;
	int fd; /* the library's */
	int version;
	bool tls;
	bool session_present;
	unsigned keepalive_s;
	struct broker_offer *offer; /* the link's */
	unsigned lowered;           /* BROKER_OFFER_...; what the broker said itself included */
	unsigned said;              /* of that, what it said of this connection */
	struct broker_packet plain; /* a message of QoS 0 that was to be another one, and: */
	uint64_t plain_us;          /* when it was sent first; 0: none was */
	bool plain_taken;           /* the connection outlived it */

	/* What the broker asks for in an MQTT 5 CONNACK. */
	size_t window;
	unsigned qos_max;
	unsigned wanted_qos_max; /* with nothing lowered for the broker */
	bool has_retain;
	size_t packet_max; /* 0: no limit */

	bool has_farewell;
	struct broker_farewell farewell; /* why the broker ends the connection */
	size_t unsent_max; /* bytes; no more than these are written and not yet taken by the peer */
	struct in_flight in_flight;
	bool in_message;   /* see mqtt_client_in_message() */
	bool acknowledged; /* something was, since this was last cleared */
	/* An acknowledgement that came in before the library told the message's token. */
	int early_token, early_reason, early_type;
};

/* One attempt to connect, at one address. */
struct mqtt_attempt {
	const struct mqtt_client_settings *settings;
	struct config_url url;
	const struct broker_address *address;
	struct mqtt_will will; /* as it is sent; without topic: none */
	unsigned keepalive_s;  /* that is asked for */
	uint64_t begin_us;
	char tls_error[160]; /* what the library's TLS said last */
	bool is_refused;     /* the broker answered, so it is no use to try its other addresses */
	char *error;         /* MQTT_CLIENT_ERROR_MAX */
};

/* Returns result. */
__attribute__((format(printf, 3, 4))) int mqtt_attempt_fail(
	const struct mqtt_attempt *attempt, int result, const char *format, ...);

/* The broker answered with that code. Returns what mqtt_client_connect() does, or -EAGAIN: now
 * something is lowered for it, and it is worth to try again at once. */
int mqtt_attempt_refused(struct mqtt_attempt *attempt, const struct mqtt_client *client, int code);

/* The library only says that it failed. Returns what mqtt_client_connect() does. */
int mqtt_attempt_find_reason(struct mqtt_attempt *attempt);

/* Called by the library, within a call of ours, for each PUBACK, PUBCOMP and failed PUBREC of MQTT
 * 5. */
void mqtt_client_on_published(void *client, int token, int packet_type, MQTTProperties *properties,
	enum MQTTReasonCodes reason);
