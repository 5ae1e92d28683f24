/* SPDX-License-Identifier: MIT */
#include "link_session.h"

#include "broker_socket.h"
#include "clock.h"
#include <errno.h>
#include <stdio.h>

enum {
	REFUSED = 0x80, /* and above: SUBACK codes */
	OPTIONAL_LOSSES = 2,
};

/* For each URL, the connections in a row that are given up over a refusal that may pass. */
enum { GIVEN_UP_MAX = 5 };

/* How often a refusal that lasts is logged. */
#define STILL_REFUSED_US (600 * UINT64_C(1000000))

/* A little less than the time that the library allows for a SUBSCRIBE. */
#define SUBSCRIBE_US (4 * UINT64_C(1000000))

/* The consequence of leaving a topic out. */
static const char *const WITHOUT[LINK_NEEDS] = {
	[LINK_OPTIONAL] = "a message sent there gets no answer",
	[LINK_OF_OTHERS] = "another gateway on the same topics is not noticed",
	[LINK_BIRTH] =
		"a start of Home Assistant is not noticed: it knows what the broker has kept",
	[LINK_OWN_STATUS] = "an \"offline\" that comes late is not set right",
};

/* A topic that the gateway needs is reported at each connection and now and then, another one only
 * once. */
static void tell_refused(struct link_session *session, size_t index, const char *reason)
{
	struct link *link = session->link;
	const struct link_subscription *subscription = &link->settings.subscriptions[index];
	bool is_needed = subscription->need == LINK_REQUIRED;
	unsigned suppressed;

	link->still_refused.interval_us = STILL_REFUSED_US;
	link->still_refused.burst = 1;
	if (is_needed &&
		(log_limit_pass(&link->still_refused, session->now_us, &suppressed) ||
			!session->left_out[index]))
		log_error("mqtt",
			"the broker refused the subscription to %s: %s; messages sent there do "
			"not arrive, and it is asked again within a minute",
			subscription->topic, reason);
	if (!is_needed && !link->refusal_told[index])
		log_notice("mqtt",
			"the broker refused the subscription to %s: %s; it is optional, but %s",
			subscription->topic, reason, WITHOUT[subscription->need]);
	link->refusal_told[index] = true;
}

bool link_subscribe_follow(struct link_session *session, const struct link_request *request)
{
	const struct link_settings *settings = &session->link->settings;
	bool has_changed = false;

	for (size_t i = 0; i < request->n; i++) {
		size_t index = request->indexes[i];
		int code = request->codes[i];
		bool is_refused = code >= REFUSED;

		if (is_refused)
			tell_refused(session, index, mqtt_client_reason(session->client, code));
		else if (session->left_out[index])
			log_notice("mqtt", "the broker grants the subscription to %s now",
				settings->subscriptions[index].topic);
		has_changed = has_changed || is_refused != session->left_out[index];
		session->left_out[index] = is_refused;
		session->ask_again[index] = is_refused &&
			(settings->subscriptions[index].need == LINK_REQUIRED ||
				link_refusal_may_pass(session->link, code));
	}
	return has_changed;
}

bool link_subscribe_is_deaf(const struct link_session *session)
{
	const struct link_settings *settings = &session->link->settings;

	for (size_t i = 0; i < settings->n_subscriptions; i++)
		if (settings->subscriptions[i].is_vital && session->left_out[i])
			return true;
	return false;
}

/* Asked at once, since a little later we may have ended the connection ourselves. */
static const char *why_unsubscribed(const struct link_session *session, uint64_t took_us)
{
	const char *why = NULL;

	if (took_us < SUBSCRIBE_US)
		why = broker_socket_why_closed(session->socket);
	return why ? why : "the broker did not answer the subscription";
}

/*
 * True if the broker refused what the gateway needs, for a reason that may pass: then it does not
 * count as connected, and the next URL has its turn. One that always refuses is worked with in the
 * end, since readings go there.
 */
