/* SPDX-License-Identifier: MIT */
/*
 * From the outbox to the broker. Messages in flight are counted here and never fill the window,
 * because the library would then wait in steps of 100 ms. Nothing is given to the library that the
 * socket would not take at once, so a frozen broker cannot hold the thread. Part of the window is
 * kept for the link's own messages, and backlog gets at most half of the rest. So a live message
 * never waits for more than that half.
 */
#include "link_session.h"

#include <errno.h>
#include <string.h>

enum {
	REFUSED = 0x80, /* and above: reason codes */
	OWN_RESERVE = 4,
	KIND_OWN = OUTBOX_KIND_VALUE + 1,
};

_Static_assert((int)OUTBOX_CORRELATION_MAX <= (int)MQTT_CLIENT_CORRELATION_MAX, "or it is refused");

/* A broker that does not like a message closes the connection within this time. */
#define BEHIND_US (5 * UINT64_C(1000000))

/* The id of a message that is not from the outbox. */
#define OWN_ID UINT64_MAX

static size_t data_window(const struct link_session *session)
{
	size_t window = mqtt_client_window(session->client);

	return window > 2 * OWN_RESERVE ? window - OWN_RESERVE : window;
}

static bool may_send_backlog(const struct link_session *session)
{
	const struct in_flight *in_flight = mqtt_client_in_flight(session->client);
	size_t limit = (data_window(session) + 1) / 2;

	/* Mostly there are fewer than that of all kinds together. */
	return in_flight->count < limit ||
		in_flight_count(in_flight, OUTBOX_KIND_BACKLOG) +
			in_flight_count(in_flight, OUTBOX_KIND_OLD_EVENT) <
		limit;
}

bool link_outbound_is_open(const struct link_session *session)
{
	return !session->congested &&
		mqtt_client_in_flight(session->client)->count < data_window(session);
}

static void reject(struct link_session *session, const char *topic, const char *reason)
{
	struct link *link = session->link;

	outbox_count_rejected(link->settings.outbox);
	if (refusals_add(&link->rejected, topic, reason, session->now_us))
		log_warning("mqtt", "a message on %s was refused: %s; it is lost", topic, reason);
}

void link_tell_rejected(struct link *link, uint64_t now_us)
{
	unsigned more = refusals_take_rest(&link->rejected, now_us);

	if (more > 0)
		log_warning("mqtt", "and %u more messages were refused; they are lost", more);
	more = refusals_take_rest(&link->postponed, now_us);
	if (more > 0)
		log_warning("mqtt", "and %u more were refused; they are kept and sent again", more);
}

static struct left_out *left_out_of(const struct link_session *session)
{
	return &session->link->urls[session->link->turn.index].left_out;
}

static void follow_optional(struct link_session *session, const struct in_flight_entry *entry)
{
	if (entry->reason < REFUSED) {
		left_out_taken(left_out_of(session), entry->topic);
		return;
	}
	if (!left_out_refused(left_out_of(session), entry->topic))
		return;
	log_notice("mqtt",
		"the broker refused a message on %s: %s; it is optional, and left out from now on",
		entry->topic, mqtt_client_reason(session->client, entry->reason));
	link_tell_broker(session);
}

void link_outbound_lost(struct link_session *session, const struct link_end *end)
{
	bool by_broker = end->kind == LINK_END_BROKEN && end->by_broker;
	const struct in_flight_entry *oldest =
		in_flight_oldest(mqtt_client_in_flight(session->client));

	if (oldest && (by_broker || end->kind == LINK_END_UNANSWERED))
		outbox_blame(session->link->settings.outbox, oldest->id);
	if (by_broker && oldest && oldest->optional &&
		session->now_us - oldest->at_us < BEHIND_US &&
		left_out_lost(left_out_of(session), oldest->topic))
		log_notice("mqtt",
			"the connection ended twice after a message on %s; it is optional, and "
			"left out from now on",
			oldest->topic);
}

/* Returns as mqtt_client_publish(), or -ECANCELED. */
static int publish(struct link_session *session, struct mqtt_publish *message)
{
	int r;

	if (mqtt_client_in_flight(session->client)->count == 0)
		session->progress_us = session->now_us;
	message->at_us = session->now_us;
	link_enter_library(session->link);
	r = mqtt_client_publish(session->client, message);
	session->unflushed = true;
	if (link_leave_library(session->link) < 0)
		return -ECANCELED;
	if (r == 1)
		session->sent_us = session->now_us;
	/* If it had to wait for room, the library received meanwhile, and the socket does not show
	 * what it keeps. */
	if (!mqtt_client_has_room(session->client, 0))
		session->receive_due = true;
	if (r >= 0)
		link_log_sent(message);
	return r;
}

