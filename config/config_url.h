/* SPDX-License-Identifier: MIT */
/* A broker's URL: mqtt://host[:port] or mqtts://host[:port]. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	CONFIG_HOST_MAX = 253, /* RFC 1035, section 2.3.4, without the final dot */
	CONFIG_URL_BYTES = CONFIG_HOST_MAX + sizeof("mqtts://:65535"),
};

struct config_url {
	bool tls;
	uint16_t port;                  /* 1883 or 8883 if the URL has none */
	char host[CONFIG_HOST_MAX + 1]; /* an IPv6 address without its brackets */
	char text[CONFIG_URL_BYTES];    /* in full: "mqtt://host:1883" */
};

/*
 * has_tls: true if this build supports mqtts://; without it, mqtts:// is a mistake. Returns 0, or
 * -EINVAL with what is wrong and the cure (both static; the cure may be NULL).
 */
int config_url_parse(const char *text, bool has_tls, const char **ret_wrong, const char **ret_cure,
	struct config_url *ret_url);
