/* SPDX-License-Identifier: MIT */
/*
 * Hears from the kernel when the network gets better: a link came up, or an address may be used. It
 * is open only while somebody waits to connect again, so it costs nothing while all is well.
 *
 * What is there at the start is asked for and is no news. Nor is what the kernel repeats, the
 * lifetime of an IPv6 address or the state of a radio.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NETWORK_THINGS_MAX = 64 };

/* What is there: links that are up, addresses that may be used. All zero: nothing. */
struct network_state {
	uint64_t things[NETWORK_THINGS_MAX]; /* a key each; 0: free */
};

/*
 * What the kernel said: whole netlink messages, aligned like them. Returns whether something is
 * new. *ret_listed is set when a list that was asked for has ended. What does not fit into the
 * state is not new, ever. Pure.
 */
bool network_state_update(
	struct network_state *state, const void *messages, size_t size, bool *ret_listed);

struct network_watch {
	int fd; /* to be polled for reading; -1: there is none, and nothing is ever heard */
	bool addresses_listed;
	struct network_state state;
};

/* Does not fail: without it the wait is only longer. */
void network_watch_open(struct network_watch *watch);
void network_watch_close(struct network_watch *watch);

/* When fd is readable: whether something is new. Does not block. */
bool network_watch_read(struct network_watch *watch);
