/* SPDX-License-Identifier: MIT */
/*
 * The paho minimum: the smallest program on the MQTT library's asynchronous mode that does a
 * gateway's work with a fixed text for a reading. The library's thread must not publish, so its
 * callback hands over what came through a pipe.
 *
 * usage: paho-minimum PORT INTERVAL-MS WIRE-LOG
 */
#include "paho_program.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { LED_OFF = -2, LED_ON = -1 }; /* through the pipe; above: an interval in ms */

static int on_message(void *context, char *topic, int topic_length, MQTTClient_message *message)
{
	const char *payload = message->payload;
	size_t size = (size_t)message->payloadlen;
	char number[16] = "";
	int command;

	(void)topic_length;
	if (strcmp(topic, "tos/actions") == 0) {
		command = memmem(payload, size, "true", 4) ? LED_ON : LED_OFF;
	} else {
		memcpy(number, payload, size < sizeof(number) ? size : sizeof(number) - 1);
		command = atoi(number);
	}
	if (write(*(const int *)context, &command, sizeof(command)) != sizeof(command))
		err(1, "pipe");
	MQTTClient_freeMessage(&message);
	MQTTClient_free(topic);
	return 1;
}

static void on_lost(void *context, char *cause)
{
	(void)context;
	errx(1, "connection lost: %s", cause ? cause : "unknown");
}

static MQTTClient connect_to(const char *port, int *pipe_end)
{
	MQTTClient client = create(port, "bench-paho");

	if (MQTTClient_setCallbacks(client, pipe_end, on_lost, on_message, NULL))
		errx(1, "callbacks");
	connect_and_subscribe(client);
	return client;
}

int main(int argc, char **argv)
{
	unsigned long long interval_us, deadline_us;
	MQTTClient client;
	int pipe_ends[2];
	FILE *log;

	if (argc != 4 || !(log = fopen(argv[3], "ae")) || pipe(pipe_ends) < 0)
		errx(2, "usage: paho-minimum PORT INTERVAL-MS WIRE-LOG");
	(void)signal(SIGTERM, on_end);
	interval_us = strtoull(argv[2], NULL, 10) * 1000;
	client = connect_to(argv[1], &pipe_ends[1]);
	deadline_us = now_us();
	while (!ended) {
		struct pollfd poll_fd = {.fd = pipe_ends[0], .events = POLLIN};
		unsigned long long now = now_us(), wait_us;
		struct timespec timeout;
		int command;

		if (now >= deadline_us) {
			publish(client, "tos/sensors", READING);
			deadline_us += interval_us;
		}
		wait_us = deadline_us > now ? deadline_us - now : 0;
		timeout = (struct timespec){
			(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};
		if (ppoll(&poll_fd, 1, &timeout, NULL) != 1 ||
			read(pipe_ends[0], &command, sizeof(command)) != sizeof(command))
			continue;
		if (command >= 0) {
			interval_us = (unsigned long long)command * 1000;
			deadline_us = now_us() + interval_us;
			continue;
		}
		(void)fprintf(log, "%llu line GPIO17 %d\n", now_us(), command == LED_ON);
		(void)fflush(log);
		publish(client, "tos/actions/ack", ANSWER);
	}
	(void)MQTTClient_disconnect(client, 1000);
	MQTTClient_destroy(&client);
	return 0;
}
