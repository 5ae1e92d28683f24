/* SPDX-License-Identifier: MIT */
/* mqtt://host:port and mqtts://host:port, taken apart. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { BROKER_HOST_MAX = 256 };

struct broker_url {
	bool tls;
	char host[BROKER_HOST_MAX]; /* an IPv6 address without its brackets */
	uint16_t port;              /* 1883 or 8883 where none is given */
};

/* 0, or -EINVAL. */
int broker_url_parse(const char *text, struct broker_url *ret_url);
