/* SPDX-License-Identifier: MIT */
/*
 * The grid of the readings: deadlines one interval apart, which do not move by how long a reading
 * takes or how late a thread wakes up. A deadline that passes unused is missed and counted; it is
 * never made up for. Pure but for *schedule; times are CLOCK_MONOTONIC in us.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct schedule {
	uint64_t interval_us;
	uint64_t next_us; /* the deadline that is waited for */
	uint64_t missed;
	uint64_t begun_us;   /* the last reading */
	uint64_t took_us[2]; /* the last one and the one before; 0: there was none */
};

/* The first deadline is now. interval_ms is at least 1. */
void schedule_init(struct schedule *schedule, uint32_t interval_ms, uint64_t now_us);

/*
 * Another grid, whose first reading is there one new interval after now: its deadline is earlier
 * than that by as long as a reading takes, if that is less than the interval. What counts is the
 * shorter one of the last two, because one that also sets up a part takes longer. The same interval
 * again leaves the grid alone: who repeats it often would otherwise never see a reading.
 */
void schedule_set_interval(struct schedule *schedule, uint32_t interval_ms, uint64_t now_us);

/*
 * Called when next_us has come: the deadline that begins, the last one that is not in the future.
 * Those before it were slept through and are missed.
 */
uint64_t schedule_begin(struct schedule *schedule, uint64_t now_us);

/* The reading that began is done. Deadlines that passed meanwhile are missed. */
void schedule_end(struct schedule *schedule, uint64_t now_us);

/* Whether what has a rhythm of its own (every_us; 0: each deadline) and was last due at last_us is
 * due at this deadline. */
bool schedule_is_due(uint64_t every_us, uint64_t last_us, uint64_t deadline_us);
