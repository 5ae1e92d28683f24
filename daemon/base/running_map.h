/* SPDX-License-Identifier: MIT */
/*
 * A copy of the map that runs, in the state directory. Who edits the map must not make the motors
 * unsafe: when the gateway crashes before it is reloaded, or when there is a mistake in it, tosd
 * --safe finds here which outputs to stop.
 */
#pragma once

#include <stddef.h>

/* Keeps the bytes that the running map was made from, in one step, without waiting for the disk. 0
 * or a negative errno. */
int running_map_save(const char *state_dir, const char *text, size_t size);

/* Where the copy is, or would be. -ENAMETOOLONG. */
int running_map_path(const char *state_dir, char *out, size_t out_bytes);

/* 1: there is a copy, and it differs from the map as it is now. 0: it does not, or there is none. A
 * negative errno: there is one, and it cannot be read. */
int running_map_differs(const char *state_dir, const char *map_path);
