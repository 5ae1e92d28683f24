/* SPDX-License-Identifier: MIT */
/*
 * Why a TLS connection could not be made. The MQTT library says one thing for all causes, so the
 * handshake is tried once more, with nothing sent behind it, and watched. Only after a failure.
 */
#pragma once

#include "broker_address.h"
#include "config.h"

/*
 * 0: TLS works there. Otherwise a negative errno, with the cause and its cure in text. Blocks for
 * at most about three times timeout_ms.
 */
int tls_diagnose(const struct config_url *url, const struct broker_address *address,
	const struct config_tls *tls, int timeout_ms, char *text, size_t text_bytes);
