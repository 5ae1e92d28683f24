/* SPDX-License-Identifier: MIT */
/* For a library in LD_PRELOAD that stands between a program and open(). It says what happens: */
#pragma once

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int open_instead(const char *path, int flags, mode_t mode);

static int open_now(const char *path, int flags, mode_t mode)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static int open_with(const char *path, int flags, va_list arguments)
{
	bool has_mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;

	return open_instead(path, flags, has_mode ? (mode_t)va_arg(arguments, int) : 0);
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	int fd;

	va_start(arguments, flags);
	fd = open_with(path, flags, arguments);
	va_end(arguments);
	return fd;
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;
	int fd;

	va_start(arguments, flags);
	fd = open_with(path, flags | O_LARGEFILE, arguments);
	va_end(arguments);
	return fd;
}
