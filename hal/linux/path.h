/* SPDX-License-Identifier: MIT */
/* Paths below /sys and /dev, which must fit. */
#pragma once

#include <stddef.h>

/* Joins them to "directory/file". -ENAMETOOLONG if it does not fit; ret_path is then "". */
int path_join(const char *directory, const char *file, char *ret_path, size_t path_bytes);
