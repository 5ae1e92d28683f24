/* SPDX-License-Identifier: MIT */
/*
 * A message that the broker refuses for a reason that may pass by itself, as in a cluster during a
 * fail-over, waits in the outbox and is sent again after a pause, which gets longer. Others that
 * are live are sent meanwhile. Readings and events have a pause of their own, and so have retained
 * messages and answers: a broker may always refuse one of those, and somebody waits for an answer.
 */
#include "link_session.h"

/* In that time after a try the broker has answered. */
#define TAKEN_US (10 * UINT64_C(1000000))

/* The reason codes of MQTT 5, the same in PUBACK, PUBREC and SUBACK. 3.1.1 has no reasons. */
enum { UNSPECIFIED_ERROR = 0x80, IMPLEMENTATION_SPECIFIC_ERROR = 0x83, QUOTA_EXCEEDED = 0x97 };

bool link_refusal_may_pass(const struct link *link, int code)
{
	return link->version == CONFIG_MQTT_VERSION_5 &&
		(code == UNSPECIFIED_ERROR || code == IMPLEMENTATION_SPECIFIC_ERROR ||
			code == QUOTA_EXCEEDED);
}

static enum outbox_part part_of(const struct in_flight_entry *entry)
{
	if (entry->kind == OUTBOX_KIND_RETAINED)
		return OUTBOX_PART_RETAINED;
	return entry->kind == OUTBOX_KIND_ANSWER ? OUTBOX_PART_ANSWERS : OUTBOX_PART_STREAMS;
}

/* A refusal long after the last try is no failure of that try. */
static void begin_pause(struct link_pause *pause, enum outbox_part part, uint64_t now_us)
{
	uint64_t window_us = (uint64_t)pause->backoff.window_ms * 1000;

	if (pause->is_on)
		return;
	if (part != OUTBOX_PART_STREAMS && now_us > pause->backoff.due_us + window_us + TAKEN_US)
		pause->backoff.window_ms = 0;
	backoff_failed(&pause->backoff, now_us);
	pause->is_on = true;
}

bool link_postpone(struct link_session *session, const struct in_flight_entry *entry)
{
	struct link *link = session->link;
	const char *reason = mqtt_client_reason(session->client, entry->reason);
	enum outbox_part part = part_of(entry);

	if (!link_refusal_may_pass(link, entry->reason) ||
		!outbox_postpone(link->settings.outbox, entry->id))
		return false;
	if (part == OUTBOX_PART_STREAMS && session->refused_since_us == 0)
		session->refused_since_us = session->now_us;
	begin_pause(&session->pauses[part], part, session->now_us);
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
	session->pauses[OUTBOX_PART_STREAMS].backoff.window_ms = 0;
	session->refused_since_us = 0;
	session->link->refused_moves = 0;
}

void link_postpone_retry(struct link_session *session)
{
	for (int part = 0; part < OUTBOX_PARTS; part++) {
		struct link_pause *pause = &session->pauses[part];

		if (!pause->is_on || !backoff_is_due(&pause->backoff, session->now_us))
			continue;
		pause->is_on = false;
		outbox_retry(session->link->settings.outbox, (enum outbox_part)part);
	}
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
