/* SPDX-License-Identifier: MIT */
/*
 * The options while they are read: options.c parses them, options_broker.c finds the broker. Main
 * thread only.
 */
#pragma once

#include "options.h"

struct options_draft {
	struct options options;
	/* As they were given, borrowed; NULL: not given. path: of a socket. */
	const char *host, *url, *map, *path;
	unsigned long port; /* 0: not given */
	char *topic;
};

/* Reports a mistake of the user on stderr. Returns the exit code for it. */
__attribute__((format(printf, 1, 2))) int options_usage_error(const char *format, ...);

/*
 * Finds the broker from the options, the map of this machine, or the defaults, and completes the
 * connection in draft->options. from_file: the options of the user's own file, over which the
 * command line wins. Returns -1, or an exit code after a mistake that was reported on stderr.
 */
int options_find_broker(const struct options_draft *from_file, struct options_draft *draft);
