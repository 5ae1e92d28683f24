/* SPDX-License-Identifier: MIT */
/* Packets that come in. */
#include "mqtt_client_internal.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

enum {
	/* The library handles one packet in each call. A broker that never stops sending must not
	 * keep the loop from its other duties. */
	PACKETS_A_TURN = 256,
	/* Packets without a visible effect that may precede a message in one TLS record: an answer
	 * to a ping, and for each message in flight one step of QoS 2. */
	QUIET_PACKETS = 3,
	/* Acknowledgements may come before a farewell. */
	FAREWELL_PEEK_BYTES = 512,
};

static void fill_inbound(struct mqtt_inbound *inbound, char *topic, MQTTClient_message *message)
{
	MQTTProperty *property;

	*inbound = (struct mqtt_inbound){
		.topic = topic,
		.payload = message->payload,
		.size = (size_t)message->payloadlen,
		.qos = (unsigned)message->qos,
		.retained = message->retained != 0,
		.repeated = message->dup != 0,
		.owned = {topic, message},
	};
	property =
		MQTTProperties_getProperty(&message->properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC);
	if (property) {
		inbound->response_topic = property->value.data.data;
		inbound->response_topic_size = (size_t)property->value.data.len;
	}
	property = MQTTProperties_getProperty(
		&message->properties, MQTTPROPERTY_CODE_CORRELATION_DATA);
	if (property) {
		inbound->correlation = property->value.data.data;
		inbound->correlation_size = (size_t)property->value.data.len;
	}
}

static bool is_readable(const struct mqtt_client *client)
{
	struct pollfd poll_fd = {.fd = client->fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

bool mqtt_client_in_message(const struct mqtt_client *client)
{
	return client->tls || client->in_message;
}

bool mqtt_client_may_have_more(const struct mqtt_client *client)
{
	return client->tls || client->may_hold || is_readable(client);
}

bool mqtt_client_next_is_kept(const struct mqtt_client *client)
{
	enum { TYPE = 0xf0, PUBLISH = 0x30, QOS = 0x06 };
	uint8_t first = 0;

	if (client->tls || client->in_message || client->may_hold ||
		recv(client->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1)
		return false;
	return (first & TYPE) == PUBLISH && (first & QOS) != 0;
}

/* Looks before the library reads it and keeps it to itself. With TLS this is not possible. */
static void look_for_farewell(struct mqtt_client *client)
{
	uint8_t packets[FAREWELL_PEEK_BYTES];
	ssize_t size;

	if (client->version != CONFIG_MQTT_VERSION_5 || client->tls)
		return;
	size = recv(client->fd, packets, sizeof(packets), MSG_PEEK | MSG_DONTWAIT);
	/* It was no farewell if something follows it. */
	if (size > 0)
		client->has_farewell =
			broker_farewell_find(packets, (size_t)size, &client->farewell);
}

const struct broker_farewell *mqtt_client_farewell(const struct mqtt_client *client)
{
	return client->has_farewell ? &client->farewell : NULL;
}

int mqtt_client_receive(struct mqtt_client *client, struct mqtt_inbound *ret_inbound)
{
	/* TLS may hold decrypted packets that poll() does not show. */
	size_t quiet = client->tls ? QUIET_PACKETS + client->in_flight.count : 1;

	for (int i = 0; i < PACKETS_A_TURN; i++) {
		MQTTClient_message *message = NULL;
		char *topic = NULL;
		int topic_length = 0;
		int code;

		/* The library takes one packet in each call, so it never takes an unseen farewell.
		 * */
		look_for_farewell(client);
		client->unsent_max += MQTT_OVERHEAD_BYTES;
		client->acknowledged = false;
		code = MQTTClient_receive(client->handle, &topic, &topic_length, &message, 0);

		if (message) {
			fill_inbound(ret_inbound, topic, message);
			client->in_message = false;
			return 1;
		}
		client->may_hold = false; /* it hands over what it holds before all else */
		/* An acknowledgement just now came by a connection. Asking is dear. */
		if (code != MQTTCLIENT_SUCCESS ||
			(!client->acknowledged && !MQTTClient_isConnected(client->handle)))
			return -ENOTCONN;
		/* Right now, since the library forgets them when it notices the end. */
		mqtt_client_note_acknowledged(client);
		client->in_message = !client->acknowledged;
		if (!is_readable(client) && --quiet == 0)
			break;
	}
	return 0;
}

void mqtt_inbound_free(struct mqtt_inbound *inbound)
{
	MQTTClient_message *message = inbound->owned[1];

	MQTTClient_free(inbound->owned[0]);
	MQTTClient_freeMessage(&message);
	*inbound = (struct mqtt_inbound){0};
}
