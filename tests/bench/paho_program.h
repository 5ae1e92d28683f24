/* SPDX-License-Identifier: MIT */
/* Shared by the two programs on the MQTT library. */
#pragma once

#include "program.h"

#include <MQTTClient.h>
#include <err.h>
#include <stdio.h>
#include <string.h>

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
