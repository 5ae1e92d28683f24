/* SPDX-License-Identifier: MIT */
#include "mqtt_client_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { NO_RETAINED = 2 }; /* the Retain Handling of a subscription: none of the retained ones */

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
		codes[i] = (int)filters[i].qos;
		topics[i] = strdup(filters[i].topic);
		if (!topics[i])
			r = -ENOMEM;
	}
	if (r == 0) {
		client->may_hold = true;
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

void mqtt_client_break(struct mqtt_client *client)
{
	/* The library's DISCONNECT then goes nowhere. */
	(void)shutdown(client->fd, SHUT_RDWR);
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
