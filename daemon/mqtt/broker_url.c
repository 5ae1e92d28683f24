/* SPDX-License-Identifier: MIT */
#include "broker_url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_MQTT = 1883, PORT_MQTTS = 8883 };

static int parse_port(const char *text, uint16_t *ret_port)
{
	unsigned long port;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	port = strtoul(text, &end, 10);
	if (errno || port == 0 || port > UINT16_MAX || (end[0] && strcmp(end, "/") != 0))
		return -EINVAL;
	*ret_port = (uint16_t)port;
	return 0;
}

int broker_url_parse(const char *text, struct broker_url *ret_url)
{
	struct broker_url url = {.port = PORT_MQTT};
	const char *host = strstr(text, "://"), *behind;
	size_t scheme_length = host ? (size_t)(host - text) : 0;
	size_t length;

	if (scheme_length == 5 && strncmp(text, "mqtts", 5) == 0)
		url = (struct broker_url){.tls = true, .port = PORT_MQTTS};
	else if (scheme_length != 4 || strncmp(text, "mqtt", 4) != 0)
		return -EINVAL;

	host += strlen("://");
	if (host[0] == '[') {
		host++;
		length = strcspn(host, "]");
		if (!host[length])
			return -EINVAL;
		behind = host + length + 1;
	} else {
		length = strcspn(host, ":/");
		behind = host + length;
	}
	if (length == 0 || length >= sizeof(url.host))
		return -EINVAL;
	(void)snprintf(url.host, sizeof(url.host), "%.*s", (int)length, host);

	if (behind[0] == ':') {
		int r = parse_port(behind + 1, &url.port);

		if (r < 0)
			return r;
	} else if (behind[0] && strcmp(behind, "/") != 0) {
		return -EINVAL;
	}
	*ret_url = url;
	return 0;
}
