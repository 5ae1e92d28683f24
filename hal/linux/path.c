/* SPDX-License-Identifier: MIT */
#include "path.h"
#include <errno.h>
#include <stdio.h>

int path_join(const char *directory, const char *file, char *ret_path, size_t path_bytes)
{
	int length = snprintf(ret_path, path_bytes, "%s/%s", directory, file);

	if (length >= 0 && (size_t)length < path_bytes)
		return 0;
	ret_path[0] = '\0';
	return -ENAMETOOLONG;
}
