/* SPDX-License-Identifier: MIT */
#include "backoff.h"

uint32_t backoff_next_ms(struct backoff *backoff, uint32_t random)
{
	uint32_t window_ms = backoff->last_ms == 0 ? BACKOFF_FIRST_MS : backoff->last_ms * 2;

	if (window_ms > BACKOFF_MAX_MS)
		window_ms = BACKOFF_MAX_MS;
	backoff->last_ms = window_ms;
	return window_ms / 2 +
		(uint32_t)((uint64_t)random * (window_ms / 2 + 1) / ((uint64_t)UINT32_MAX + 1));
}

void backoff_lasted(struct backoff *backoff, uint64_t lasted_us)
{
	if (lasted_us > (uint64_t)backoff->last_ms * 1000)
		backoff->last_ms = 0;
}