static void fill_publish(const struct link_session *session, struct mqtt_publish *ret_publish)
{
	const struct link_settings *settings = &session->link->settings;
	const struct outbox_message *message = &session->link->message;

	*ret_publish = (struct mqtt_publish){
		.topic = message->topic,
		.payload = message->payload,
		.size = message->size,
		.qos = message->qos,
		.retain = message->kind == OUTBOX_KIND_RETAINED,
		.correlation = message->correlation,
		.correlation_size = message->correlation_size,
		.id = message->id,
		.kind = message->kind,
		.optional = message->optional,
	};
	if (message->kind == OUTBOX_KIND_READING) {
		ret_publish->topic = settings->reading_topic;
		ret_publish->qos = settings->mqtt->qos;
	} else if (message->kind == OUTBOX_KIND_BACKLOG) {
		ret_publish->topic = settings->backlog_topic;
	} else if (message->kind == OUTBOX_KIND_EVENT) {
		ret_publish->topic = settings->event_topic;
	} else if (message->kind == OUTBOX_KIND_OLD_EVENT) {
		ret_publish->topic = settings->event_backlog_topic;
	}
	if (ret_publish->qos > session->qos_max)
		ret_publish->qos = session->qos_max;
}

/* Returns as publish(). */
static int publish_shorter(struct link_session *session, struct mqtt_publish *message)
{
	const struct link_settings *settings = &session->link->settings;
	struct outbox_message *from = &session->link->message;

	if ((from->kind != OUTBOX_KIND_RETAINED && from->kind != OUTBOX_KIND_ANSWER) ||
		!settings->shorten || !settings->shorten(from->payload, &from->size))
		return -EMSGSIZE;
	message->size = from->size;
	return publish(session, message);
}

static int send_message(struct link_session *session)
{
	struct outbox *outbox = session->link->settings.outbox;
	struct mqtt_publish message;
	int r;

	fill_publish(session, &message);
	if (message.optional && left_out_has(left_out_of(session), message.topic)) {
		session->has_message = false;
		outbox_acknowledge(outbox, message.id);
		return 0;
	}
	r = publish(session, &message);
	if (r == -EMSGSIZE)
		r = publish_shorter(session, &message);
	if (r == -ENOTCONN || r == -ECANCELED)
		return r;
	session->has_message = false;
	if (r < 0)
		reject(session, message.topic,
			r == -EMSGSIZE ? "it is larger than the broker takes" : strerror(-r));
	if (r <= 0)
		outbox_acknowledge(outbox, message.id);
	return 0;
}

/* The retained messages are out, so whatever the main thread says now comes after them. */
static void announce(struct link_session *session)
{
	if (!session->announced)
		link_tell_broker(session);
	session->announced = true;
}

int link_outbound_send(struct link_session *session)
{
	struct link *link = session->link;
	int r = 0;

	session->congested = false;
	while (r == 0 && link_outbound_is_open(session)) {
		if (!session->has_message)
			session->has_message = outbox_take(
				link->settings.outbox, may_send_backlog(session), &link->message);
		session->is_idle = !session->has_message;
		if (session->is_idle || link->message.kind != OUTBOX_KIND_RETAINED)
			announce(session);
		if (session->is_idle)
			break;
		/* A sender must not wait for its answer until the state behind it is written. */
		if (link->message.kind == OUTBOX_KIND_RETAINED)
			link_wait_flush(session);
		if (mqtt_client_has_room(session->client, link->message.size))
			r = send_message(session);
		else
			session->congested = true;
	}
	return r;
}

/* *ret_is_written: false if the window or the network has no room for it. */
static int publish_status(struct link_session *session, const char *status, bool *ret_is_written)
{
	struct mqtt_publish message = {
		.topic = session->link->settings.status_topic,
		.payload = status,
		.size = strlen(status),
		.qos = 1,
		.retain = true,
		.id = OWN_ID,
		.kind = KIND_OWN,
	};
	int r;

	*ret_is_written = false;
	if (mqtt_client_in_flight(session->client)->count >= mqtt_client_window(session->client))
		return 0;
	session->congested = !mqtt_client_has_room(session->client, message.size);
	if (session->congested)
		return 0;
	r = publish(session, &message);
	*ret_is_written = r >= 0;
	return r > 0 ? 0 : r;
}

/* Any message in flight will be answered too. Only if there is none, a message is made up. */
int link_outbound_heartbeat(struct link_session *session)
{
	uint64_t step_us = session->commands.guard_us / 4;
	bool is_asked = mqtt_client_in_flight(session->client)->count > 0 ||
		session->now_us - session->sent_us < step_us;
	bool is_written;

	return step_us == 0 || is_asked ? 0 : publish_status(session, "online", &is_written);
}

int link_outbound_goodbye(struct link_session *session)
{
	return publish_status(session, "offline", &session->said_goodbye);
}

void link_outbound_acknowledge(struct link_session *session)
{
	struct in_flight_entry entry;

	while (mqtt_client_acknowledged(session->client, &entry)) {
		session->heard_us = session->progress_us = session->now_us;
		broker_watch_came(&session->watch, session->now_us);
		session->watch.qos_1_works = session->watch.qos_1_works || entry.qos == 1;
		session->watch.qos_2_works = session->watch.qos_2_works || entry.qos == 2;
		if (entry.reason < REFUSED)
			link_postpone_taken(session, &entry);
		else if (entry.id != OWN_ID && link_postpone(session, &entry))
			continue;
		if (entry.optional && !link_refusal_may_pass(session->link, entry.reason))
			follow_optional(session, &entry);
		else if (entry.reason >= REFUSED)
			reject(session, entry.topic,
				mqtt_client_reason(session->client, entry.reason));
		if (entry.id != OWN_ID)
			outbox_acknowledge(session->link->settings.outbox, entry.id);
	}
}
