/* SPDX-License-Identifier: MIT */
/*
 * How long to wait before something that failed is tried again: a window of 1 s, then twice as long
 * each time, up to 60 s. Pure.
 *
 * Hardware is tried again after the whole window. The broker is tried again after a random part of
 * it, so that ten thousand gateways do not come back to a restarted broker at the same moment.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { BACKOFF_FIRST_MS = 1000, BACKOFF_MAX_MS = 60000 };

/* All zero: nothing has failed yet, or it works again. */
struct backoff {
	uint32_t window_ms; /* the last one; 0: none */
	uint64_t due_us;    /* of backoff_failed(): the end of the window */
};

/* It failed: the next try is due after the whole window. */
void backoff_failed(struct backoff *backoff, uint64_t now_us);

static inline void backoff_succeeded(struct backoff *backoff)
{
	*backoff = (struct backoff){0};
}

static inline bool backoff_is_due(const struct backoff *backoff, uint64_t now_us)
{
	return now_us >= backoff->due_us;
}

/*
 * It failed: the next wait in ms, between half of the window and the whole of it. random: any
 * number, evenly distributed. due_us stays as it is.
 */
uint32_t backoff_next_ms(struct backoff *backoff, uint32_t random);

/*
 * A connection has ended that lasted so long. One that lasted longer than the window before it was
 * a good one, and the windows begin at 1 s again. One that did not (two clients with the same id
 * throw each other out) is one more failure.
 */
void backoff_lasted(struct backoff *backoff, uint64_t lasted_us);
