/* SPDX-License-Identifier: MIT */
/*
 * Files that are read whole. Anything but a regular file (a pipe, a device) could block its reader
 * for ever.
 */
#pragma once

#include <errno.h>

enum { REGULAR_FILE_IS_NOT = EMEDIUMTYPE };

/* Opens a file for reading, without blocking. A descriptor, or a negative errno: -EISDIR for a
 * folder, -REGULAR_FILE_IS_NOT for anything else that is not a regular file. */
int regular_file_open(const char *path);

/* Like strerror(), with words for REGULAR_FILE_IS_NOT too. error is positive. Valid until the next
 * call. */
const char *regular_file_error(int error);
