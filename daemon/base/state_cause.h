/* SPDX-License-Identifier: MIT */
/*
 * Why the state directory cannot be used. What a system call or a library says of it is often the
 * consequence: SQLite cannot open a file that it may not create, and says that there is none.
 */
#pragma once

#include <stddef.h>

enum { STATE_CAUSE_TEXT_BYTES = 256, STATE_CAUSE_FILES_MAX = 4 };

/* In words. */
struct state_cause {
	char why[STATE_CAUSE_TEXT_BYTES];  /* "the disk is full" */
	char cure[STATE_CAUSE_TEXT_BYTES]; /* "make room on it", or "" */
};

/*
 * Looks at the directory and at those of the files that are there (names, ending with NULL) with
 * the rights of this process. 0: nothing is wrong with them; or a negative errno: -ENOENT
 * there is no directory, -EACCES, -EROFS, -ENOSPC, -EISDIR a file is none. May wait for the disk.
 */
int state_cause_find(const char *directory, const char *const *names);

/* The words for an error (negative) of using them. */
void state_cause_describe(
	const char *directory, const char *const *names, int error, struct state_cause *ret_cause);
