/* SPDX-License-Identifier: MIT */
#include "link_internal.h"

#include <stdio.h>

/* Of a payload; the rest is not logged. */
enum { SHOWN_MAX = 200 };

struct shown {
	char text[SHOWN_MAX + sizeof("... (18446744073709551615 bytes)")];
};

static void show(const void *payload, size_t size, struct shown *shown)
{
	const unsigned char *bytes = payload;
	size_t length = size < SHOWN_MAX ? size : SHOWN_MAX;

	for (size_t i = 0; i < length; i++)
		shown->text[i] = (char)(bytes[i] >= ' ' && bytes[i] < 0x7f ? bytes[i] : '.');
	shown->text[length] = '\0';
	if (length < size)
		(void)snprintf(shown->text + length, sizeof(shown->text) - length,
			"... (%zu bytes)", size);
}

void link_log_sent(const struct mqtt_publish *message)
{
	struct shown shown;

	if (!log_verbose())
		return;
	show(message->payload, message->size, &shown);
	log_debug("mqtt", "-> %s, qos %u%s: %s", message->topic, message->qos,
		message->retain ? ", retained" : "", shown.text);
}

void link_log_received(const struct mqtt_inbound *inbound)
{
	struct shown shown;

	if (!log_verbose())
		return;
	show(inbound->payload, inbound->size, &shown);
	log_debug("mqtt", "<- %s, qos %u%s: %s", inbound->topic, inbound->qos,
		inbound->retained ? ", retained" : "", shown.text);
}
