/* SPDX-License-Identifier: MIT */
#include "listen.h"

#include "command.h"
#include "shown.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

void listen_print_time(uint64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm local;
	char text[32];

	if (!localtime_r(&seconds, &local) || strftime(text, sizeof(text), "%H:%M:%S", &local) == 0)
		return;
	printf("%s.%03u  ", text, (unsigned)(wall_ms % 1000));
}

int listen_to(const struct options *options, const char *const *names, size_t n,
	bool (*show)(const struct options *options, const char *name,
		const struct mqtt_inbound *inbound))
{
	struct session *session = NULL;
	unsigned long shown = 0;
	int exit_code = session_open(options, &session);
	int r = 0;

	if (exit_code < 0)
		exit_code = session_subscribe(session, names, n, true);
	while (exit_code < 0) {
		struct mqtt_inbound inbound;
		const char *name;

		r = session_next(session, UINT64_MAX, &inbound);
		if (r < 0)
			exit_code = r == -EINTR ? EXIT_OK : EXIT_OFFLINE;
		if (r != 1)
			continue;
		name = session_name(session, inbound.topic);
		if (name && show(options, name, &inbound))
			shown++;
		mqtt_inbound_free(&inbound);
		/* Nobody reads any more, or the disk is full. */
		if (!shown_flush() || (options->count > 0 && shown >= options->count))
			exit_code = EXIT_OK;
	}
	session_close(session);
	return exit_code;
}
