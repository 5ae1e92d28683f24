/* SPDX-License-Identifier: MIT */
#include "state_file.h"
#include "regular_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPORARY_BYTES = 4096 + 8 };

static bool reads_as(int fd, const char *bytes, size_t size)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		if ((size_t)n > size || memcmp(buffer, bytes, (size_t)n) != 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return n == 0 && size == 0;
}

bool state_file_holds(const char *path, const void *bytes, size_t size)
{
	int fd = regular_file_open(path);
	bool same;

	if (fd < 0)
		return false;
	same = reads_as(fd, bytes, size);
	(void)close(fd);
	return same;
}

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

/* The directory of the file, so that after a power cut it has the new one. */
static int sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[4096];
	int fd, r = 0;

	(void)snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(slash - path) : 1,
		slash ? path : ".");
	fd = open(*directory ? directory : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		r = -errno;
	(void)close(fd);
	return r;
}

static bool name_temporary(const char *path, char out[static TEMPORARY_BYTES])
{
	return snprintf(out, TEMPORARY_BYTES, "%s.new", path) < TEMPORARY_BYTES;
}

static int replace(const char *path, const void *bytes, size_t size, bool on_disk)
{
	char temporary[TEMPORARY_BYTES];
	int fd;
	int r;

	if (!name_temporary(path, temporary))
		return -ENAMETOOLONG;
	/* A file left by an earlier process may belong to somebody else, and is of no use. */
	(void)unlink(temporary);
	if (state_file_holds(path, bytes, size))
		return 0;
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, bytes, size);
	if (r == 0 && on_disk && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(temporary);
	return r == 0 && on_disk ? sync_directory(path) : r;
}

int state_file_replace(const char *path, const void *bytes, size_t size)
{
	return replace(path, bytes, size, false);
}

int state_file_replace_on_disk(const char *path, const void *bytes, size_t size)
{
	return replace(path, bytes, size, true);
}

int state_file_remove(const char *path)
{
	char temporary[TEMPORARY_BYTES];

	if (!name_temporary(path, temporary))
		return -ENAMETOOLONG;
	(void)unlink(temporary);
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}
