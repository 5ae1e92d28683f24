/* SPDX-License-Identifier: MIT */
/*
 * How fast a bus or a device of the kernel answers. It decides whether the sampler's leading thread
 * or another one makes its calls, and whether a reading waits for them.
 *
 * Anything that once blocked the leading thread (a stuck bus, a DS18B20 that measures for 750 ms
 * while it is read) is called on another thread from then on, so that it never blocks the leader
 * again. It returns to the leader after PACE_TRUST_COUNT quick measurements in a row, but not
 * before PACE_TRUST_US have passed. Otherwise a bus that is tried again each second, or a part that
 * fails now and then, would change to and fro.
 *
 * Pure. Times are CLOCK_MONOTONIC in us.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	PACE_LIMIT_US = 100000, /* the longest quick call; or half the interval if that is less */
	PACE_TRUST_COUNT = 10,
	PACE_TRUST_US = 10000000,
};

/* All zero: nothing is known yet. */
struct pace {
	bool apart;
	bool proven; /* it has measured at least once */
	unsigned n_quick;
	uint64_t slow_us; /* when it was last slow; 0: never */
};

/* The time that a call may take. */
uint64_t pace_limit_us(uint64_t interval_us);

/* Notes that a call takes, or took, longer than it may. */
void pace_slow(struct pace *pace, uint64_t now_us);

/* Something else was slow in this reading. Two slow ones could together take longer than allowed,
 * so whatever never measured yet is called on another thread. */
void pace_suspect(struct pace *pace);

/* Notes that a measurement has ended. slowest_us: the longest of its calls. */
void pace_measured(struct pace *pace, uint64_t slowest_us, uint64_t limit_us, uint64_t now_us);

/* True if a reading that begins now waits for its measurement. */
bool pace_is_waited_for(const struct pace *pace, uint64_t now_us);
