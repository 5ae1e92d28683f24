/* SPDX-License-Identifier: MIT */
/*
 * How long to wait before connecting again: a window of 1 s, then twice as long each time, up to
 * 60 s. The wait is random between half of the window and the whole of it, so that ten thousand
 * gateways do not come back to a restarted broker at the same moment. Pure.
 */
#pragma once

#include <stdint.h>

enum { BACKOFF_FIRST_MS = 1000, BACKOFF_MAX_MS = 60000 };

/* All zero: nothing has failed yet. */
struct backoff {
	uint32_t last_ms; /* the last window; 0: none */
};

/* The next wait in ms. random: any number, evenly distributed. */
uint32_t backoff_next_ms(struct backoff *backoff, uint32_t random);

/*
 * A connection has ended that lasted so long. One that lasted longer than the window before it was
 * a good one, and the windows begin at 1 s again. One that did not (two clients with the same id
 * throw each other out) is one more failure.
 */
void backoff_lasted(struct backoff *backoff, uint64_t lasted_us);
