/* SPDX-License-Identifier: MIT */
#include "link_session.h"

#include "broker_socket.h"
#include "clock.h"
#include "topic.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
	MESSAGES_A_TURN = 64, /* received before other duties have their turn */
	KEPT_QUIET_MS = 200,  /* then a kept session has sent what waited */
};

#define KEPT_US (2 * UINT64_C(1000000)) /* for that; more comes later */

/* The limit without an acknowledgement while memory fills: shorter than the keepalive's. */
#define PROGRESS_US   (10 * UINT64_C(1000000))
/* The limits of broker_watch. */
#define ANSWER_MIN_US (5 * UINT64_C(1000000))
#define QOS_2_US      (10 * UINT64_C(1000000))

/* Returns true if the main thread was given the message, and will answer it. */
static bool handle_inbound(struct link_session *session, const struct mqtt_inbound *inbound)
{
	const struct link_settings *settings = &session->link->settings;
	const char *levels;

	link_log_received(inbound);
	/* It was acknowledged: main has it, whether it goes on with another link or ends. */
	if (session->commands.closing && !link_events_has_room(&session->link->events))
		return false;
	if (!session->commands.closing)
		link_status_heard(session, inbound);
	for (size_t i = 0; i < settings->n_subscriptions; i++) {
		if (topic_matches(settings->subscriptions[i].topic, inbound->topic, &levels)) {
			if (settings->subscriptions[i].need == LINK_OWN_STATUS)
				return false;
			link_events_push_message(
				&session->link->events, (unsigned)i, levels, inbound);
			return settings->subscriptions[i].need < LINK_OF_OTHERS;
		}
	}
	return false;
}

/*
 * Asking the library is the most expensive thing that the link does. So it is asked only if the
 * socket has something, if it was not emptied the last time, and on each tick, for the keepalive.
 */
static bool is_receive_due(const struct link_session *session)
{
	return session->receive_due ||
		session->now_us - session->received_us >= link_wait_tick_us(session) ||
		session->now_us >= broker_watch_due(&session->watch);
}

/* At the end, a command that the broker keeps is left to it: nobody is there to carry it out. */
static bool is_left(const struct link_session *session)
{
	return session->commands.closing && !session->link->settings.mqtt->clean_start &&
		mqtt_client_next_is_kept(session->client);
}

/* While the main thread's queue is full nothing is received, and TCP holds the broker back. */
static int receive(struct link_session *session)
{
	struct link_events *events = &session->link->events;
	bool is_answered = false;
	int r = 0;

	session->has_more = false;
	session->receive_due = true;
	session->received_us = session->now_us;
	link_wait_for_all(session);
	for (int i = 0; session->commands.closing || link_events_has_room(events); i++) {
		struct mqtt_inbound inbound;

		if (i == MESSAGES_A_TURN) {
			session->has_more = true;
			break;
		}
		session->receive_due = i == 0 || mqtt_client_may_have_more(session->client);
		session->is_left = is_left(session);
		if (!session->receive_due || session->is_left)
			break;
		link_enter_library(session->link);
		r = mqtt_client_receive(session->client, &inbound);
		if (link_leave_library(session->link) < 0) {
			if (r == 1)
				mqtt_inbound_free(&inbound);
			return -ECANCELED;
		}
		session->receive_due = r == 1;
		if (r != 1)
			break;
		session->heard_us = session->now_us;
		is_answered = handle_inbound(session, &inbound) || is_answered;
		mqtt_inbound_free(&inbound);
	}
	/*
	 * The library may have written an acknowledgement. That of a command goes out with the
	 * answer.
	 */
	session->unflushed = session->unflushed || !is_answered;
	link_outbound_acknowledge(session);
	return r < 0 ? r : 0;
}

/* Tells the main thread, at most four times in each guard time. */
static void tell_heard(struct link_session *session)
{
	uint64_t step_us = session->commands.guard_us / 4;

	if (step_us == 0 || session->heard_us <= session->told_us ||
		session->now_us - session->told_us < step_us)
		return;
	session->told_us = session->now_us;
	session->link->events.heard_us = session->heard_us;
	session->link->events.heard_due = true;
}

/*
 * The way out: half of the time is for the outbox, the other half for "offline" and its
 * acknowledgement. Returns true when it is over.
 */
static bool say_goodbye(struct link_session *session, int *ret_result)
{
	uint64_t close_by_us = session->commands.close_by_us;
	bool is_answered = mqtt_client_in_flight(session->client)->count == 0;

	if (session->drain_until_us == 0)
		session->drain_until_us = session->now_us +
			(close_by_us > session->now_us ? (close_by_us - session->now_us) / 2 : 0);
	session->is_leaving = session->is_leaving || (session->is_idle && is_answered) ||
		session->now_us >= session->drain_until_us;
	if (!session->is_leaving)
		return false;
	if (!session->said_goodbye)
		*ret_result = link_outbound_goodbye(session);
	else if (is_answered)
		return true;
	return session->now_us >= close_by_us;
}

