/* SPDX-License-Identifier: MIT */
/*
 * Sources of the main loop, sd-event(3), in the few forms that the gateway needs. Main thread.
 * userdata is handed to the handler. Functions that add a source return 0 or a negative errno.
 */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

/*
 * Adds a timer of CLOCK_MONOTONIC, which is off until loop_arm(). accuracy_us: how late it may be,
 * to share a wake-up with others. The caller owns *ret_timer.
 */
int loop_add_timer(sd_event *loop, uint64_t accuracy_us, sd_event_time_handler_t handler,
	void *userdata, sd_event_source **ret_timer);

/* Calls the handler once at that time of CLOCK_MONOTONIC, not at one set before; UINT64_MAX: never.
 * timer may be NULL: there is none while the gateway is built or torn down. */
void loop_arm(sd_event_source *timer, uint64_t at_us);

/* Adds a source that runs once after loop_run_soon(). The caller owns *ret_source. */
int loop_add_deferred(
	sd_event *loop, sd_event_handler_t handler, void *userdata, sd_event_source **ret_source);

/* Calls the handler once, when nothing more urgent is left. source may be NULL, too. */
void loop_run_soon(sd_event_source *source);

/* Calls the handler whenever the descriptor is readable. The loop owns the source. */
int loop_add_fd(sd_event *loop, int fd, sd_event_io_handler_t handler, void *userdata);
