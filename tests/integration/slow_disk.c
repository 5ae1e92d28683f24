/* SPDX-License-Identifier: MIT */
/*
 * For LD_PRELOAD: a disk that takes no writes while the file that TOS_TEST_DISK names is there.
 * Sockets and pipes are not delayed, since they are written to in other ways. If that file has a
 * word, only files whose path ends with it are delayed: "tosd.yaml" is not replaced, "<tosd.yaml"
 * is not opened for reading. When a file waits for that, it is reported on standard error.
 */
#include "preload_open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORD_BYTES = 64 };

/* False: the disk does not hang. */
static bool read_word(char word[static WORD_BYTES])
{
	const char *path = getenv("TOS_TEST_DISK");
	int fd = path ? open_now(path, O_RDONLY | O_CLOEXEC, 0) : -1;
	ssize_t n;

	if (fd < 0)
		return false;
	n = syscall(SYS_read, fd, word, WORD_BYTES - 1);
	word[n > 0 ? n : 0] = '\0';
	(void)close(fd);
	return true;
}

static bool ends_with(const char *path, const char *word)
{
	size_t size = strlen(path), end = strlen(word);

	return end <= size && strcmp(path + size - end, word) == 0;
}

enum access { ACCESS_WRITE, ACCESS_REPLACE, ACCESS_READ };

static bool hangs(enum access access, const char *path)
{
	char word[WORD_BYTES];

	if (!read_word(word))
		return false;
	if (access == ACCESS_READ)
		return *word == '<' && ends_with(path, word + 1);
	return !*word || (access == ACCESS_REPLACE && ends_with(path, word));
}

static void wait_for_disk(enum access access, const char *path)
{
	static const char WORDS[] = "test: the disk waits\n";
	const struct timespec pause = {.tv_nsec = 5000000};

	if (access != ACCESS_WRITE && hangs(access, path))
		(void)syscall(SYS_write, STDERR_FILENO, WORDS, sizeof(WORDS) - 1);
	while (hangs(access, path))
		(void)nanosleep(&pause, NULL);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
	wait_for_disk(ACCESS_WRITE, NULL);
	return syscall(SYS_pwrite64, fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
	wait_for_disk(ACCESS_WRITE, NULL);
	return syscall(SYS_pwrite64, fd, data, size, offset);
}

int rename(const char *from, const char *to)
{
	wait_for_disk(ACCESS_REPLACE, to);
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static int open_instead(const char *path, int flags, mode_t mode)
{
	if ((flags & O_ACCMODE) == O_RDONLY)
		wait_for_disk(ACCESS_READ, path);
	return open_now(path, flags, mode);
}
