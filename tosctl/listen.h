/* SPDX-License-Identifier: MIT */
/* Commands that show messages as they come in, until they are ended. */
#pragma once

#include "session.h"

/*
 * Shows each message of the topics (names below ROOT) by that function, which returns whether it
 * showed it, until options->count of them were shown or the user ends it. An exit code.
 */
int listen_to(const struct options *options, const char *const *names, size_t n,
	bool (*show)(const struct options *options, const char *name,
		const struct mqtt_inbound *inbound));

/* The time of day, with milliseconds. */
void listen_print_time(uint64_t wall_ms);
