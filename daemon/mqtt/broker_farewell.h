/* SPDX-License-Identifier: MIT */
/*
 * The DISCONNECT with which an MQTT 5 broker explains why it ends the connection. The MQTT library
 * reads it, passes it on to nobody, and waits for the end. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BROKER_FAREWELL_NORMAL = 0x00,
	BROKER_FAREWELL_TAKEN_OVER = 0x8e, /* by another client with our id */
};

struct broker_farewell {
	int code;
	char text[96]; /* the broker's own words, in ASCII, cut if they are long; "": none */
};

/*
 * True if the packets end with a DISCONNECT, which is always the last packet. The bytes must start
 * where a packet does.
 */
bool broker_farewell_find(
	const uint8_t *packets, size_t size, struct broker_farewell *ret_farewell);
