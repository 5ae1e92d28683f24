/* SPDX-License-Identifier: MIT */
/* The two clocks. Decisions take the time as an argument; only loops read it. */
#pragma once

#include <stdint.h>

/* CLOCK_MONOTONIC in us. */
uint64_t clock_now_us(void);

/* CLOCK_REALTIME in ms since the Unix epoch. */
uint64_t clock_wall_ms(void);
