/* SPDX-License-Identifier: MIT */
/*
 * A connection goes on without a subscription that the broker refuses, and asks for it again
 * after a pause: 1 s, doubled up to 60 s. That is for those that the gateway needs, whatever the
 * reason was, since without them it is deaf, and for others if the reason may pass.
 */
#include "link_session.h"

#include "broker_socket.h"

/* After that many rounds of connections the pause is at its maximum already. */
static void skip_short_pauses(struct link_session *session)
{
	if (session->ask_pause.window_ms == 0 && session->link->refused_subscribes > 0)
		session->ask_pause.window_ms = BACKOFF_MAX_MS;
}

void link_ask_again_plan(struct link_session *session)
{
	session->ask_due_us = 0;
	for (size_t i = 0; i < session->link->settings.n_subscriptions; i++) {
		uint32_t wait_ms;

		if (!session->ask_again[i])
			continue;
		skip_short_pauses(session);
		wait_ms = backoff_next_ms(&session->ask_pause, link_random_number());
		session->ask_due_us = session->now_us + (uint64_t)wait_ms * 1000;
		return;
	}
}

/*
 * The answer is smaller than a message, and the library polls the socket, too: so each byte must
 * show. The library has read what came in meanwhile, and the socket does not show it.
 */
static int ask(struct link_session *session, struct link_request *request)
{
	int r;

	broker_socket_release(session->socket);
	link_wait_for_all(session);
	r = link_subscribe_send(session, request);
	broker_socket_hold(session->socket);
	session->receive_due = session->has_more = true;
	if (r < 0)
		session->end_kind = LINK_END_UNSUBSCRIBED;
	return r;
}

static int ask_for_all(struct link_session *session)
{
	struct link *link = session->link;
	struct link_request request = {.n = 0};
	bool was_deaf = link_subscribe_is_deaf(session);
	bool has_changed;
	int r;

	for (size_t i = 0; i < link->settings.n_subscriptions; i++)
		if (session->ask_again[i])
			link_subscribe_add(session, i, &request);
	r = ask(session, &request);
	if (r < 0)
		return r;
	has_changed = link_subscribe_follow(session, &request);
	if (has_changed && session->announced)
		link_tell_broker(session);
	if (was_deaf && !link_subscribe_is_deaf(session)) {
		link->refused_subscribes = 0;
		link_events_set_hearing(&link->events);
	}
	link_ask_again_plan(session);
	return 0;
}

int link_ask_again(struct link_session *session)
{
	if (session->ask_due_us == 0 || session->now_us < session->ask_due_us ||
		session->commands.closing)
		return 0;
	return ask_for_all(session);
}
