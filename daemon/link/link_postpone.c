/* SPDX-License-Identifier: MIT */
/*
 * Readings and events that the broker refuses for a reason that may pass by itself, as a broker of
 * a cluster does during a fail-over: they wait in the outbox and are sent again after a pause,
 * which gets longer. Others that are live are sent meanwhile.
 */
#include "link_session.h"

/* The reason codes of MQTT 5, the same in PUBACK, PUBREC and SUBACK. 3.1.1 has no reasons. */
enum { UNSPECIFIED_ERROR = 0x80, IMPLEMENTATION_SPECIFIC_ERROR = 0x83, QUOTA_EXCEEDED = 0x97 };

bool link_refusal_may_pass(const struct link *link, int code)
{
	return link->version == CONFIG_MQTT_VERSION_5 &&
		(code == UNSPECIFIED_ERROR || code == IMPLEMENTATION_SPECIFIC_ERROR ||
			code == QUOTA_EXCEEDED);
}

bool link_postpone(struct link_session *session, const struct in_flight_entry *entry)
{
	struct link *link = session->link;
	const char *reason = mqtt_client_reason(session->client, entry->reason);

	if (!link_refusal_may_pass(link, entry->reason) ||
		!outbox_postpone(link->settings.outbox, entry->id))
		return false;
	if (session->refused_since_us == 0)
		session->refused_since_us = session->now_us;
	if (!session->is_pausing)
		backoff_failed(&session->pause, session->now_us);
	session->is_pausing = true;
	if (refusals_add(&link->postponed, "", reason, session->now_us))
		log_warning("mqtt",
			"a message on %s was refused: %s; that may pass: it is kept and sent again",
			entry->topic, reason);
	return true;
}

void link_postpone_taken(struct link_session *session, const struct in_flight_entry *entry)
{
	if (entry->kind != OUTBOX_KIND_BACKLOG && entry->kind != OUTBOX_KIND_OLD_EVENT)
		return;
	/* A pause that has begun goes on: others may have been refused. */
	session->pause.window_ms = 0;
	session->refused_since_us = 0;
	session->link->refused_moves = 0;
}

void link_postpone_retry(struct link_session *session)
{
	if (!session->is_pausing || !backoff_is_due(&session->pause, session->now_us))
		return;
	session->is_pausing = false;
	outbox_retry(session->link->settings.outbox);
}

bool link_postpone_lasts(const struct link_session *session, uint64_t limit_us)
{
	return session->refused_since_us > 0 &&
		session->now_us - session->refused_since_us >= limit_us;
}

bool link_postpone_moves(struct link_session *session)
{
	struct link *link = session->link;

	if (!link_postpone_lasts(session, session->watch.answer_us) ||
		link->refused_moves + 1 >= link->settings.mqtt->n_urls)
		return false;
	link->refused_moves++;
	return true;
}
