/* SPDX-License-Identifier: MIT */
/*
 * Whether a broker that took the connection does its part, by what it leaves unanswered. A closed
 * connection is seen at once; this is for one that stays open. Pure: facts and times in, a verdict
 * and a deadline out.
 *
 * With several brokers to choose from a silent one is left early: after the fail-safe's time while
 * something runs, and after the keepalive otherwise, where something waits for its answer. With one
 * there is nothing to go to, and the MQTT library's own ping decides.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum broker_fault {
	BROKER_FAULT_NONE,
	BROKER_FAULT_SILENT,     /* nothing came at all */
	BROKER_FAULT_UNANSWERED, /* a message was not acknowledged, whatever else came */
	BROKER_FAULT_QOS_2,      /* QoS 1 is acknowledged, and QoS 2 never was to its end */
};

/* Times in us, on one clock. */
struct broker_watch {
	uint64_t silence_us; /* the limit of a silence; 0: none, there is no other broker */
	uint64_t answer_us;  /* of an acknowledgement */
	uint64_t qos_2_us;   /* of the first QoS 2 message */

	uint64_t came_us;         /* anything, last */
	uint64_t oldest_us;       /* when the oldest message was sent that is unanswered; 0: none */
	uint64_t oldest_qos_2_us; /* of those with QoS 2 */
	bool qos_1_works, qos_2_works; /* one was acknowledged */

	/* See broker_watch_guard(). */
	uint64_t guard_us, guarded_since_us;
	bool guard_ends;
};

/*
 * guard_us: something runs, and the broker is asked for a sign of life several times in that time;
 * 0: no longer. When the fail-safe stops what runs, since the broker is silent, the guard is lifted
 * just before the time is up here: so it holds until the broker is heard.
 */
void broker_watch_guard(struct broker_watch *watch, uint64_t guard_us, uint64_t now_us);

/* Something came. */
void broker_watch_came(struct broker_watch *watch, uint64_t now_us);

/* What is wrong now. Everything that has come in must have been looked at. */
enum broker_fault broker_watch_judge(const struct broker_watch *watch, uint64_t now_us);

/* When something would be wrong next; UINT64_MAX: never. */
uint64_t broker_watch_due(const struct broker_watch *watch);
