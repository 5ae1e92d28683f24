/* SPDX-License-Identifier: MIT */
/*
 * Learns from the kernel when the network gets better: a link came up, or an address may be used.
 * It is only open during the wait for the next attempt to connect, so it costs nothing while all is
 * well.
 *
 * Links and addresses that exist at the start are asked for, and are no news. Neither are the
 * kernel's repetitions: the lifetime of an IPv6 address, the state of a radio.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NETWORK_THINGS_MAX = 64 };

/* The links that are up and the addresses that may be used. All zero: there are none. */
struct network_state {
	uint64_t things[NETWORK_THINGS_MAX]; /* one key each; 0: free */
};

/*
 * Takes in whole netlink messages of the kernel, aligned as they are. Returns true if a link or
 * address is new; one that does not fit into the state never is. *ret_listed is set when a list
 * that was asked for has ended. Pure.
 */
bool network_state_update(
	struct network_state *state, const void *messages, size_t size, bool *ret_listed);

struct network_watch {
	int fd; /* to be polled for reading; -1: nothing is ever heard */
	bool addresses_listed;
	struct network_state state;
};

/* Never fails: without the watch, the wait is only longer. */
void network_watch_open(struct network_watch *watch);
void network_watch_close(struct network_watch *watch);

/* To be called when fd is readable. Returns true if something is new. Does not block. */
bool network_watch_read(struct network_watch *watch);
