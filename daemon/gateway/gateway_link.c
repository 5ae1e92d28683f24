/* SPDX-License-Identifier: MIT */
/* Makes a link for a map, and checks that its password can be read. */
#include "gateway_internal.h"
#include "log.h"
#include "payload.h"
#include "topic.h"
#include <stdlib.h>
#include <string.h>

static struct credentials_places places_of(const struct config *config)
{
	return (struct credentials_places){
		getenv("CREDENTIALS_DIRECTORY"), config->mqtt.password_file};
}

int gateway_check_password(const struct config *config)
{
	const struct credentials_places places = places_of(config);
	struct credentials credentials;
	char error[CREDENTIALS_ERROR_MAX];
	int r = credentials_load(&places, error, &credentials);

	if (r < 0)
		log_error("mqtt", "%s", error);
	else
		credentials_forget(&credentials);
	return r;
}

bool gateway_is_same_connection(const struct config *one, const struct config *other)
{
	return strcmp(one->mqtt.fingerprint, other->mqtt.fingerprint) == 0;
}

int gateway_prepare_link(
	const struct gateway *gateway, const struct config *config, struct link **ret_link)
{
	char topics[ROUTER_TOPICS][TOPIC_MAX];
	char readings[TOPIC_MAX], backlog[TOPIC_MAX], status[TOPIC_MAX];
	char events[TOPIC_MAX], old_events[TOPIC_MAX];
	struct link_subscription subscriptions[ROUTER_TOPICS + 1];
	struct link_settings settings = {
		.mqtt = &config->mqtt,
		.credentials = places_of(config),
		.subscriptions = subscriptions,
		.reading_topic = readings,
		.backlog_topic = backlog,
		.status_topic = status,
		.event_topic = events,
		.event_backlog_topic = old_events,
		.answer_us = config->spool.after_us,
		.shorten = payload_cut,
		.outbox = gateway->outbox,
		.events = gateway->link_events,
	};

	for (unsigned i = 0; i < ROUTER_TOPICS && router_full_topic(config, i, topics[i]); i++) {
		settings.n_subscriptions = i + 1;
		subscriptions[i] = (struct link_subscription){
			topics[i], router_topic_need(i), router_topic_is_vital(i)};
	}
	topic_below(readings, config->mqtt.topic, "sensors");
	topic_below(backlog, config->mqtt.topic, "sensors/backlog");
	topic_below(status, config->mqtt.topic, "status");
	/* With a will elsewhere nobody says "offline" there but the gateway itself. */
	if (!config->mqtt.will.topic || strcmp(config->mqtt.will.topic, status) == 0)
		subscriptions[settings.n_subscriptions++] =
			(struct link_subscription){.topic = status, .need = LINK_OWN_STATUS};
	topic_below(events, config->mqtt.topic, "events");
	topic_below(old_events, config->mqtt.topic, "events/backlog");
	return link_new(&settings, ret_link);
}
