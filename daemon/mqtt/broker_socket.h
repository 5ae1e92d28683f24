/* SPDX-License-Identifier: MIT */
/*
 * The TCP socket under the MQTT library. The library does not tell which one it is, so it is found
 * among our own descriptors. Then it is set up, and asked for what it knows. Only the link's thread
 * uses this.
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

/* Finds the socket that did not exist before and is connected to that port. The descriptor remains
 * the library's. -ENOENT: there is none. */
int broker_socket_find(const struct broker_sockets *before, uint16_t port);

/*
 * Sets the socket up: it sends at once, is not inherited, and takes at least BROKER_SOCKET_ROOM
 * bytes without blocking.
 */
enum { BROKER_SOCKET_ROOM = 128 * 1024 };
void broker_socket_prepare(int fd);

/*
 * Holds back what is written from now on, until broker_socket_flush() or for 200 ms, so that it
 * goes out in one packet. Closing the socket also flushes it.
 */
void broker_socket_hold(int fd);
void broker_socket_flush(int fd);

/*
 * poll() and epoll report the socket as readable when it holds that many bytes (1 at first), or
 * when it is closed.
 */
void broker_socket_wake_at(int fd, size_t bytes);

/* Bytes that the peer's TCP has not acknowledged. */
size_t broker_socket_unsent(int fd);

/* Why the connection ended, as far as the socket knows: a text, or NULL if it is not closed. */
const char *broker_socket_why_closed(int fd);

/* True if that result of broker_socket_why_closed() means that the peer closed it. */
bool broker_socket_peer_ended(const char *why);
