/* SPDX-License-Identifier: MIT */
/*
 * Which of several brokers is tried next, and whether at once. Each gets its turn before the first
 * one is tried again, and only then there is a wait. A connection that broke within a minute is a
 * try that failed: a broker may take the connection and be of no use. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URL_TURN_GOOD_US (60 * UINT64_C(1000000)) /* longer is no failed try */

struct url_turn {
	size_t n;     /* URLs, at least 1 */
	size_t index; /* the one to try */
	size_t left;  /* until the wait, with this one */
};

void url_turn_init(struct url_turn *turn, size_t n);

/* No connection was made, or not up to where the gateway can work. The next one is to be tried:
 * at once (true), or after a wait. */
bool url_turn_failed(struct url_turn *turn);

/*
 * A connection has ended after lasted_us; useless: it was ended here, since that broker does not
 * answer. The next one is to be tried: at once (true), or after a wait. After a good connection it
 * is the first one again.
 */
bool url_turn_ended(struct url_turn *turn, uint64_t lasted_us, bool useless);
