/* SPDX-License-Identifier: MIT */
/* For LD_PRELOAD: while the file that TOS_TEST_BARRED names is there, no database can be opened for
 * writing, although its owner and mode are right. That is how it looks if they were just mended. */
#include "preload_open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int open_instead(const char *path, int flags, mode_t mode)
{
	const char *barred = getenv("TOS_TEST_BARRED");

	if (strstr(path, ".db") && (flags & O_ACCMODE) == O_RDWR && barred &&
		access(barred, F_OK) == 0) {
		errno = EACCES;
		return -1;
	}
	return open_now(path, flags, mode);
}
