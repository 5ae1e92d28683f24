/* SPDX-License-Identifier: MIT */
/*
 * Finds out why a TLS connection could not be made. The MQTT library has one message for all
 * causes, so the handshake is tried once more and watched, and nothing is sent after it. Used after
 * a failure only.
 */
#pragma once

#include "broker_address.h"
#include "config.h"
#include "mqtt_client.h"

/* Our side of it. */
struct tls_of {
	const struct config_tls *tls;
	const struct mqtt_client_words *words; /* what the user calls these files */
};

/*
 * 0: TLS works there. Otherwise a negative errno, with the cause and its cure in text. Blocks for
 * at most about three times timeout_ms.
 */
int tls_diagnose(const struct config_url *url, const struct broker_address *address,
	const struct tls_of *ours, int timeout_ms, char *text, size_t text_bytes);
