/* SPDX-License-Identifier: MIT */
/*
 * Listens to others on the status topic. A broker that hangs, or a node of a cluster, may publish
 * the will of an earlier connection when the gateway has long been back, perhaps elsewhere, and
 * then "offline" would stay. So the link reads that, and publishes "online" again.
 *
 * The messages of this connection come back, too: MQTT 5 could leave them out, but with them the
 * will, which has the same client id. Whatever the broker has kept, retained or for a gateway that
 * was away, is older than this connection's own.
 *
 * "online" is no reason to answer, so two gateways on one topic do not answer each other. Somebody
 * who says something else again and again is answered after a pause that grows to a minute.
 */
#include "link_session.h"

#include <string.h>

/* After so long without, the pauses are short again. */
#define QUIET_US (600 * UINT64_C(1000000))

static const char ONLINE[] = "online";

enum { AGAIN_AND_AGAIN_MS = 8000 }; /* the pause behind the fourth answer */

void link_status_heard(struct link_session *session, const struct mqtt_inbound *inbound)
{
	bool is_online = inbound->size == sizeof(ONLINE) - 1 &&
		memcmp(inbound->payload, ONLINE, sizeof(ONLINE) - 1) == 0;

	/* An empty one clears what the broker has kept. */
	if (inbound->retained || inbound->size == 0 ||
		strcmp(inbound->topic, session->link->settings.status_topic) != 0)
		return;
	session->status_is_wrong = !is_online;
}

static void tell(const struct link *link, bool is_first)
{
	const char *topic = link->settings.status_topic;

	if (is_first)
		log_notice("mqtt",
			"%s was no longer online, as after the will of an earlier connection that "
			"came late: it is said again",
			topic);
	else if (link->status_pause.window_ms == AGAIN_AND_AGAIN_MS)
		log_warning("mqtt",
			"%s is set to something else again and again, and answered once a minute "
			"at most: does another program or gateway use the topic? Give each "
			"gateway its own mqtt.topic, with %%i in it",
			topic);
}

void link_status_mend(struct link_session *session)
{
	struct link *link = session->link;
	struct backoff *pause = &link->status_pause;
	bool is_first;

	if (!session->status_is_wrong || !backoff_is_due(pause, session->now_us))
		return;
	session->status_is_wrong = false;
	if (session->now_us - pause->due_us >= QUIET_US)
		pause->window_ms = 0;
	is_first = pause->window_ms == 0;
	backoff_failed(pause, session->now_us);
	outbox_repeat_retained(link->settings.outbox, OUTBOX_STATUS);
	tell(link, is_first);
}