/* If "offline" could not be said, the will has to say it: after an orderly end it would not. */
static void leave_it_to_the_will(struct link_session *session)
{
	const struct link_settings *settings = &session->link->settings;
	const char *topic = settings->mqtt->will.topic;

	if (!session->said_goodbye && (!topic || strcmp(topic, settings->status_topic) == 0))
		mqtt_client_break(session->client);
}

/* True if an outage is better, since readings can then go to disk. Acknowledgements that were not
 * fetched yet do not count against the broker. */
static bool is_stuck(struct link_session *session)
{
	bool is_silent = mqtt_client_in_flight(session->client)->count > 0 &&
		session->now_us - session->progress_us >= PROGRESS_US;

	if (session->received_us != session->now_us ||
		!(is_silent || link_postpone_lasts(session, PROGRESS_US)) ||
		!outbox_is_half_full(session->link->settings.outbox))
		return false;
	session->why = is_silent ? "the broker does not acknowledge any more, and memory fills"
				 : "the broker refuses messages, and memory fills";
	session->end_kind = LINK_END_UNANSWERED;
	return true;
}

static void set_limits(struct link_session *session)
{
	uint64_t answer_us = session->commands.answer_us;
	struct broker_watch *watch = &session->watch;

	watch->answer_us = answer_us > ANSWER_MIN_US ? answer_us : ANSWER_MIN_US;
	watch->qos_2_us = watch->answer_us < QOS_2_US ? watch->answer_us : QOS_2_US;
	watch->silence_us =
		session->link->settings.mqtt->n_urls > 1 ? 4 * link_wait_tick_us(session) : 0;
}

/* True for a slow network that still takes something. */
static bool still_flows(struct link_session *session)
{
	size_t unsent = broker_socket_unsent(session->socket);
	bool flows = unsent > 0 && unsent != session->unsent;

	session->unsent = unsent;
	return flows;
}

/* True if the broker does not do its part. Judges only when all that came in is known. */
static bool is_useless(struct link_session *session)
{
	const struct in_flight *in_flight = mqtt_client_in_flight(session->client);
	struct broker_watch *watch = &session->watch;
	uint64_t oldest_us = in_flight_oldest_us(in_flight, 0);

	watch->oldest_us =
		oldest_us > session->flowed_us || oldest_us == 0 ? oldest_us : session->flowed_us;
	watch->oldest_qos_2_us = oldest_us == 0 ? 0 : in_flight_oldest_us(in_flight, 2);
	if (session->received_us != session->now_us)
		return false;
	if (link_postpone_moves(session)) {
		session->why = "the broker refused messages for too long (spool.after, at least "
			       "5 s)";
		session->end_kind = LINK_END_UNANSWERED;
		return true;
	}
	switch (broker_watch_judge(watch, session->now_us)) {
	case BROKER_FAULT_SILENT:
		session->why = "the broker does not answer any more";
		session->end_kind = LINK_END_SILENT;
		return true;
	case BROKER_FAULT_QOS_2:
		session->why = "the broker acknowledges messages of QoS 1 but none of QoS 2";
		session->end_kind = LINK_END_QOS_2;
		return true;
	case BROKER_FAULT_UNANSWERED:
		if (still_flows(session)) {
			session->flowed_us = watch->oldest_us = session->now_us;
			return false;
		}
		session->why = "the broker did not acknowledge a message in time (spool.after, at "
			       "least 5 s)";
		session->end_kind = LINK_END_UNANSWERED;
		return true;
	case BROKER_FAULT_NONE:
		break;
	}
	return false;
}

static void follow_commands(struct link_session *session)
{
	uint64_t guard_us = session->commands.guard_us;

	session->commands = link_take_commands(session->link);
	/* A sign of life from before the main thread asked for it does not count. */
	if (session->commands.guard_us != guard_us) {
		session->told_us = session->heard_us;
		broker_watch_guard(&session->watch, session->commands.guard_us, session->now_us);
	}
}

/* 0: go on. 1: closed as wanted. -ENOTCONN, -ECANCELED. */
static int turn(struct link_session *session)
{
	int r = 0;

	if (atomic_load(&session->link->commanded))
		follow_commands(session);
	set_limits(session);
	if (is_receive_due(session))
		r = receive(session);
	link_postpone_retry(session);
	link_status_mend(session);
	if (r == 0)
		r = link_ask_again(session);
	if (r == 0 && !session->is_leaving)
		r = link_outbound_send(session);
	/* Nothing follows "offline", above all no "online". */
	if (r == 0 && !session->is_leaving)
		r = link_outbound_heartbeat(session);
	if (r == -ECANCELED)
		return r;
	if (r == 0 && !session->commands.closing && (is_useless(session) || is_stuck(session)))
		r = -ENOTCONN;
	tell_heard(session);
	if (session->link->rejected.untold > 0 || session->link->postponed.untold > 0)
		link_tell_rejected(session->link, session->now_us);
	link_offers_tell(session);
	(void)link_events_flush(&session->link->events);
	if (r == 0 && session->commands.closing && say_goodbye(session, &r))
		return 1;
	return r;
}

