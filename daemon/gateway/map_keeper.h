/* SPDX-License-Identifier: MIT */
/*
 * The disk's part of a reload: reads and checks the new map, keeps a copy of it before any of its
 * outputs can be on, and lets go of the old copy once that map's outputs were turned off. A copy
 * that cannot be kept is reported, and refuses no reload. It has a thread for that, which ends with
 * the job: a disk that hangs makes a reload wait, and nothing else. Main thread, but for what it
 * does on its own.
 *
 *   begin -> the new map is read, and kept as the next one -> READ
 *   main changes over, or does not -> decide -> the copies follow -> DONE -> finish
 */
#pragma once

#include "config.h"
#include <stdbool.h>
#include <stdint.h>

struct map_keeper;

/* Both paths are copied. 0 or a negative errno. */
int map_keeper_new(const char *config_path, const char *state_dir, struct map_keeper **ret_keeper);

/*
 * At the start: keeps the map that is going to run, at once: waits for the disk. Call this before
 * its outputs are opened. True: there are copies of others too, or none of this one, so once it
 * runs, begin a job that does not read. See map_keeper_failure().
 */
bool map_keeper_start(struct map_keeper *keeper, const struct config *config);

/*
 * Begins a job. running is the map that runs, borrowed until map_keeper_finish(). reads: there is a
 * new one; otherwise the running one is kept, as the only one. A negative errno: there can be no
 * thread. Call this only if it is idle.
 */
int map_keeper_begin(struct map_keeper *keeper, const struct config *running, bool reads);

enum map_keeper_step { MAP_KEEPER_IDLE, MAP_KEEPER_WORKS, MAP_KEEPER_READ, MAP_KEEPER_DONE };

/* Readable when a job has come to READ or DONE, until map_keeper_step(). */
int map_keeper_fd(const struct map_keeper *keeper);
enum map_keeper_step map_keeper_step(struct map_keeper *keeper);

/* True: the present job reads a new map. False: it does not, or there is none. */
bool map_keeper_reads(struct map_keeper *keeper);

/* For how long the present job has been going on; 0: there is none. */
uint64_t map_keeper_busy_us(struct map_keeper *keeper);

/* READ: hands over the new map, or NULL: it cannot be used, which was logged. Then decide: it runs
 * now (and lives until map_keeper_finish()), or it does not. */
struct config *map_keeper_take(struct map_keeper *keeper);
void map_keeper_decide(struct map_keeper *keeper, bool runs);

/* DONE: the job is over. */
void map_keeper_finish(struct map_keeper *keeper);

/* Why there is no copy of the running map, in words; NULL: there is one. Not while it works. */
const char *map_keeper_failure(const struct map_keeper *keeper);

/* Has the present job end without a new map, unless main has decided otherwise. No other may begin.
 * keeper may be NULL. */
void map_keeper_end(struct map_keeper *keeper);

/* Ends a job, waits for that, and frees. 0; -ETIMEDOUT: the disk does not answer within timeout_us.
 * Then the thread is left behind with all that it uses, both maps too. keeper may be NULL. */
int map_keeper_close(struct map_keeper *keeper, uint64_t timeout_us);
