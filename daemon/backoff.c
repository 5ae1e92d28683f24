/* SPDX-License-Identifier: MIT */
#include "backoff.h"

uint32_t backoff_next_ms(struct backoff *backoff, uint32_t random)
{
	uint32_t wait_ms = backoff->last_ms == 0 ? BACKOFF_FIRST_MS : backoff->last_ms * 2;
	uint32_t jitter_ms;

	if (wait_ms > BACKOFF_MAX_MS)
		wait_ms = BACKOFF_MAX_MS;
	backoff->last_ms = wait_ms;
	jitter_ms = wait_ms * BACKOFF_JITTER_PERCENT / 100;
	return wait_ms - jitter_ms +
		(uint32_t)((uint64_t)random * (2 * jitter_ms + 1) / ((uint64_t)UINT32_MAX + 1));
}

void backoff_lasted(struct backoff *backoff, uint64_t lasted_us)
{
	if (lasted_us > (uint64_t)backoff->last_ms * 1000)
		backoff->last_ms = 0;
}
