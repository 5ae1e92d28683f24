/* SPDX-License-Identifier: MIT */
/* Tells the user what a broker lacks that others have, and how it ended the connection. */
#include "link_session.h"

#include <stdio.h>

/* Returns the features that the map uses: the others are no loss. */
static unsigned in_use(const struct config_mqtt *mqtt)
{
	const struct config_will *will = &mqtt->will;
	unsigned will_qos = will->topic ? will->qos : 1;
	unsigned all = BROKER_OFFER_ALL;

	if (mqtt->qos < 2 && will_qos < 2)
		all &= ~(unsigned)BROKER_OFFER_QOS_1;
	if (will_qos < 2)
		all &= ~(unsigned)BROKER_OFFER_WILL_QOS_1;
	if (mqtt->will_delay_s > 0)
		all |= BROKER_OFFER_NO_WILL_DELAY;
	return all;
}

unsigned link_offers_lowered(const struct link_session *session)
{
	return mqtt_client_lowered(session->client) & in_use(session->link->settings.mqtt);
}

static const struct {
	unsigned bit;
	const char *words;
	const char *reason; /* NULL: as it was found */
} LOWERED[] = {
	{BROKER_OFFER_NO_RETAIN,
		"has no retained messages: a client that subscribes later does not get state, "
		"status and health",
		NULL},
	{BROKER_OFFER_QOS_1, "has no QoS 2: what was to go with it goes with QoS 1", NULL},
	{BROKER_OFFER_QOS_0, "has QoS 0 alone: messages may get lost without anybody knowing",
		NULL},
	{BROKER_OFFER_NO_WILL, "takes no will: nobody learns when this gateway dies", NULL},
	{BROKER_OFFER_WILL_NO_RETAIN, "takes no retained will: it goes without retain", NULL},
	{BROKER_OFFER_WILL_QOS_1, "takes no will with QoS 2: it goes with QoS 1", NULL},
	{BROKER_OFFER_WILL_QOS_0, "takes a will with QoS 0 alone: so it goes", NULL},
	{BROKER_OFFER_NO_WILL_DELAY, "sends the will at once: mqtt.will_delay has no effect",
		"MQTT 3.1.1 has no such delay"},
};

static void tell(struct link_session *session)
{
	struct link *link = session->link;
	struct link_url *url = &link->urls[link->turn.index];
	unsigned lowered = link_offers_lowered(session);
	unsigned news = lowered & ~url->lowered_told;
	const char *reason = mqtt_client_says_why(session->client)
		? "it says so"
		: "it closed the connection three times directly behind a packet with that, and "
		  "takes it without; all is offered again in an hour";

	url->lowered_told |= lowered;
	for (size_t i = 0; i < sizeof(LOWERED) / sizeof(*LOWERED); i++) {
		if (news & LOWERED[i].bit)
			log_warning("mqtt", "the broker %s %s (%s)",
				link->settings.mqtt->urls[link->turn.index], LOWERED[i].words,
				LOWERED[i].reason ? LOWERED[i].reason : reason);
	}
	if (session->announced)
		link_tell_broker(session);
}

/* Called in each turn. */
void link_offers_tell(struct link_session *session)
{
	unsigned lowered = mqtt_client_lowered(session->client);

	if (lowered == session->lowered)
		return;
	session->lowered = lowered;
	tell(session);
}

const char *link_offers_farewell(struct link_session *session)
{
	const struct broker_farewell *farewell = mqtt_client_farewell(session->client);
	struct link *link = session->link;
	bool is_quoted = farewell && farewell->text[0];
	int size;

	if (!farewell)
		return NULL;
	size = snprintf(link->farewell, sizeof(link->farewell), "the broker ended it: %s%s%s%s",
		mqtt_client_reason(session->client, farewell->code), is_quoted ? " (\"" : "",
		farewell->text, is_quoted ? "\")" : "");
	if (farewell->code == BROKER_FAREWELL_TAKEN_OVER && size > 0 &&
		(size_t)size < sizeof(link->farewell))
		(void)snprintf(link->farewell + size, sizeof(link->farewell) - (size_t)size,
			": another client uses the client id \"%s\"; give each its own "
			"mqtt.client_id, with %%i in it",
			link->settings.mqtt->client_id);
	return link->farewell;
}
