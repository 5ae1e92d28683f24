/* SPDX-License-Identifier: MIT */
/*
 * The raw limit: the least that a gateway's work costs on this machine. One thread, one socket, a
 * fixed text for a reading, no error is handled.
 *
 * usage: raw-limit PORT INTERVAL-MS WIRE-LOG
 */
#include "program.h"
#include "wire.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void act(struct wire *wire, const struct wire_message *message, FILE *log)
{
	bool on = memmem(message->payload, message->payload_size, "true", 4) != NULL;

	(void)fprintf(log, "%llu line GPIO17 %d\n", (unsigned long long)wire_now_us(), on);
	(void)fflush(log);
	wire_publish(wire, "tos/actions/ack", ANSWER, strlen(ANSWER), 1);
}

int main(int argc, char **argv)
{
	static struct wire wire;
	uint64_t interval_us, deadline_us;
	FILE *log;

	if (argc != 4 || !(log = fopen(argv[3], "ae")))
		errx(2, "usage: raw-limit PORT INTERVAL-MS WIRE-LOG");
	prepare();
	interval_us = strtoul(argv[2], NULL, 10) * 1000;
	wire_connect(&wire, argv[1], "bench-raw");
	wire_subscribe(&wire, "tos/actions", 1);
	wire_subscribe(&wire, "tos/sensors/interval", 1);
	deadline_us = wire_now_us();
	while (!ended) {
		struct wire_message message;

		if (wire_now_us() >= deadline_us) {
			wire_publish(&wire, "tos/sensors", READING, strlen(READING), 1);
			deadline_us += interval_us;
		}
		wire_flush(&wire);
		if (!wait_readable(wire.fd, deadline_us))
			continue;
		wire_receive(&wire);
		while (wire_next(&wire, &message)) {
			if (wire_is_topic(&message, "tos/actions")) {
				act(&wire, &message, log);
				continue;
			}
			interval_us = strtoul(message.payload, NULL, 10) * 1000;
			deadline_us = wire_now_us() + interval_us;
		}
	}
	wire_disconnect(&wire);
	return 0;
}
