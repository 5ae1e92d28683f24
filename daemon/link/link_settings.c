/* SPDX-License-Identifier: MIT */
/*
 * The link copies every text that it was given, since its thread may outlive the giver (see
 * link.c).
 */
#include "link_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Texts that are always there or may be NULL, without the two lists. */
enum { SINGLE_TEXTS_MAX = 16 };

static char *copy_text(struct link_copies *copies, const char *text)
{
	char *copy;

	if (!text || copies->failed)
		return NULL;
	copy = strdup(text);
	if (!copy) {
		copies->failed = true;
		return NULL;
	}
	copies->texts[copies->n_texts++] = copy;
	return copy;
}

static void copy_mqtt(struct link_copies *copies, const struct config_mqtt *from)
{
	struct config_mqtt *to = &copies->mqtt;

	*to = *from;
	to->urls = copies->urls;
	for (size_t i = 0; i < from->n_urls; i++)
		to->urls[i] = copy_text(copies, from->urls[i]);
	to->topic = copy_text(copies, from->topic);
	to->client_id = copy_text(copies, from->client_id);
	to->username = copy_text(copies, from->username);
	to->password_file = NULL; /* credentials.file */
	to->tls.ca = copy_text(copies, from->tls.ca);
	to->tls.cert = copy_text(copies, from->tls.cert);
	to->tls.key = copy_text(copies, from->tls.key);
	to->will.topic = copy_text(copies, from->will.topic);
	to->will.payload = copy_text(copies, from->will.payload);
	to->discovery = NULL;
}

int link_settings_copy(const struct link_settings *from, struct link_copies *copies,
	struct link_settings *ret_settings)
{
	size_t n = from->mqtt->n_urls + from->n_subscriptions;
	struct link_settings settings = *from;

	if (from->n_subscriptions > LINK_SUBSCRIPTIONS_MAX)
		return -E2BIG;
	copies->texts = calloc(n + SINGLE_TEXTS_MAX, sizeof(*copies->texts));
	copies->urls = calloc(from->mqtt->n_urls + 1, sizeof(*copies->urls));
	copies->subscriptions = calloc(from->n_subscriptions + 1, sizeof(*copies->subscriptions));
	if (!copies->texts || !copies->urls || !copies->subscriptions)
		return -ENOMEM;

	copy_mqtt(copies, from->mqtt);
	for (size_t i = 0; i < from->n_subscriptions; i++)
		copies->subscriptions[i] = (struct link_subscription){
			.topic = copy_text(copies, from->subscriptions[i].topic),
			.need = from->subscriptions[i].need,
			.is_vital = from->subscriptions[i].is_vital,
		};
	settings.mqtt = &copies->mqtt;
	settings.subscriptions = copies->subscriptions;
	settings.credentials.directory = copy_text(copies, from->credentials.directory);
	settings.credentials.file = copy_text(copies, from->credentials.file);
	settings.reading_topic = copy_text(copies, from->reading_topic);
	settings.backlog_topic = copy_text(copies, from->backlog_topic);
	settings.event_topic = copy_text(copies, from->event_topic);
	settings.event_backlog_topic = copy_text(copies, from->event_backlog_topic);
	settings.status_topic = copy_text(copies, from->status_topic);
	if (copies->failed)
		return -ENOMEM;
	*ret_settings = settings;
	return 0;
}

void link_settings_free(struct link_copies *copies)
{
	for (size_t i = 0; i < copies->n_texts; i++)
		free(copies->texts[i]);
	free(copies->texts);
	free(copies->urls);
	free(copies->subscriptions);
}
