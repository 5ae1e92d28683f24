/* SPDX-License-Identifier: MIT */
#include "watchdog.h"
#include "log.h"
#include <systemd/sd-daemon.h>

/* Rounds in the time of the watchdog: one may be late without harm. */
enum { ROUNDS = 4, TIMER_ACCURACY_US = 100000 };

/*
 * Anything longer is not a wait but a deadlock. A resolver may take minutes, because servers,
 * attempts and search domains multiply.
 */
#define NETWORK_WAIT_MAX_US (UINT64_C(300) * 1000000)

static void ask(struct watchdog *watchdog)
{
	watchdog->sampler_answered = false;
	watchdog->link_answered = false;
	sampler_ping(watchdog->sampler);
	link_ping(watchdog->link);
}

static int on_round(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct watchdog *watchdog = userdata;
	uint64_t now_us;

	(void)usec;
	/* A thread that has not answered yet is not asked again, or the queue would fill with
	 * questions. */
	if (watchdog->sampler_answered && watchdog->link_answered) {
		ask(watchdog);
	} else if (watchdog->sampler_answered &&
		link_waits_for_network(watchdog->link, NETWORK_WAIT_MAX_US)) {
		sd_notify(0, "WATCHDOG=1");
		watchdog->sampler_answered = false;
		sampler_ping(watchdog->sampler);
	} else {
		log_debug("watchdog", "waiting for the %s",
			watchdog->sampler_answered ? "link" : "sampler");
	}
	sd_event_now(sd_event_source_get_event(source), CLOCK_MONOTONIC, &now_us);
	sd_event_source_set_time(source, now_us + watchdog->period_us);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int watchdog_start(
	struct watchdog *watchdog, sd_event *loop, struct sampler *sampler, struct link *link)
{
	uint64_t watchdog_us = 0;
	uint64_t now_us;

	*watchdog = (struct watchdog){.sampler = sampler, .link = link};
	if (sd_watchdog_enabled(0, &watchdog_us) <= 0)
		return 0;
	watchdog->period_us = watchdog_us / ROUNDS;
	ask(watchdog);
	sd_event_now(loop, CLOCK_MONOTONIC, &now_us);
	return sd_event_add_time(loop, &watchdog->timer, CLOCK_MONOTONIC,
		now_us + watchdog->period_us, TIMER_ACCURACY_US, on_round, watchdog);
}

static void feed(struct watchdog *watchdog)
{
	if (watchdog->period_us && watchdog->sampler_answered && watchdog->link_answered)
		sd_notify(0, "WATCHDOG=1");
}

void watchdog_set_link(struct watchdog *watchdog, struct link *link)
{
	bool owed = !watchdog->link_answered;

	watchdog->link = link;
	if (watchdog->period_us && owed)
		link_ping(link);
}

void watchdog_sampler_answered(struct watchdog *watchdog)
{
	watchdog->sampler_answered = true;
	feed(watchdog);
}

void watchdog_link_answered(struct watchdog *watchdog)
{
	watchdog->link_answered = true;
	feed(watchdog);
}

void watchdog_stop(struct watchdog *watchdog)
{
	watchdog->timer = sd_event_source_unref(watchdog->timer);
}
