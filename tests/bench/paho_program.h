/* SPDX-License-Identifier: MIT */
/* What the two programs on the MQTT library have in common. */
#pragma once

#include <MQTTClient.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char READING[] = "{\"temp\":23,\"humi\":45,\"cds\":812,\"sound\":133}";
static const char ANSWER[] = "{\"ok\":true}";

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

static void publish(MQTTClient client, const char *topic, const char *text)
{
	if (MQTTClient_publish(client, topic, (int)strlen(text), text, 1, 0, NULL) != 0)
		errx(1, "publish");
}

static MQTTClient create(const char *port, const char *id)
{
	MQTTClient client;
	char url[64];

	(void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%s", port);
	if (MQTTClient_create(&client, url, id, MQTTCLIENT_PERSISTENCE_NONE, NULL))
		errx(1, "create");
	return client;
}

static void connect_and_subscribe(MQTTClient client)
{
	MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;

	options.keepAliveInterval = 600;
	options.reliable = 0;
	options.maxInflightMessages = 100;
	if (MQTTClient_connect(client, &options))
		errx(1, "connect");
	if (MQTTClient_subscribe(client, "tos/actions", 1) ||
		MQTTClient_subscribe(client, "tos/sensors/interval", 1))
		errx(1, "subscribe");
}
