/* SPDX-License-Identifier: MIT */
/*
 * Finds the message that the broker may have disliked when it closes the connection, or says in its
 * farewell that it does not support something. So broker_offer.h learns what this broker offers.
 */
#include "mqtt_client_internal.h"

/* If a broker does not like a message, it closes the connection within this time. */
#define BEHIND_US (5 * UINT64_C(1000000))

void mqtt_client_note_plain(struct mqtt_client *client, const struct in_flight_entry *message)
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
	sent.qos = mqtt_least(sent.qos, client->qos_max);
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