/*
 * What a kept session waits with comes at once, behind the answer to CONNECT. While the library
 * waits for the answer to SUBSCRIBE, it acknowledges what comes, and keeps it to itself: if the
 * connection ends then, it is lost. So that is fetched before. 1: the link is to be closed.
 */
static int fetch_kept(struct link_session *session)
{
	const struct link *link = session->link;
	struct pollfd fds[] = {{.fd = mqtt_client_fd(session->client), .events = POLLIN},
		{.fd = link->command_fd, .events = POLLIN}};
	uint64_t end_us = session->now_us + KEPT_US;

	if (link->settings.mqtt->clean_start)
		return 0;
	do {
		int r;

		follow_commands(session);
		r = session->commands.closing ? 1 : receive(session);
		if (r != 0)
			return r;
		if (link->events.full || session->now_us >= end_us)
			return 0;
		(void)poll(fds, 2, KEPT_QUIET_MS);
		session->now_us = clock_now_us();
	} while (fds[0].revents || fds[1].revents);
	return 0;
}

/* Goes up to the point where messages come in and go out. Returns as turn(). */
static int begin(struct link_session *session)
{
	struct link *link = session->link;
	int r = fetch_kept(session);

	if (r != 0)
		return r;
	r = link_subscribe_needed(session);
	if (r < 0) {
		session->end_kind = LINK_END_UNSUBSCRIBED;
		return r;
	}
	link_log_connected(link, session->client);
	link->events.is_deaf = link_subscribe_is_deaf(session);
	link_events_set_state(&link->events, LINK_EVENT_CONNECTED);
	outbox_connected(link->settings.outbox);
	/* Messages that came with the answer are fetched now: else they are lost if it ends. */
	r = receive(session);
	if (r == 0)
		r = link_subscribe_optional(session);
	session->status_is_wrong = false; /* it is online in a moment anyway */
	link_ask_again_plan(session);
	return r;
}

static const char *why_lost(const struct link_session *session)
{
	/* Two ticks without a byte: the library gave up waiting for the answer to its ping. */
	uint64_t silence_us = 4 * link_wait_tick_us(session);

	const char *why = session->why ? session->why : broker_socket_why_closed(session->socket);

	if (why)
		return why;
	return session->now_us - session->watch.came_us > silence_us
		? "the broker does not answer any more"
		: "the broker broke the protocol";
}

static struct link_end explain_end(struct link_session *session)
{
	const char *farewell = link_offers_farewell(session);
	struct link_end end = {.kind = session->end_kind, .why = why_lost(session)};

	end.by_broker = broker_socket_peer_ended(end.why);
	end.is_explained =
		mqtt_client_ended(session->client, end.by_broker, session->now_us) || farewell;
	if (farewell)
		end.why = farewell;
	return end;
}

int link_session_run(struct link *link, struct mqtt_client *client, struct link_end *ret_end)
{
	uint64_t now_us = clock_now_us();
	struct link_session session = {
		.link = link,
		.client = client,
		.socket = fcntl(mqtt_client_fd(client), F_DUPFD_CLOEXEC, 0),
		.now_us = now_us,
		.receive_due = true,
		.watch.came_us = now_us,
		.qos_max = now_us < link->urls[link->turn.index].qos_1_until_us ? 1 : 2,
		.sent_us = now_us,
		.heard_us = now_us,
	};
	int r = begin(&session);

	follow_commands(&session);
	link_wait_init(&session);
	while (r == 0) {
		r = turn(&session);
		if (r == 0)
			link_wait(&session);
	}
	*ret_end = r == 1 ? (struct link_end){.kind = LINK_END_CLOSED} : explain_end(&session);
	if (r != -ECANCELED)
		link_outbound_lost(&session, ret_end);
	if (r == 1)
		leave_it_to_the_will(&session);
	if (session.socket >= 0)
		(void)close(session.socket);
	link_enter_library(link);
	mqtt_client_close(client);
	if (link_leave_library(link) < 0)
		r = -ECANCELED;
	if (r == -ECANCELED)
		return r;
	outbox_disconnected(link->settings.outbox);
	link_events_set_state(&link->events, LINK_EVENT_DISCONNECTED);
	return 0;
}
