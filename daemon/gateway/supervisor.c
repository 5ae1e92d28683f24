/* SPDX-License-Identifier: MIT */
#include "supervisor.h"
#include "log.h"
#include <systemd/sd-daemon.h>

/* Rounds in each watchdog time: one may be late without harm. */
enum { ROUNDS = 4, TIMER_ACCURACY_US = 100000 };

/*
 * Longer is no wait but a deadlock. A resolver may take minutes: servers, attempts and search
 * domains multiply.
 */
#define NETWORK_WAIT_MAX_US (UINT64_C(300) * 1000000)

static void ask(struct supervisor *supervisor)
{
	supervisor->sampler_answered = false;
	supervisor->link_answered = false;
	sampler_ping(supervisor->sampler);
	link_ping(supervisor->link);
}

static int on_round(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct supervisor *supervisor = userdata;
	uint64_t now_us;

	(void)usec;
	/* A thread that still owes its answer is not asked again: the queue must not fill with
	 * questions. */
	if (supervisor->sampler_answered && supervisor->link_answered) {
		ask(supervisor);
	} else if (supervisor->sampler_answered &&
		link_waits_for_network(supervisor->link, NETWORK_WAIT_MAX_US)) {
		sd_notify(0, "WATCHDOG=1");
		supervisor->sampler_answered = false;
		sampler_ping(supervisor->sampler);
	} else {
		log_debug("watchdog", "waiting for the %s",
			supervisor->sampler_answered ? "link" : "sampler");
	}
	sd_event_now(sd_event_source_get_event(source), CLOCK_MONOTONIC, &now_us);
	sd_event_source_set_time(source, now_us + supervisor->period_us);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int supervisor_start(
	struct supervisor *supervisor, sd_event *loop, struct sampler *sampler, struct link *link)
{
	uint64_t watchdog_us = 0;
	uint64_t now_us;

	*supervisor = (struct supervisor){.sampler = sampler, .link = link};
	if (sd_watchdog_enabled(0, &watchdog_us) <= 0)
		return 0;
	supervisor->period_us = watchdog_us / ROUNDS;
	ask(supervisor);
	sd_event_now(loop, CLOCK_MONOTONIC, &now_us);
	return sd_event_add_time(loop, &supervisor->timer, CLOCK_MONOTONIC,
		now_us + supervisor->period_us, TIMER_ACCURACY_US, on_round, supervisor);
}

static void feed(struct supervisor *supervisor)
{
	if (supervisor->period_us && supervisor->sampler_answered && supervisor->link_answered)
		sd_notify(0, "WATCHDOG=1");
}

void supervisor_set_link(struct supervisor *supervisor, struct link *link)
{
	bool owed = !supervisor->link_answered;

	supervisor->link = link;
	if (supervisor->period_us && owed)
		link_ping(link);
}

void supervisor_sampler_answered(struct supervisor *supervisor)
{
	supervisor->sampler_answered = true;
	feed(supervisor);
}

void supervisor_link_answered(struct supervisor *supervisor)
{
	supervisor->link_answered = true;
	feed(supervisor);
}

void supervisor_stop(struct supervisor *supervisor)
{
	supervisor->timer = sd_event_source_unref(supervisor->timer);
}
