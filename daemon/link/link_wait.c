/* SPDX-License-Identifier: MIT */
/*
 * How the session sleeps: with as few packets and wake-ups as possible, since they make up most of
 * the cost of a reading and of an action.
 *
 * Packets are held back until the session has nothing more to do. Then they go out as one. The
 * acknowledgement of a command is written by the library before it hands over the command. Even
 * that waits for the answer: sending it would wake the broker just when the main thread needs the
 * processor.
 *
 * The acknowledgement of a reading wakes nobody, since nobody waits for it: the socket counts as
 * readable only from the size of the smallest message on. Nor is it fetched as soon as the thread
 * wakes for something else, such as the next reading, because asking the library costs as much as
 * publishing. Acknowledgements that are together smaller than a message wait for each other, or for
 * the tick. Anything else from the broker is at least as large, or is the rest of something that
 * came in pieces, or comes with the end of the connection, or is awaited. If it is awaited, each
 * byte counts.
 */
#include "link_session.h"

#include "broker_socket.h"
#include "clock.h"
#include <poll.h>
#include <string.h>

enum {
	CONGESTED_MS = 50, /* until the network is tried again */
	/*
	 * The usual size. A larger one, of MQTT 5 if nobody has subscribed, only wakes a little
	 * early.
	 */
	PUBACK_BYTES = 4,
};

void link_wait_init(struct link_session *session)
{
	const struct link_settings *settings = &session->link->settings;

	session->message_min = SIZE_MAX;
	for (size_t i = 0; i < settings->n_subscriptions; i++) {
		size_t size = mqtt_client_size_min(settings->subscriptions[i].topic);

		session->message_min = size < session->message_min ? size : session->message_min;
	}
	broker_socket_hold(session->socket);
	session->wake_at = 1;
}

static void wake_at(struct link_session *session, size_t bytes)
{
	if (session->wake_at != bytes)
		broker_socket_wake_at(session->socket, bytes);
	session->wake_at = bytes;
}

void link_wait_for_all(struct link_session *session)
{
	wake_at(session, 1);
}

void link_wait_flush(struct link_session *session)
{
	if (session->unflushed)
		broker_socket_flush(session->socket);
	session->unflushed = false;
}

uint64_t link_wait_tick_us(const struct link_session *session)
{
	return (uint64_t)mqtt_client_tick_ms(session->client) * 1000;
}

static void sooner(uint64_t *timeout_us, uint64_t now_us, uint64_t at_us)
{
	uint64_t left_us = at_us > now_us ? at_us - now_us : 0;

	if (left_us < *timeout_us)
		*timeout_us = left_us;
}

static int poll_timeout_ms(const struct link_session *session)
{
	uint64_t now_us = session->now_us, timeout_us = UINT64_MAX;
	uint64_t step_us = session->commands.guard_us / 4;

	if (session->has_more)
		return 0;
	sooner(&timeout_us, now_us, session->received_us + link_wait_tick_us(session));
	if (!session->commands.closing)
		sooner(&timeout_us, now_us, broker_watch_due(&session->watch));
	if (!session->commands.closing && session->ask_due_us > 0)
		sooner(&timeout_us, now_us, session->ask_due_us);
	if (session->status_is_wrong)
		sooner(&timeout_us, now_us, session->link->status_pause.due_us);
	for (int part = 0; part < OUTBOX_PARTS; part++)
		if (session->pauses[part].is_on)
			sooner(&timeout_us, now_us, session->pauses[part].backoff.due_us);
	if (session->congested)
		sooner(&timeout_us, now_us, now_us + CONGESTED_MS * 1000);
	if (step_us > 0) {
		if (mqtt_client_in_flight(session->client)->count == 0 && !session->congested)
			sooner(&timeout_us, now_us, session->sent_us + step_us);
		if (session->heard_us > session->told_us)
			sooner(&timeout_us, now_us, session->told_us + step_us);
	}
	if (session->commands.closing)
		sooner(&timeout_us, now_us,
			session->is_leaving ? session->commands.close_by_us
					    : session->drain_until_us);
	return (int)((timeout_us + 999) / 1000);
}

/*
 * True if nothing is awaited but the acknowledgements of readings and their values. With QoS 2 the
 * broker waits too: it passes a message on only after the second step, which is ours.
 */
static bool is_patient(const struct link_session *session)
{
	const struct link_settings *settings = &session->link->settings;
	const struct in_flight *in_flight = mqtt_client_in_flight(session->client);

	return in_flight->count > 0 && settings->mqtt->qos < 2 && settings->n_subscriptions > 0 &&
		link_outbound_is_open(session) && !mqtt_client_in_message(session->client) &&
		session->commands.guard_us == 0 && !session->commands.closing &&
		in_flight->count ==
		in_flight_count(in_flight, OUTBOX_KIND_READING) +
			in_flight_count(in_flight, OUTBOX_KIND_VALUE);
}

/*
 * True if with one more acknowledgement they are still smaller than a message, and the window has
 * room. False near the tick, which would be a wake-up of its own.
 */
static bool may_leave_acknowledgements(const struct link_session *session)
{
	size_t count = mqtt_client_in_flight(session->client)->count;

	return (count + 1) * PUBACK_BYTES < session->message_min &&
		2 * count < mqtt_client_window(session->client) &&
		session->now_us - session->received_us < link_wait_tick_us(session) / 2;
}

void link_wait(struct link_session *session)
{
	struct link *link = session->link;
	bool is_full = link->events.full && !session->commands.closing;
	bool patient = !is_full && is_patient(session);
	struct pollfd fds[] = {
		{.fd = is_full || session->is_left ? -1 : mqtt_client_fd(session->client),
			.events = POLLIN | POLLRDHUP},
		{.fd = link->command_fd, .events = POLLIN},
		{.fd = link_outbound_is_open(session) && !session->is_leaving
				? outbox_fd(link->settings.outbox)
				: -1,
			.events = POLLIN},
		{.fd = link->events.full ? link->events.room_fd : -1, .events = POLLIN},
	};

	link_wait_flush(session);
	wake_at(session, patient ? session->message_min : 1);
	(void)poll(fds, sizeof(fds) / sizeof(*fds), poll_timeout_ms(session));
	session->now_us = clock_now_us();
	if (patient && !may_leave_acknowledgements(session)) {
		link_wait_for_all(session);
		(void)poll(fds, 1, 0);
	}
	session->receive_due = session->receive_due || fds[0].revents;
	if (fds[0].revents & POLLIN)
		broker_watch_came(&session->watch, session->now_us);
	/* Right now, since the library closes the socket when it notices the end. */
	if (fds[0].revents & (POLLRDHUP | POLLHUP | POLLERR))
		session->why = broker_socket_why_closed(fds[0].fd);
	if (fds[3].revents)
		link_events_room(&link->events);
}
