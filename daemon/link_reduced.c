/* SPDX-License-Identifier: MIT */
/* What goes without, with this broker: for the health. */
#include "link_session.h"

#include <stdio.h>
#include <string.h>

struct list {
	char *texts;
	size_t size;
};

/* What does not fit is left out: the log has all. */
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
	char texts[LINK_BROKER_MAX];
	struct list list = {.texts = texts};

	add(&list, settings->mqtt->urls[link->turn.index]);
	if (session->qos_max < settings->mqtt->qos)
		add(&list, "qos");
	for (size_t i = 0; i < settings->n_subscriptions; i++) {
		if (session->left_out[i])
			add(&list, settings->subscriptions[i].topic);
	}
	link_events_set_broker(&link->events, texts, list.size);
}
