/* SPDX-License-Identifier: MIT */
#include "mqtt_client_internal.h"

#include "broker_socket.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	NO_RETAINED = 2, /* the Retain Handling of a subscription: none of the retained ones */
	/* With no more than this much in the socket, it takes a message of the largest size without
	 * blocking. */
	UNSENT_MAX = BROKER_SOCKET_ROOM / 2,
	/* The library handles one packet in each call. A broker that never stops sending must not
	 * keep the loop from its other duties. */
	PACKETS_A_TURN = 256,
	/* Packets without a visible effect that may precede a message in one TLS record: an answer
	 * to a ping, and for each message in flight one step of QoS 2. */
	QUIET_PACKETS = 3,
	/* What TLS adds to a packet. Also more than the packets that the library writes by itself:
	 * acknowledgements, pings. */
	OVERHEAD_BYTES = 64,
	/* Acknowledgements may come before a farewell. */
	FAREWELL_PEEK_BYTES = 512,
	PUBACK = 4, /* the packet's type */
};

/* If a broker does not like a message, it closes the connection within this time. */
#define BEHIND_US (5 * UINT64_C(1000000))

bool mqtt_client_session_present(const struct mqtt_client *client)
{
	return client->session_present;
}

int mqtt_client_fd(const struct mqtt_client *client)
{
	return client->fd;
}

unsigned mqtt_client_lowered(const struct mqtt_client *client)
{
	return client->said | broker_offer_known(client->offer);
}

bool mqtt_client_says_why(const struct mqtt_client *client)
{
	return client->version == CONFIG_MQTT_VERSION_5;
}

int mqtt_client_tick_ms(const struct mqtt_client *client)
{
	return client->keepalive_s > 0 ? (int)client->keepalive_s * 1000 / 4 : 60 * 1000;
}

size_t mqtt_client_packet_max(const struct mqtt_client *client)
{
	return client->packet_max;
}

size_t mqtt_client_window(const struct mqtt_client *client)
{
	return client->window;
}

const struct in_flight *mqtt_client_in_flight(const struct mqtt_client *client)
{
	return &client->in_flight;
}

const char *mqtt_client_reason(const struct mqtt_client *client, int code)
{
	const char *words = NULL;

	if (client->version == CONFIG_MQTT_VERSION_5)
		words = MQTTReasonCode_toString((enum MQTTReasonCodes)code);
	return words ? words : "refused";
}

static MQTTSubscribe_options options_of(const struct mqtt_filter *filter)
{
	MQTTSubscribe_options options = MQTTSubscribe_options_initializer;

	/* Without it, a retained command that arrives while we are subscribed looks like any
	 * other. */
	options.retainAsPublished = !filter->news_alone;
	options.noLocal = filter->of_others;
	options.retainHandling = filter->news_alone ? NO_RETAINED : 0;
	return options;
}

int mqtt_client_subscribe(
	struct mqtt_client *client, const struct mqtt_filter *filters, size_t n, int *ret_codes)
{
	char **topics = calloc(n, sizeof(*topics));
	int *codes = calloc(n, sizeof(*codes));
	MQTTSubscribe_options *options = calloc(n, sizeof(*options));
	MQTTResponse response;
	int r = topics && codes && options ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++) {
		options[i] = options_of(&filters[i]);
		codes[i] = filters[i].news_alone ? 0 : 1;
		topics[i] = strdup(filters[i].topic);
		if (!topics[i])
			r = -ENOMEM;
	}
	if (r == 0) {
		response = MQTTClient_subscribeMany5(
			client->handle, (int)n, topics, codes, options, NULL);
		/* With 3.1.1 the library puts the answers in place of the QoS that it was given. */
		if (client->version == CONFIG_MQTT_VERSION_5 && response.reasonCodeCount == 1)
			codes[0] = (int)response.reasonCode;
		for (int i = 0; response.reasonCodes && i < response.reasonCodeCount; i++)
			codes[i < (int)n ? i : 0] = (int)response.reasonCodes[i];
		if ((int)response.reasonCode < 0 || !MQTTClient_isConnected(client->handle))
			r = -ENOTCONN;
		MQTTResponse_free(response);
	}
	if (r == 0)
		memcpy(ret_codes, codes, n * sizeof(*codes));
	for (size_t i = 0; topics && i < n; i++)
		free(topics[i]);
	free(topics);
	free(options);
	free(codes);
	return r;
}

