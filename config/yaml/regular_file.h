/* SPDX-License-Identifier: MIT */
/*
 * Files that are read whole. What is no file (a pipe, a device) could keep its reader waiting for
 * ever.
 */
#pragma once

#include <errno.h>

enum { REGULAR_FILE_IS_NOT = EMEDIUMTYPE };

/* Opens for reading, without waiting. A descriptor, or a negative errno: -EISDIR for a folder,
 * -REGULAR_FILE_IS_NOT for anything else that is no regular file. */
int regular_file_open(const char *path);

/* strerror(), which also has words for REGULAR_FILE_IS_NOT. error is positive. Valid until the next
 * call. */
const char *regular_file_error(int error);
