/* SPDX-License-Identifier: MIT */
/*
 * Copies of the running map, in the state directory. Editing the map must not make motors unsafe:
 * if the gateway crashes before it is reloaded, or the new map has a mistake, tosd --safe finds
 * here which outputs to stop. While a reload changes from one map to another, there is a copy of
 * both: unless one could not be turned off, each output that is on is in one of them.
 *
 * All of these wait for the disk if it hangs, but not until something is on it: a copy is there
 * after the end of the process, however it ends. Functions return 0 or a negative errno unless they
 * say otherwise.
 */
#pragma once

#include <stddef.h>

/* NEXT: that of the map that a reload is changing to. START: that of the map of a process that
 * starts. */
enum running_map_copy { RUNNING_MAP_NOW, RUNNING_MAP_NEXT, RUNNING_MAP_START, RUNNING_MAP_COPIES };

/*
 * At a start: keeps the map that is going to run, beside those that a process before may have left
 * on. 0: it is the only one. 1: there are others, until running_map_save().
 */
int running_map_begin(const char *state_dir, const char *text, size_t size);

/* Keeps the bytes from which the running map was read, in one step. It is the only one that runs:
 * the other copies are removed. */
int running_map_save(const char *state_dir, const char *text, size_t size);

/* Keeps the map that is going to run beside the one that runs. */
int running_map_announce(const char *state_dir, const char *text, size_t size);

/* The announced map runs, and the other one no longer. */
int running_map_settle(const char *state_dir);

/* The announced map does not run. */
void running_map_withdraw(const char *state_dir);

/* The path of a copy, whether it exists or not. -ENAMETOOLONG. */
int running_map_path(
	const char *state_dir, enum running_map_copy copy, char *out, size_t out_bytes);

/* 1: there is such a copy, and it differs from the map as it is now. 0: it does not differ, or
 * there is none. A negative errno: there is a copy that cannot be read. */
int running_map_differs(const char *state_dir, enum running_map_copy copy, const char *map_path);
