/* SPDX-License-Identifier: MIT */
/*
 * The raw limit: what a gateway's work costs at least on this machine. One thread, one socket, a
 * fixed text for a reading, no error is handled.
 *
 * usage: raw-limit PORT INTERVAL-MS WIRE-LOG
 */
#include "wire.h"

#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static const char READING[] = "{\"temp\":23,\"humi\":45,\"cds\":812,\"sound\":133}";
static const char ANSWER[] = "{\"ok\":true}";

static volatile sig_atomic_t ended;

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

/* Until the deadline, a message, or SIGTERM, which is blocked elsewhere. */
static bool wait_readable(const struct wire *wire, uint64_t deadline_us)
{
	struct pollfd poll_fd = {.fd = wire->fd, .events = POLLIN};
	uint64_t now_us = wire_now_us();
	uint64_t wait_us = deadline_us > now_us ? deadline_us - now_us : 0;
	const struct timespec timeout = {
		(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};
	sigset_t none;

	(void)sigemptyset(&none);
	return ppoll(&poll_fd, 1, &timeout, &none) == 1;
}

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
	sigset_t end;
	FILE *log;

	if (argc != 4 || !(log = fopen(argv[3], "ae")))
		errx(2, "usage: raw-limit PORT INTERVAL-MS WIRE-LOG");
	(void)sigemptyset(&end);
	(void)sigaddset(&end, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &end, NULL);
	(void)signal(SIGTERM, on_end);
	(void)prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);

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
		if (!wait_readable(&wire, deadline_us))
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
