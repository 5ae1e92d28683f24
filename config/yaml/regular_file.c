/* SPDX-License-Identifier: MIT */
#include "regular_file.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int regular_file_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		r = -errno;
	else if (S_ISDIR(status.st_mode))
		r = -EISDIR;
	else if (!S_ISREG(status.st_mode))
		r = -REGULAR_FILE_IS_NOT;
	if (r == 0)
		return fd;
	(void)close(fd);
	return r;
}

const char *regular_file_error(int error)
{
	return error == REGULAR_FILE_IS_NOT ? "is not a regular file" : strerror(error);
}
