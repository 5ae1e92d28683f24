/* SPDX-License-Identifier: MIT */
/*
 * The TCP socket below the MQTT library, which the library does not tell: found among our own
 * descriptors, prepared, and asked what it knows. Only the link's thread uses it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The TCP sockets that exist now. */
struct broker_sockets {
	ino_t *inodes;
	size_t n_inodes;
};

int broker_sockets_list(struct broker_sockets *ret_sockets);
void broker_sockets_fini(struct broker_sockets *sockets);

/* The one that was not there before and is connected to that port. The descriptor stays the
 * library's. -ENOENT: there is none. */
int broker_socket_find(const struct broker_sockets *before, uint16_t port);

/*
 * Sends at once, is not inherited, and takes at least BROKER_SOCKET_ROOM bytes without blocking.
 */
enum { BROKER_SOCKET_ROOM = 128 * 1024 };
void broker_socket_prepare(int fd);

/*
 * From now on what is written waits for broker_socket_flush(), or 200 ms, so that it goes out in
 * one packet. To close the socket also flushes it.
 */
void broker_socket_hold(int fd);
void broker_socket_flush(int fd);

/*
 * poll() and epoll see the socket as readable from so many bytes on (1 at first), or when it is
 * closed.
 */
void broker_socket_wake_at(int fd, size_t bytes);

/* Bytes that the peer's TCP has not acknowledged. */
size_t broker_socket_unsent(int fd);

/* Why the connection ended, as far as the socket knows: a text, or NULL when it is not closed. */
const char *broker_socket_why_closed(int fd);

/* Whether that is an answer of broker_socket_why_closed() which says that the peer did it. */
bool broker_socket_peer_ended(const char *why);
