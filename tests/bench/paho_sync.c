/* SPDX-License-Identifier: MIT */
/*
 * The paho minimum in the library's synchronous mode, which is tosd's: one thread that polls the
 * library's socket itself, a fixed text for a reading. That is the least that the library costs.
 *
 * usage: paho-sync PORT INTERVAL-MS WIRE-LOG
 */
#include "paho_program.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { DESCRIPTORS = 64 };

/* The library's, which sends at once from now on. */
static int find_socket(const char *port)
{
	const int on = 1;

	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		struct sockaddr_in peer = {0};
		socklen_t size = sizeof(peer);

		if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
			peer.sin_family == AF_INET && ntohs(peer.sin_port) == atoi(port) &&
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0)
			return fd;
	}
	errx(1, "the connection's socket is gone");
}

static MQTTClient connect_to(const char *port)
{
	MQTTClient_init_options init = MQTTClient_init_options_initializer;
	MQTTClient client;

	MQTTClient_global_init(&init);
	MQTTClient_setTraceLevel(MQTTCLIENT_TRACE_ERROR);
	client = create(port, "bench-sync");
	connect_and_subscribe(client);
	return client;
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

/* An interval in ms where one came, otherwise 0. */
static unsigned long long handle(
	MQTTClient client, const char *topic, const MQTTClient_message *message, FILE *log)
{
	const char *payload = message->payload;
	size_t size = (size_t)message->payloadlen;
	char number[16] = "";

	if (strcmp(topic, "tos/actions") == 0) {
		bool on = memmem(payload, size, "true", 4) != NULL;

		(void)fprintf(log, "%llu line GPIO17 %d\n", now_us(), on);
		(void)fflush(log);
		publish(client, "tos/actions/ack", ANSWER);
		return 0;
	}
	memcpy(number, payload, size < sizeof(number) ? size : sizeof(number) - 1);
	return strtoull(number, NULL, 10);
}

int main(int argc, char **argv)
{
	unsigned long long interval_us, deadline_us;
	MQTTClient client;
	FILE *log;
	int fd;

	if (argc != 4 || !(log = fopen(argv[3], "ae")))
		errx(2, "usage: paho-sync PORT INTERVAL-MS WIRE-LOG");
	prepare();
	interval_us = strtoull(argv[2], NULL, 10) * 1000;
	client = connect_to(argv[1]);
	fd = find_socket(argv[1]);
	deadline_us = now_us();
	while (!ended) {
		if (now_us() >= deadline_us) {
			publish(client, "tos/sensors", READING);
			deadline_us += interval_us;
		}
		if (!wait_readable(fd, deadline_us))
			continue;
		do {
			MQTTClient_message *message = NULL;
			unsigned long long interval_ms = 0;
			char *topic = NULL;
			int size;

			if (MQTTClient_receive(client, &topic, &size, &message, 0) < 0)
				errx(1, "connection lost");
			if (!message)
				continue;
			interval_ms = handle(client, topic, message, log);
			MQTTClient_freeMessage(&message);
			MQTTClient_free(topic);
			if (interval_ms == 0)
				continue;
			interval_us = interval_ms * 1000;
			deadline_us = now_us() + interval_us;
		} while (is_readable(fd));
	}
	(void)MQTTClient_disconnect(client, 0);
	MQTTClient_destroy(&client);
	return 0;
}
