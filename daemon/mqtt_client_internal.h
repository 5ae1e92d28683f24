/* SPDX-License-Identifier: MIT */
/* Shared by mqtt_client.c and mqtt_connect.c alone. */
#pragma once

#include "mqtt_client.h"

#include <MQTTClient.h>

struct mqtt_client {
	MQTTClient handle;
	int fd; /* the library's */
	int version;
	bool tls;
	bool session_present;
	unsigned keepalive_s;

	/* What the broker asks for in an MQTT 5 CONNACK. */
	size_t window;
	unsigned qos_max;
	bool has_retain;
	size_t packet_max; /* 0: no limit */

	size_t unsent_max; /* bytes; no more than these are written and not yet taken by the peer */
	struct in_flight in_flight;
	bool in_message;   /* see mqtt_client_in_message() */
	bool acknowledged; /* something was, since this was last cleared */
	/* An acknowledgement that came in before the library told the message's token. */
	int early_token, early_reason;
};

/* Called by the library, within a call of ours, for each PUBACK, PUBCOMP and failed PUBREC of MQTT
 * 5. */
void mqtt_client_on_published(void *client, int token, int packet_type, MQTTProperties *properties,
	enum MQTTReasonCodes reason);
