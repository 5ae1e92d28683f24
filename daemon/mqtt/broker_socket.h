/* SPDX-License-Identifier: MIT */
/*
 * The socket under the MQTT library (see library_connect.h): it is set up, and asked for what it
 * knows. Settings that only TCP has are left out on a socket of the machine. Only the thread of the
 * client uses this.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

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

/* Ends broker_socket_hold(). */
void broker_socket_release(int fd);

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
