/* SPDX-License-Identifier: MIT */
/* The two clocks. Functions that decide take the time as an argument; only loops read a clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* 2026-01-01. The program is younger than this date, so an earlier time is wrong. */
#define CLOCK_PLAUSIBLE_MS UINT64_C(1767225600000)

/* CLOCK_MONOTONIC, in ns and in us. */
uint64_t clock_now_ns(void);
uint64_t clock_now_us(void);

/* CLOCK_REALTIME in ms since the Unix epoch. */
uint64_t clock_wall_ms(void);

/* True once the wall clock has been set: a board without a clock of its own starts in 1970. */
static inline bool clock_is_set(uint64_t wall_ms)
{
	return wall_ms >= CLOCK_PLAUSIBLE_MS;
}
