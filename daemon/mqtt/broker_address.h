/* SPDX-License-Identifier: MIT */
/*
 * The addresses of a broker's name, and which of them answers. The MQTT library only knows one, the
 * first of IPv4, and does not try another. Only the link's thread uses this.
 */
#pragma once

#include "config_url.h"
#include <stddef.h>
#include <sys/socket.h>

enum { BROKER_ADDRESSES_MAX = 8, BROKER_ADDRESS_TEXT_MAX = 64 };

struct broker_address {
	struct sockaddr_storage socket; /* with the port */
	socklen_t socket_bytes;
	char text[BROKER_ADDRESS_TEXT_MAX]; /* numbers, without the port */
	int error;                          /* why it does not answer: a negative errno; or 0 */
};

struct broker_addresses {
	struct broker_address list[BROKER_ADDRESSES_MAX]; /* in the order to try them */
	size_t n;
};

/*
 * Blocks as long as the resolver does. 0, or -EHOSTUNREACH with words in text. Addresses beyond
 * BROKER_ADDRESSES_MAX are left out.
 */
int broker_addresses_resolve(const struct config_url *url, struct broker_addresses *ret_addresses,
	char *text, size_t text_bytes);

/*
 * Tries to connect to each, and closes again. The next one is tried when the one before has failed
 * or has not answered within 250 ms (RFC 8305). The first that answers moves to the front; the
 * errors of the others are noted. Blocks for at most timeout_ms. 0, or -EHOSTUNREACH: none answers;
 * then each has its error.
 */
int broker_addresses_race(struct broker_addresses *addresses, int timeout_ms);

/* "127.0.0.1: Connection refused; ::1: Network is unreachable", cut if it does not fit. */
void broker_addresses_errors(
	const struct broker_addresses *addresses, char *text, size_t text_bytes);

/* Begins a non-blocking connection. 0 or -EINPROGRESS with the socket, or another negative errno.
 * */
int broker_address_open(const struct broker_address *address, int *ret_fd);

/* Connects within timeout_ms and closes again. 0, or a negative errno. */
int broker_address_try(const struct broker_address *address, int timeout_ms);
