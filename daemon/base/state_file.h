/* SPDX-License-Identifier: MIT */
/* A small file in the state directory, replaced in one step. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes the file hold these bytes. A reader meanwhile, or after a crash, finds either the old bytes
 * or the new ones, complete. If the file has them already, it is left alone, to spare the card.
 * Does not wait for the disk. 0 or a negative errno.
 */
int state_file_replace(const char *path, const void *bytes, size_t size);

/* The same, and waits until it is on the disk. A file that has the bytes already is taken to be. */
int state_file_replace_on_disk(const char *path, const void *bytes, size_t size);

/* True if the file has exactly these bytes. */
bool state_file_holds(const char *path, const void *bytes, size_t size);

/* Removes it, and what a process that was killed may have left of a new one. 0, also if there is
 * none; a negative errno. */
int state_file_remove(const char *path);
