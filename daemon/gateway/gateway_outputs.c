/* SPDX-License-Identifier: MIT */
/* The outputs in the main loop: what ends by itself, limits, and the fail-safe. */
#include "clock.h"
#include "gateway_internal.h"
#include "log.h"
#include "loop_source.h"
#include <sys/epoll.h>

enum {
	TIMER_ACCURACY_US = 1000,
	/* Edges of limits are looked at that often in that time, then the others have theirs. */
	LIMITS_TURNS = 10,
	LIMITS_US = 10000,
};

void gateway_follow_outputs(struct gateway *gateway)
{
	uint64_t now_us = clock_now_us();
	uint64_t next_us, guard_us;

	/* An output that ends by itself is no longer guarded. */
	next_us = outputs_poll(gateway->outputs, now_us);
	failsafe_follow(&gateway->failsafe, outputs_running(gateway->outputs, true),
		outputs_have_failsafe(gateway->outputs), now_us);
	if (gateway->failsafe.tripped != gateway->tripped_told)
		gateway_notify_status(gateway);
	guard_us = gateway->failsafe.guarded ? gateway->failsafe.after_us : 0;
	if (guard_us != gateway->guard_us)
		link_guard(gateway->link, guard_us);
	gateway->guard_us = guard_us;
	loop_arm(gateway->failsafe_timer, failsafe_due(&gateway->failsafe));
	loop_arm(gateway->outputs_timer, next_us);
}

static int on_outputs_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	gateway_follow_outputs(userdata);
	return 0;
}

/* A limit was reached or left. */
static int on_limits(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct gateway *gateway = userdata;

	(void)source;
	(void)fd;
	(void)events;
	outputs_limits_event(gateway->outputs);
	gateway_follow_outputs(gateway);
	return 0;
}

static int on_failsafe_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gateway *gateway = userdata;
	bool running = outputs_running(gateway->outputs, false);

	(void)source;
	(void)usec;
	if (failsafe_trip(&gateway->failsafe, clock_now_us())) {
		int r = outputs_failsafe(gateway->outputs);

		if (r < 0)
			log_error("failsafe",
				"the broker is away, and not everything could be made safe: %s",
				hal_strerror(r));
		else if (running)
			log_warning("failsafe", "%s %.1f s: motors are stopped",
				gateway_is_deaf(gateway)
					? "the broker has refused to pass on actions for"
					: "the broker has been away for",
				(double)gateway->config->failsafe.after_us / 1e6);
	}
	gateway_follow_outputs(gateway);
	return 0;
}

/* For outputs that move: it comes before commands, however many there are. */
static int add_urgent_timer(
	struct gateway *gateway, sd_event_time_handler_t handler, sd_event_source **ret_source)
{
	int r = loop_add_timer(gateway->loop, TIMER_ACCURACY_US, handler, gateway, ret_source);

	return r < 0 ? r : sd_event_source_set_priority(*ret_source, SD_EVENT_PRIORITY_IMPORTANT);
}

/* Before commands, however many there are. But a cable that picks up noise must not keep a stop
 * from coming through. */
static int add_limits(struct gateway *gateway)
{
	int r = sd_event_add_io(gateway->loop, &gateway->limits,
		outputs_limits_fd(gateway->outputs), EPOLLIN, on_limits, gateway);

	if (r == 0)
		r = sd_event_source_set_priority(gateway->limits, SD_EVENT_PRIORITY_IMPORTANT);
	if (r >= 0)
		r = sd_event_source_set_ratelimit(gateway->limits, LIMITS_US, LIMITS_TURNS);
	return r;
}

int gateway_attach_outputs(struct gateway *gateway)
{
	int r;

	if ((r = add_limits(gateway)) < 0 ||
		(r = add_urgent_timer(gateway, on_outputs_timer, &gateway->outputs_timer)) < 0 ||
		(r = add_urgent_timer(gateway, on_failsafe_timer, &gateway->failsafe_timer)) < 0)
		return r;
	return 0;
}

void gateway_detach_outputs(struct gateway *gateway)
{
	gateway->limits = sd_event_source_unref(gateway->limits);
	gateway->outputs_timer = sd_event_source_unref(gateway->outputs_timer);
	gateway->failsafe_timer = sd_event_source_unref(gateway->failsafe_timer);
}
