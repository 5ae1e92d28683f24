/* SPDX-License-Identifier: MIT */
/* For LD_PRELOAD: a disk that takes no writes while the file that TOS_TEST_DISK names is there.
 * Sockets and pipes are not delayed, since they are written to in other ways. When a file is to be
 * replaced, that is reported on standard error. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static void wait_for_disk(void)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	const char *path = getenv("TOS_TEST_DISK");

	while (path && access(path, F_OK) == 0)
		(void)nanosleep(&pause, NULL);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
	wait_for_disk();
	return syscall(SYS_pwrite64, fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
	wait_for_disk();
	return syscall(SYS_pwrite64, fd, data, size, offset);
}

int rename(const char *from, const char *to)
{
	static const char WORDS[] = "test: the disk waits\n";
	const char *path = getenv("TOS_TEST_DISK");

	if (path && access(path, F_OK) == 0)
		(void)syscall(SYS_write, STDERR_FILENO, WORDS, sizeof(WORDS) - 1);
	wait_for_disk();
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
