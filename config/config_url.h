/* SPDX-License-Identifier: MIT */
/* A broker's URL: mqtt://host[:port] or mqtts://host[:port]. Pure. */
#pragma once

#include <stdbool.h>

/*
 * has_tls: whether this build can do mqtts://; without, it is a mistake. 0 with the URL in full,
 * "mqtt://host:1883" (allocated). -EINVAL with what is wrong and the cure (both static; the cure
 * may be NULL). -ENOMEM.
 */
int config_url_parse(const char *text, bool has_tls, const char **ret_wrong, const char **ret_cure,
	char **ret_url);
