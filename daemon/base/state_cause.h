/* SPDX-License-Identifier: MIT */
/*
 * Finds out why the state directory cannot be used. The error of a system call or a library is
 * often only a consequence: if SQLite may not create its file, it says that there is no file.
 */
#pragma once

#include <stddef.h>

enum { STATE_CAUSE_TEXT_BYTES = 256, STATE_CAUSE_FILES_MAX = 4 };

/* The cause in words. */
struct state_cause {
	char why[STATE_CAUSE_TEXT_BYTES];  /* "the disk is full" */
	char cure[STATE_CAUSE_TEXT_BYTES]; /* "make room on it", or "" */
};

/*
 * Checks the directory, and those of the named files that exist (names ends with NULL), with the
 * rights of this process. 0: nothing is wrong with them. A negative errno: -ENOENT there is no
 * directory, -EACCES, -EROFS, -ENOSPC, -EISDIR in place of a file. May wait for the disk.
 */
int state_cause_find(const char *directory, const char *const *names);

/* Describes an error (negative) of using them. */
void state_cause_describe(
	const char *directory, const char *const *names, int error, struct state_cause *ret_cause);
