/* SPDX-License-Identifier: MIT */
/*
 * As much of MQTT 3.1.1 as a bare program needs, on a blocking socket with TCP_NODELAY: one buffer
 * in, one buffer out, no allocation. Written for a broker on this machine that keeps to the
 * protocol: any mistake of its ends the program.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
	int fd;
	uint16_t next_id;
	size_t in_begin, in_end, out_size;
	uint8_t in[256 * 1024], out[64 * 1024];
};

/* A PUBLISH that came in; valid until the next wire_receive(). Not NUL-terminated. */
struct wire_message {
	const char *topic, *payload;
	size_t topic_size, payload_size;
};

/* To 127.0.0.1; returns with the CONNACK. */
void wire_connect(struct wire *wire, const char *port, const char *client_id);

/* Waits for the SUBACK; what comes before it is lost. */
void wire_subscribe(struct wire *wire, const char *topic, unsigned qos);

/* Into the buffer; wire_flush() sends. */
void wire_publish(
	struct wire *wire, const char *topic, const void *payload, size_t size, unsigned qos);
void wire_flush(struct wire *wire);
void wire_disconnect(struct wire *wire);

/* Reads once, blocking. */
void wire_receive(struct wire *wire);

/* The next message of what was received; its acknowledgement goes into the buffer. */
bool wire_next(struct wire *wire, struct wire_message *ret_message);

bool wire_is_topic(const struct wire_message *message, const char *topic);

/* CLOCK_MONOTONIC in us. */
uint64_t wire_now_us(void);
