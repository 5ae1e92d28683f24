/* SPDX-License-Identifier: MIT */
/*
 * Judges whether a broker that took the connection does its part, by what it leaves unanswered. A
 * closed connection is seen at once; this is for one that stays open. Pure: facts and times come
 * in, a verdict and a deadline come out.
 *
 * With several brokers to choose from, a silent one is left early. While something runs, that is
 * after the fail-safe's time. Otherwise it is after the keepalive, if something waits for its
 * answer. A single broker is not left for its silence: the MQTT library's ping decides.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum broker_fault {
	BROKER_FAULT_NONE,
	BROKER_FAULT_SILENT,     /* it sent nothing at all */
	BROKER_FAULT_UNANSWERED, /* it did not acknowledge a message, whatever else it sent */
	BROKER_FAULT_QOS_2,      /* it acknowledges QoS 1, and never completed QoS 2 */
};

/* Times in us, on one clock. */
struct broker_watch {
	uint64_t silence_us; /* the longest silence; 0: no limit, there is no other broker */
	uint64_t answer_us;  /* the longest wait for an acknowledgement */
	uint64_t qos_2_us;   /* the longest wait for the first QoS 2 message to complete */

	uint64_t came_us;              /* when the broker last sent anything */
	uint64_t oldest_us;            /* when the oldest unanswered message was sent; 0: none is */
	uint64_t oldest_qos_2_us;      /* the same for QoS 2 alone */
	bool qos_1_works, qos_2_works; /* a message with it was acknowledged */

	/* See broker_watch_guard(). */
	uint64_t guard_us, guarded_since_us;
	bool guard_ends;
};

/*
 * Sets how long the broker may be silent while something runs; 0: nothing runs. The broker is asked
 * for a sign of life several times in guard_us.
 *
 * The fail-safe stops what runs when the broker is silent, and so lifts the guard just before the
 * time is up here. A guard that is lifted therefore holds until the broker is heard.
 */
void broker_watch_guard(struct broker_watch *watch, uint64_t guard_us, uint64_t now_us);

/* Notes that the broker sent something. */
void broker_watch_came(struct broker_watch *watch, uint64_t now_us);

/* Returns what is wrong now. The caller has looked at everything that has come in. */
enum broker_fault broker_watch_judge(const struct broker_watch *watch, uint64_t now_us);

/* Returns when broker_watch_judge() may next find a fault; UINT64_MAX: never. */
uint64_t broker_watch_due(const struct broker_watch *watch);
