/* SPDX-License-Identifier: MIT */
/* For the health: lists the features that this broker goes without. */
#include "link_session.h"

#include <stdio.h>
#include <string.h>

static const struct {
	unsigned lowered;
	const char *word;
} LOWERED[] = {
	{BROKER_OFFER_NO_RETAIN, "retain"},
	{BROKER_OFFER_QOS_1 | BROKER_OFFER_QOS_0, "qos"},
	{BROKER_OFFER_NO_WILL, "will"},
	{BROKER_OFFER_WILL_NO_RETAIN, "will.retain"},
	{BROKER_OFFER_WILL_QOS_1 | BROKER_OFFER_WILL_QOS_0, "will.qos"},
	{BROKER_OFFER_NO_WILL_DELAY, "will_delay"},
};

struct list {
	char *texts;
	size_t size;
};

/* Leaves out a text that does not fit: the log has them all. */
static void add(struct list *list, const char *text)
{
	size_t size = strlen(text) + 1;

	if (list->size + size > LINK_BROKER_MAX)
		return;
	memcpy(list->texts + list->size, text, size);
	list->size += size;
}

void link_tell_broker(struct link_session *session)
{
	struct link *link = session->link;
	const struct link_settings *settings = &link->settings;
	unsigned lowered = link_offers_lowered(session);
	const struct left_out *left_out = &link->urls[link->turn.index].left_out;
	char texts[LINK_BROKER_MAX];
	struct list list = {.texts = texts};

	add(&list, settings->mqtt->urls[link->turn.index]);
	if (session->qos_max < 2)
		lowered |= BROKER_OFFER_QOS_1;
	for (size_t i = 0; i < sizeof(LOWERED) / sizeof(*LOWERED); i++) {
		if (lowered & LOWERED[i].lowered)
			add(&list, LOWERED[i].word);
	}
	for (size_t i = 0; i < left_out->n; i++) {
		if (left_out->topics[i].is_out)
			add(&list, left_out->topics[i].topic);
	}
	for (size_t i = 0; i < settings->n_subscriptions; i++) {
		if (session->left_out[i])
			add(&list, settings->subscriptions[i].topic);
	}
	link_events_set_broker(
		&link->events, texts, list.size, mqtt_client_packet_max(session->client));
}
