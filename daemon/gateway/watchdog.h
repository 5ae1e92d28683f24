/* SPDX-License-Identifier: MIT */
/*
 * Feeds systemd's watchdog, but only after real progress. In each round the sampler and the link
 * are asked for a sign of life through their own loops; the main thread asks from its own. When
 * both have answered, the watchdog is fed. A link that waits for the network counts as alive: a
 * name server that does not answer must not end the gateway. Main thread.
 */
#pragma once

#include "link.h"
#include "sampler.h"
#include <stdbool.h>
#include <systemd/sd-event.h>

struct watchdog {
	sd_event_source *timer;
	uint64_t period_us; /* of a round; 0: no watchdog */
	bool sampler_answered, link_answered;
	struct sampler *sampler;
	struct link *link;
};

/* Begins the rounds if the service manager asked for a watchdog. The struct must not move until
 * watchdog_stop(). */
int watchdog_start(
	struct watchdog *watchdog, sd_event *loop, struct sampler *sampler, struct link *link);

/* Call this when a reload has made a new link. */
void watchdog_set_link(struct watchdog *watchdog, struct link *link);

void watchdog_sampler_answered(struct watchdog *watchdog);
void watchdog_link_answered(struct watchdog *watchdog);

void watchdog_stop(struct watchdog *watchdog);
