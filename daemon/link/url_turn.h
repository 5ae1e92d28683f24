/* SPDX-License-Identifier: MIT */
/*
 * Decides which of several brokers is tried next, and whether at once or after a wait. Each gets
 * its turn, then there is a wait, then comes the first one again. A connection that broke within a
 * minute is a try that failed: a broker may take the connection and be of no use. Pure.
 *
 * "First" is the one that this gateway begins with.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URL_TURN_GOOD_US (60 * UINT64_C(1000000)) /* a connection that lasts this long is good */

struct url_turn {
	size_t n;     /* URLs, at least 1 */
	size_t first; /* the one to begin with */
	size_t index; /* the one to try */
	size_t left;  /* tries before the wait, this one included */
};

/* first is below n. */
void url_turn_init(struct url_turn *turn, size_t n, size_t first);

/* No connection was made, or none that the gateway can work with. Moves to the next URL. Returns
 * true if it is to be tried at once, false if after a wait. */
bool url_turn_failed(struct url_turn *turn);

/*
 * A connection has ended after lasted_us. useless: we ended it because the broker did not answer. A
 * good connection lasted and was not useless: then it is the first URL's turn, otherwise the next
 * one's. Returns as url_turn_failed().
 */
bool url_turn_ended(struct url_turn *turn, uint64_t lasted_us, bool useless);
