/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

/* "directory/file". -ENAMETOOLONG when it does not fit, and then ret_path is "". */
int path_join(const char *directory, const char *file, char *ret_path, size_t path_bytes);