bool mqtt_client_has_room(struct mqtt_client *client, size_t size)
{
	/*
	 * Asks the kernel only if all that was written since the last time could be too much.
	 */
	if (client->unsent_max + size > UNSENT_MAX)
		client->unsent_max = broker_socket_unsent(client->fd);
	return client->unsent_max == 0 || client->unsent_max + size <= UNSENT_MAX;
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

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* QoS 0 is not acknowledged. But if the broker does not take it, it closes the connection soon. */
static void note_plain(struct mqtt_client *client, const struct in_flight_entry *message)
{
	if (client->version == CONFIG_MQTT_VERSION_5 || client->plain_taken)
		return;
	if (client->plain_us > 0 && message->at_us - client->plain_us > BEHIND_US) {
		broker_offer_took(client->offer, &client->plain, message->at_us);
		client->plain_taken = true;
	}
	if (client->plain_us > 0 || (message->wanted_qos == 0 && !message->wanted_retain))
		return;
	client->plain = (struct broker_packet){
		.retain = message->wanted_retain,
		.qos = message->wanted_qos,
	};
	client->plain_us = message->at_us;
}

int mqtt_client_publish(struct mqtt_client *client, const struct mqtt_publish *message)
{
	MQTTProperties properties = MQTTProperties_initializer;
	unsigned wanted_qos = least(message->qos, client->wanted_qos_max);
	unsigned qos = least(wanted_qos, client->qos_max);
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
	client->unsent_max += packet_size_max(message) + OVERHEAD_BYTES;
	response = MQTTClient_publish5(client->handle, message->topic, (int)message->size,
		message->payload, (int)qos, message->retain && client->has_retain, &properties,
		&entry.token);
	r = translate((int)response.reasonCode);
	MQTTResponse_free(response);
	MQTTProperties_free(&properties);
	/* For a QoS above 0 the library returns success even if the connection broke meanwhile. */
	if (r == 0 && !MQTTClient_isConnected(client->handle))
		r = -ENOTCONN;
	if (r == 0 && qos == 0)
		note_plain(client, &entry);
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

/* With 3.1.1 there is no callback in this mode: a token no longer pending was acknowledged. */
static void note_acknowledged(struct mqtt_client *client)
{
	MQTTClient_deliveryToken *tokens = NULL;

	if (client->version == CONFIG_MQTT_VERSION_5 || client->in_flight.count == 0 ||
		!MQTTClient_isConnected(client->handle) ||
		MQTTClient_getPendingDeliveryTokens(client->handle, &tokens) != MQTTCLIENT_SUCCESS)
		return;
	client->acknowledged = in_flight_keep(&client->in_flight, tokens) || client->acknowledged;
	MQTTClient_free(tokens);
}

size_t mqtt_client_size_min(const char *topic)
{
	/* Fixed header, and the length of the topic. */
	return 2 + 2 + strlen(topic);
}

bool mqtt_client_in_message(const struct mqtt_client *client)
{
	return client->tls || client->in_message;
}

bool mqtt_client_may_have_more(const struct mqtt_client *client)
{
	return client->tls || is_readable(client);
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
		client->unsent_max += OVERHEAD_BYTES;
		client->acknowledged = false;
		code = MQTTClient_receive(client->handle, &topic, &topic_length, &message, 0);

		if (message) {
			fill_inbound(ret_inbound, topic, message);
			client->in_message = false;
			return 1;
		}
		/* What was acknowledged just now came by a connection. Asking is dear. */
		if (code != MQTTCLIENT_SUCCESS ||
			(!client->acknowledged && !MQTTClient_isConnected(client->handle)))
			return -ENOTCONN;
		/* Right now, since the library forgets them when it notices the end. */
		note_acknowledged(client);
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

bool mqtt_client_acknowledged(struct mqtt_client *client, struct in_flight_entry *ret_entry)
{
	if (!in_flight_take_done(&client->in_flight, ret_entry)) {
		note_acknowledged(client);
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

/* Finds the message that the broker may have disliked. */
static bool find_suspect(
	const struct mqtt_client *client, uint64_t now_us, struct broker_packet *ret_packet)
{
	const struct in_flight_entry *oldest = in_flight_oldest(&client->in_flight);

	/* More likely the broker dislikes its topic, see left_out.h. */
	if (oldest && oldest->optional)
		return false;
	if (oldest && now_us - oldest->at_us < BEHIND_US) {
		*ret_packet = (struct broker_packet){
			.retain = oldest->wanted_retain,
			.qos = oldest->wanted_qos,
		};
		return true;
	}
	if (oldest || client->plain_us == 0 || now_us - client->plain_us >= BEHIND_US)
		return false;
	*ret_packet = client->plain;
	return true;
}

/* MQTT 5: a broker may say only in its DISCONNECT that it does not support something. */
static bool refused_in_farewell(struct mqtt_client *client, uint64_t now_us)
{
	struct broker_packet sent;

	if (!client->has_farewell || !find_suspect(client, now_us, &sent))
		return false;
	sent.retain = sent.retain && client->has_retain;
	sent.qos = least(sent.qos, client->qos_max);
	return broker_offer_refused(client->offer, client->farewell.code, &sent, now_us);
}

bool mqtt_client_ended(struct mqtt_client *client, bool by_broker, uint64_t now_us)
{
	struct broker_packet packet;

	if (client->version == CONFIG_MQTT_VERSION_5)
		return refused_in_farewell(client, now_us);
	if (by_broker && find_suspect(client, now_us, &packet))
		return broker_offer_closed(client->offer, &packet, now_us);
	broker_offer_failed(client->offer);
	return false;
}

struct mqtt_client *mqtt_client_close(struct mqtt_client *client)
{
	if (!client)
		return NULL;
	if (client->handle) {
		if (MQTTClient_isConnected(client->handle))
			(void)MQTTClient_disconnect(client->handle, 0);
		MQTTClient_destroy(&client->handle);
	}
	free(client);
	return NULL;
}
