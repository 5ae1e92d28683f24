/* SPDX-License-Identifier: MIT */
/*
 * When something that failed is tried again: after 1 s, then twice as long each time, up to 60 s.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 60000 };

/* All zero: it works, or was never tried. */
struct retry {
	uint64_t due_us;
	uint32_t delay_ms; /* of the wait that runs; 0: none does */
};

static inline void retry_failed(struct retry *retry, uint64_t now_us)
{
	uint32_t delay_ms = retry->delay_ms ? 2 * retry->delay_ms : RETRY_FIRST_MS;

	retry->delay_ms = delay_ms < RETRY_MAX_MS ? delay_ms : RETRY_MAX_MS;
	retry->due_us = now_us + UINT64_C(1000) * retry->delay_ms;
}

static inline void retry_succeeded(struct retry *retry)
{
	*retry = (struct retry){0};
}

static inline bool retry_is_due(const struct retry *retry, uint64_t now_us)
{
	return now_us >= retry->due_us;
}
