/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "command.h"
#include "listen.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

/* To the gateway; the rest comes from it. */
static bool is_inbound(const char *name)
{
	if (strcmp(name, "actions/ack") == 0)
		return false;
	return strncmp(name, "action", 6) == 0 || strcmp(name, "sensors/interval") == 0;
}

/* Packed values, and anything else that is not text. */
static bool is_binary(const struct mqtt_inbound *inbound)
{
	for (size_t i = 0; i < inbound->size; i++)
		if (inbound->payload[i] < ' ' && !strchr("\t\n\r", inbound->payload[i]))
			return true;
	return memchr(inbound->payload, 0, inbound->size) != NULL;
}

static bool show(
	const struct options *options, const char *name, const struct mqtt_inbound *inbound)
{
	(void)options;
	listen_print_time(clock_wall_ms());
	fputs(is_inbound(name) ? "-> " : "<- ", stdout);
	text_pad(stdout, name, text_width(name) > 18 ? text_width(name) : 18);
	putchar(' ');
	if (inbound->size > 0 && is_binary(inbound))
		for (size_t i = 0; i < inbound->size; i++)
			printf("%02x", inbound->payload[i]);
	else
		text_print(stdout, (const char *)inbound->payload, inbound->size);
	puts(inbound->retained ? " (retained)" : "");
	return true;
}

/* Subscribes to retained topics one by one, since some brokers send nothing retained for a
 * wildcard. To each only once, since others send a message for each subscription. */
static int run(const struct options *options, int n, char **arguments)
{
	static const char *const NAMES[] = {"status", "state", "state/+/+", "health", "about",
		"sensors/#", "events/#", "action", "actions/#", "answers/#"};

	(void)n;
	(void)arguments;
	return listen_to(options, NAMES, sizeof(NAMES) / sizeof(*NAMES), show);
}

extern const struct command command_log;

const struct command command_log = {
	.name = "log",
	.arguments = "",
	.help = "all messages, to (->) and from (<-) the gateway",
	.takes = OPTIONS_COUNT,
	.run = run,
};
