/* SPDX-License-Identifier: MIT */
/*
 * The grid of the readings: deadlines one interval apart. They do not move, however long a reading
 * takes or however late a thread wakes up. A deadline that passes unused is missed and counted; it
 * is never made up for. Pure except for *schedule; times are CLOCK_MONOTONIC in us.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct schedule {
	uint64_t interval_us;
	uint64_t next_us; /* the next deadline */
	uint64_t missed;
	uint64_t begun_us;   /* start of the last reading */
	uint64_t took_us[2]; /* of the last one and the one before; 0: there was none */
};

/* The first deadline is now_us. interval_ms is at least 1. */
void schedule_init(struct schedule *schedule, uint32_t interval_ms, uint64_t now_us);

/*
 * Starts another grid, whose first reading is finished one new interval after now_us. So its
 * deadline is earlier by the time that a reading takes, if that is less than the interval. That
 * time is the shorter one of the last two, since a reading that also sets up a part takes longer.
 * Setting the same interval again leaves the grid alone: otherwise a client that repeats it often
 * would never see a reading.
 */
void schedule_set_interval(struct schedule *schedule, uint32_t interval_ms, uint64_t now_us);

/*
 * Call this when next_us has come. Returns the deadline that begins: the last one that is not in
 * the future. Those before it were slept through, and count as missed.
 */
uint64_t schedule_begin(struct schedule *schedule, uint64_t now_us);

/* The reading that began is finished. Deadlines that passed meanwhile are missed. */
void schedule_end(struct schedule *schedule, uint64_t now_us);

/* True if something with a rhythm of its own (every_us; 0: each deadline), last due at last_us, is
 * due at this deadline. */
bool schedule_is_due(uint64_t every_us, uint64_t last_us, uint64_t deadline_us);
