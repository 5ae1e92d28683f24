/* SPDX-License-Identifier: MIT */
/*
 * How fast a bus or a device of the kernel's answers, and what follows from it: whether its calls
 * are made on the sampler's leading thread or apart from it, and whether a reading waits for them.
 *
 * What has blocked the leading thread once (a stuck bus, a DS18B20 that measures for 750 ms while
 * it is read) is called apart from then on, so that it never blocks it again. It comes back after
 * PACE_TRUST_COUNT quick measurements in a row, and not before PACE_TRUST_US have passed: a bus
 * that is tried again each second or a part that fails now and then would go to and fro.
 *
 * Pure. Times are CLOCK_MONOTONIC in us.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	PACE_LIMIT_US = 100000, /* a call that takes longer is slow, or half the interval if less */
	PACE_TRUST_COUNT = 10,
	PACE_TRUST_US = 10000000,
};

/* All zero: nothing is known yet. */
struct pace {
	bool apart;
	bool proven; /* it has measured once */
	unsigned n_quick;
	uint64_t slow_us; /* when it was slow for the last time; 0: never */
};

/* How long a call may take. */
uint64_t pace_limit_us(uint64_t interval_us);

/* A call takes, or took, longer than it may. */
void pace_slow(struct pace *pace, uint64_t now_us);

/* Something else was slow in this reading. Two that are could together take longer than one may:
 * what never measured yet is called apart. */
void pace_suspect(struct pace *pace);

/* A measurement, all calls of it, came to its end; slowest_us: the longest one of its calls. */
void pace_measured(struct pace *pace, uint64_t slowest_us, uint64_t limit_us, uint64_t now_us);

/* Whether a reading that begins now waits for its measurement. */
bool pace_is_waited_for(const struct pace *pace, uint64_t now_us);