static bool is_to_give_up(struct link_session *session, const struct link_request *request)
{
	struct link *link = session->link;

	for (size_t i = 0; i < request->n; i++) {
		if (!link_refusal_may_pass(link, request->codes[i]))
			continue;
		if (link->refused_subscribes >= GIVEN_UP_MAX * link->settings.mqtt->n_urls)
			return false;
		link->refused_subscribes++;
		(void)snprintf(link->farewell, sizeof(link->farewell),
			"the broker refused the subscription to %s: %s",
			link->settings.subscriptions[request->indexes[i]].topic,
			mqtt_client_reason(session->client, request->codes[i]));
		session->why = link->farewell;
		return true;
	}
	link->refused_subscribes = 0;
	return false;
}

void link_subscribe_add(
	const struct link_session *session, size_t index, struct link_request *request)
{
	const struct link_subscription *subscription =
		&session->link->settings.subscriptions[index];
	bool is_of_others = subscription->need == LINK_OF_OTHERS;
	bool is_news = is_of_others || subscription->need == LINK_OWN_STATUS;

	/*
	 * A session that is kept has one QoS. For QoS 0, RabbitMQ has a queue at one node alone,
	 * and while that node is down the others let such a session wait for a minute.
	 */
	request->filters[request->n] = (struct mqtt_filter){
		.topic = subscription->topic,
		.qos = is_news && session->link->settings.mqtt->clean_start ? 0 : 1,
		.news_alone = is_news,
		.of_others = is_of_others,
	};
	request->indexes[request->n++] = index;
}

int link_subscribe_send(struct link_session *session, struct link_request *request)
{
	uint64_t begin_us = clock_now_us();
	int r;

	link_enter_library(session->link);
	r = mqtt_client_subscribe(session->client, request->filters, request->n, request->codes);
	if (link_leave_library(session->link) < 0)
		return -ECANCELED;
	session->now_us = clock_now_us();
	if (r < 0)
		session->why = why_unsubscribed(session, session->now_us - begin_us);
	else
		broker_watch_came(&session->watch, session->now_us);
	return r;
}

/* Subscribes to the topics of one kind in one packet. If one is refused, the rest of the gateway
 * goes on without it. */
static int subscribe_to(struct link_session *session, enum link_need need)
{
	const struct link_settings *settings = &session->link->settings;
	struct link_request request = {.n = 0};
	int r;

	for (size_t i = 0; i < settings->n_subscriptions; i++)
		if (settings->subscriptions[i].need == need)
			link_subscribe_add(session, i, &request);
	if (request.n == 0)
		return 0;
	r = link_subscribe_send(session, &request);
	if (r == 0 && need == LINK_REQUIRED && is_to_give_up(session, &request))
		return -ENOTCONN;
	if (r == 0)
		(void)link_subscribe_follow(session, &request);
	return r;
}

int link_subscribe_needed(struct link_session *session)
{
	return subscribe_to(session, LINK_REQUIRED);
}

/*
 * Each kind goes out in a packet of its own. If a broker ends the connection over a topic that its
 * rules do not allow, it can be recognized, and after the second time those of its kind are left
 * out.
 */
static int subscribe_if_allowed(struct link_session *session, enum link_need need)
{
	struct link *link = session->link;
	int r;

	if (link->losses[need] >= OPTIONAL_LOSSES) {
		for (size_t i = 0; i < link->settings.n_subscriptions; i++)
			session->left_out[i] |= link->settings.subscriptions[i].need == need;
		return 0;
	}
	r = subscribe_to(session, need);
	if (r == 0)
		link->losses[need] = 0;
	else if (r != -ECANCELED && ++link->losses[need] == OPTIONAL_LOSSES)
		log_notice("mqtt",
			"the connection ended twice over the subscriptions to optional topics; "
			"from now on they are left out, and %s",
			WITHOUT[need]);
	return r;
}

int link_subscribe_optional(struct link_session *session)
{
	int r = subscribe_if_allowed(session, LINK_OPTIONAL);

	if (r == 0)
		r = subscribe_if_allowed(session, LINK_BIRTH);
	if (r == 0)
		r = subscribe_if_allowed(session, LINK_OWN_STATUS);
	if (r == 0 && session->link->version == CONFIG_MQTT_VERSION_5)
		r = subscribe_if_allowed(session, LINK_OF_OTHERS);
	return r;
}
