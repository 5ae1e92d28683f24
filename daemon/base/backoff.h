/* SPDX-License-Identifier: MIT */
/*
 * The time to wait before something that failed is tried again: a window of 1 s, doubled each time,
 * up to 60 s. Pure.
 *
 * Hardware is tried again after the whole window. The broker is tried again after a random part of
 * it, so that ten thousand gateways do not come back to a restarted broker at the same moment.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { BACKOFF_FIRST_MS = 1000, BACKOFF_MAX_MS = 60000 };

/* All zero: nothing has failed, or everything works again. */
struct backoff {
	uint32_t window_ms; /* the latest window; 0: none */
	uint64_t due_us;    /* end of the window, set by backoff_failed() */
};

/* Notes a failure: the next try is due after the whole window. */
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
 * Notes a failure and returns the next wait in ms, between half of the window and the whole of it.
 * random: any number, evenly distributed. due_us stays as it is.
 */
uint32_t backoff_next_ms(struct backoff *backoff, uint32_t random);

/*
 * Notes that a connection ended after lasted_us. If that is longer than the window before it, it
 * was a good one, and the windows start at 1 s again. If not, it is one more failure: two clients
 * with the same id disconnect each other.
 */
void backoff_lasted(struct backoff *backoff, uint64_t lasted_us);
