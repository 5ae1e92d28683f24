/* SPDX-License-Identifier: MIT */
/* For LD_PRELOAD: while the file that TOS_TEST_BARRED names is there, no database can be opened for
 * writing, although its owner and mode are right. That is how it looks if they were just mended. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_unless_barred(const char *path, int flags, va_list arguments)
{
	bool has_mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
	mode_t mode = has_mode ? (mode_t)va_arg(arguments, int) : 0;
	const char *barred = getenv("TOS_TEST_BARRED");

	if (strstr(path, ".db") && (flags & O_ACCMODE) == O_RDWR && barred &&
		access(barred, F_OK) == 0) {
		errno = EACCES;
		return -1;
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	int fd;

	va_start(arguments, flags);
	fd = open_unless_barred(path, flags, arguments);
	va_end(arguments);
	return fd;
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;
	int fd;

	va_start(arguments, flags);
	fd = open_unless_barred(path, flags | O_LARGEFILE, arguments);
	va_end(arguments);
	return fd;
}
