/* SPDX-License-Identifier: MIT */
#include "backoff.h"

static uint32_t next_window_ms(struct backoff *backoff)
{
	uint32_t window_ms = backoff->window_ms == 0 ? BACKOFF_FIRST_MS : backoff->window_ms * 2;

	if (window_ms > BACKOFF_MAX_MS)
		window_ms = BACKOFF_MAX_MS;
	backoff->window_ms = window_ms;
	return window_ms;
}

void backoff_failed(struct backoff *backoff, uint64_t now_us)
{
	backoff->due_us = now_us + UINT64_C(1000) * next_window_ms(backoff);
}

uint32_t backoff_next_ms(struct backoff *backoff, uint32_t random)
{
	uint32_t window_ms = next_window_ms(backoff);

	return window_ms / 2 +
		(uint32_t)((uint64_t)random * (window_ms / 2 + 1) / ((uint64_t)UINT32_MAX + 1));
}

void backoff_lasted(struct backoff *backoff, uint64_t lasted_us)
{
	if (lasted_us > (uint64_t)backoff->window_ms * 1000)
		backoff->window_ms = 0;
}
