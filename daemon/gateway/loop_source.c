/* SPDX-License-Identifier: MIT */
#include "loop_source.h"

#include <stdbool.h>
#include <sys/epoll.h>
#include <time.h>

int loop_add_timer(sd_event *loop, uint64_t accuracy_us, sd_event_time_handler_t handler,
	void *userdata, sd_event_source **ret_timer)
{
	int r = sd_event_add_time(
		loop, ret_timer, CLOCK_MONOTONIC, 0, accuracy_us, handler, userdata);

	return r < 0 ? r : sd_event_source_set_enabled(*ret_timer, SD_EVENT_OFF);
}

void loop_arm(sd_event_source *timer, uint64_t at_us)
{
	if (!timer)
		return;
	if (at_us == UINT64_MAX) {
		sd_event_source_set_enabled(timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(timer, at_us);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

int loop_add_deferred(
	sd_event *loop, sd_event_handler_t handler, void *userdata, sd_event_source **ret_source)
{
	int r = sd_event_add_defer(loop, ret_source, handler, userdata);

	if (r < 0)
		return r;
	sd_event_source_set_priority(*ret_source, SD_EVENT_PRIORITY_IDLE);
	return sd_event_source_set_enabled(*ret_source, SD_EVENT_OFF);
}

void loop_run_soon(sd_event_source *source)
{
	if (source)
		sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int loop_add_fd(sd_event *loop, int fd, sd_event_io_handler_t handler, void *userdata)
{
	sd_event_source *source;
	int r = sd_event_add_io(loop, &source, fd, EPOLLIN, handler, userdata);

	if (r < 0)
		return r;
	r = sd_event_source_set_floating(source, true);
	sd_event_source_unref(source);
	return r < 0 ? r : 0;
}
