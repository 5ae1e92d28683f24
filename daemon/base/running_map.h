/* SPDX-License-Identifier: MIT */
/*
 * A copy of the running map, in the state directory. Editing the map must not make motors unsafe:
 * if the gateway crashes before it is reloaded, or the new map has a mistake, tosd --safe finds
 * here which outputs to stop.
 */
#pragma once

#include <stddef.h>

/* Keeps the bytes from which the running map was read, in one step, without waiting for the disk. 0
 * or a negative errno. */
int running_map_save(const char *state_dir, const char *text, size_t size);

/* The path of the copy, whether it exists or not. -ENAMETOOLONG. */
int running_map_path(const char *state_dir, char *out, size_t out_bytes);

/* 1: there is a copy, and it differs from the map as it is now. 0: it does not differ, or there is
 * none. A negative errno: there is a copy that cannot be read. */
int running_map_differs(const char *state_dir, const char *map_path);
