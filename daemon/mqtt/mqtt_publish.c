/* SPDX-License-Identifier: MIT */
/* Messages that go out, and their acknowledgements. */
#include "mqtt_client_internal.h"

#include "broker_socket.h"
#include <errno.h>
#include <string.h>

enum {
	/* With no more than this much in the socket, it takes a message of the largest size without
	 * blocking. */
	UNSENT_MAX = BROKER_SOCKET_ROOM / 2,
	PUBACK = 4, /* the packet's type */
};

bool mqtt_client_has_room(struct mqtt_client *client, size_t size)
{
	/*
	 * Asks the kernel only if all that was written since the last time could be too much.
	 */
	if (client->unsent_max + size > UNSENT_MAX)
		client->unsent_max = broker_socket_unsent(client->fd);
	return client->unsent_max == 0 || client->unsent_max + size <= UNSENT_MAX;
}

size_t mqtt_client_size_min(const char *topic)
{
	/* Fixed header, and the length of the topic. */
	return 2 + 2 + strlen(topic);
}

static int add_correlation(MQTTProperties *properties, const struct mqtt_publish *message)
{
	MQTTProperty property = {.identifier = MQTTPROPERTY_CODE_CORRELATION_DATA};
	char copy[MQTT_CLIENT_CORRELATION_MAX];

	if (message->correlation_size == 0)
		return 0;
	if (message->correlation_size > sizeof(copy))
		return -EMSGSIZE;
	/* The library's parameter is not const, although it only copies the data. */
	memcpy(copy, message->correlation, message->correlation_size);
	property.value.data = (MQTTLenString){(int)message->correlation_size, copy};
	return MQTTProperties_add(properties, &property) == 0 ? 0 : -ENOMEM;
}

static int add_response_topic(MQTTProperties *properties, const struct mqtt_publish *message)
{
	MQTTProperty property = {.identifier = MQTTPROPERTY_CODE_RESPONSE_TOPIC};
	char copy[MQTT_CLIENT_CORRELATION_MAX];
	size_t size = message->response_topic ? strlen(message->response_topic) : 0;

	if (size == 0)
		return 0;
	if (size > sizeof(copy))
		return -EMSGSIZE;
	memcpy(copy, message->response_topic, size);
	property.value.data = (MQTTLenString){(int)size, copy};
	return MQTTProperties_add(properties, &property) == 0 ? 0 : -ENOMEM;
}

/* Turns the library's code into an errno, about the message or about the connection. */
static int translate(int code)
{
	switch (code) {
	case MQTTCLIENT_SUCCESS:
		return 0;
	case MQTTCLIENT_BAD_UTF8_STRING:
	case MQTTCLIENT_NULL_PARAMETER:
	case MQTTCLIENT_BAD_QOS:
		return -EINVAL;
	default:
		return -ENOTCONN;
	}
}

/* An upper limit for the PUBLISH: fixed header 5, packet id 2, lengths of topic, properties and
 * correlation data 2 + 4 + 3, and 3 of a response topic. */
static size_t packet_size_max(const struct mqtt_publish *message)
{
	size_t response = message->response_topic ? 3 + strlen(message->response_topic) : 0;

	return 16 + strlen(message->topic) + response + message->correlation_size + message->size;
}

int mqtt_client_publish(struct mqtt_client *client, const struct mqtt_publish *message)
{
	MQTTProperties properties = MQTTProperties_initializer;
	unsigned wanted_qos = mqtt_least(message->qos, client->wanted_qos_max);
	unsigned qos = mqtt_least(wanted_qos, client->qos_max);
	struct in_flight_entry entry = {
		.id = message->id,
		.kind = message->kind,
		.qos = qos,
		.wanted_qos = wanted_qos,
		.wanted_retain = message->retain,
		.optional = message->optional,
		.at_us = message->at_us,
	};
	MQTTResponse response;
	int r = 0;

	if (client->packet_max > 0 && packet_size_max(message) > client->packet_max)
		return -EMSGSIZE;
	if (client->version == CONFIG_MQTT_VERSION_5)
		r = add_correlation(&properties, message);
	if (r == 0 && client->version == CONFIG_MQTT_VERSION_5)
		r = add_response_topic(&properties, message);
	if (r < 0) {
		MQTTProperties_free(&properties);
		return r;
	}

	client->early_token = -1;
	client->unsent_max += packet_size_max(message) + MQTT_OVERHEAD_BYTES;
	response = MQTTClient_publish5(client->handle, message->topic, (int)message->size,
		message->payload, (int)qos, message->retain && client->has_retain, &properties,
		&entry.token);
	/* It waits for room if there is none. */
	client->may_hold = client->may_hold || client->unsent_max > UNSENT_MAX;
	r = translate((int)response.reasonCode);
	MQTTResponse_free(response);
	MQTTProperties_free(&properties);
	/* For a QoS above 0 the library returns success even if the connection broke meanwhile. */
	if (r == 0 && !MQTTClient_isConnected(client->handle))
		r = -ENOTCONN;
	if (r == 0 && qos == 0)
		mqtt_client_note_plain(client, &entry);
	if (r < 0 || qos == 0)
		return r;

	entry.done =
		entry.token == client->early_token && !(qos == 2 && client->early_type == PUBACK);
	entry.reason = entry.done ? client->early_reason : 0;
	memcpy(entry.topic, message->topic,
		strnlen(message->topic, sizeof(entry.topic) - 1)); /* the rest is zero */
	in_flight_add(&client->in_flight, &entry);
	return 1;
}

/* Some brokers answer QoS 2 with PUBACK. That ends nothing: the library waits for the PUBREC. */
static bool is_end(const struct mqtt_client *client, int token, int packet_type)
{
	for (size_t i = 0; packet_type == PUBACK && i < client->in_flight.count; i++) {
		const struct in_flight_entry *entry = &client->in_flight.entries[i];

		if (entry->token == token && entry->qos == 2)
			return false;
	}
	return true;
}

void mqtt_client_on_published(void *context, int token, int packet_type, MQTTProperties *properties,
	enum MQTTReasonCodes reason)
{
	struct mqtt_client *client = context;

	(void)properties;
	client->acknowledged = true;
	if (!is_end(client, token, packet_type))
		return;
	if (!in_flight_done(&client->in_flight, token, (int)reason)) {
		client->early_token = token;
		client->early_reason = (int)reason;
		client->early_type = packet_type;
	}
}

void mqtt_client_note_acknowledged(struct mqtt_client *client)
{
	MQTTClient_deliveryToken *tokens = NULL;

	if (client->version == CONFIG_MQTT_VERSION_5 || client->in_flight.count == 0 ||
		!MQTTClient_isConnected(client->handle) ||
		MQTTClient_getPendingDeliveryTokens(client->handle, &tokens) != MQTTCLIENT_SUCCESS)
		return;
	client->acknowledged = in_flight_keep(&client->in_flight, tokens) || client->acknowledged;
	MQTTClient_free(tokens);
}

bool mqtt_client_acknowledged(struct mqtt_client *client, struct in_flight_entry *ret_entry)
{
	if (!in_flight_take_done(&client->in_flight, ret_entry)) {
		mqtt_client_note_acknowledged(client);
		if (!in_flight_take_done(&client->in_flight, ret_entry))
			return false;
	}
	if (client->version != CONFIG_MQTT_VERSION_5) {
		const struct broker_packet packet = {
			.retain = ret_entry->wanted_retain,
			.qos = ret_entry->wanted_qos,
		};

		broker_offer_took(client->offer, &packet, ret_entry->at_us);
	}
	return true;
}
