/* SPDX-License-Identifier: MIT */
/*
 * The paho minimum: the smallest program on the MQTT library's asynchronous mode that does a
 * gateway's work with a fixed text for a reading. The library's thread must not publish, so its
 * callback hands over what came through a pipe.
 *
 * usage: paho-minimum PORT INTERVAL-MS WIRE-LOG
 */
#include <MQTTClient.h>
#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char READING[] = "{\"temp\":23,\"humi\":45,\"cds\":812,\"sound\":133}";
static const char ANSWER[] = "{\"ok\":true}";

enum { LED_OFF = -2, LED_ON = -1 }; /* through the pipe; above: an interval in ms */

static volatile sig_atomic_t ended;

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

static unsigned long long now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000;
}

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

static void publish(MQTTClient client, const char *topic, const char *text)
{
	if (MQTTClient_publish(client, topic, (int)strlen(text), text, 1, 0, NULL) != 0)
		errx(1, "publish");
}

static void on_lost(void *context, char *cause)
{
	(void)context;
	errx(1, "connection lost: %s", cause ? cause : "unknown");
}

static MQTTClient connect_to(const char *port, int *pipe_end)
{
	static const char *const TOPICS[] = {"tos/actions", "tos/sensors/interval"};
	MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
	MQTTClient client;
	char url[64];

	(void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%s", port);
	options.keepAliveInterval = 600;
	options.reliable = 0;
	options.maxInflightMessages = 100;
	if (MQTTClient_create(&client, url, "bench-paho", MQTTCLIENT_PERSISTENCE_NONE, NULL) ||
		MQTTClient_setCallbacks(client, pipe_end, on_lost, on_message, NULL) ||
		MQTTClient_connect(client, &options))
		errx(1, "connect");
	for (int i = 0; i < 2; i++) {
		if (MQTTClient_subscribe(client, TOPICS[i], 1))
			errx(1, "subscribe");
	}
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
