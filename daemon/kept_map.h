/* SPDX-License-Identifier: MIT */
/*
 * A copy of the map that runs, in the state directory. Who edits the map and leaves a mistake in it
 * must not make the motors unsafe: when the gateway crashes then, tosd --safe finds here which
 * outputs to stop.
 */
#pragma once

#include <stddef.h>

/* Copies the map in one step, without waiting for the disk. 0 or a negative errno. */
int kept_map_save(const char *state_dir, const char *map_path);

/* Where the copy is, or would be. -ENAMETOOLONG. */
int kept_map_path(const char *state_dir, char *out, size_t out_bytes);
