/* SPDX-License-Identifier: MIT */
/*
 * The lock that excludes others is on the directory itself. It needs no file, so it works on a disk
 * that is full or read-only, whoever owns the files in it. But it does not tell who holds it. For
 * that there is a record lock on a file, whose holder's process id the kernel knows.
 */
#include "state_lock.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

static const char FILE_NAME[] = "lock";

static struct flock whole_file(void)
{
	return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

static pid_t holder_of(int directory_fd)
{
	int fd = openat(directory_fd, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct flock lock = whole_file();
	pid_t holder = 0;

	if (fd < 0)
		return 0;
	if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0)
		holder = lock.l_pid;
	(void)close(fd);
	return holder;
}

/* -1 if it cannot be locked: then other processes do not learn our process id. */
static int lock_file(int directory_fd)
{
	const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(directory_fd, FILE_NAME, flags, 0600);
	struct flock lock = whole_file();

	/* It belongs to a user whose process has ended: we have locked the directory. */
	if (fd < 0 && errno == EACCES && unlinkat(directory_fd, FILE_NAME, 0) == 0)
		fd = openat(directory_fd, FILE_NAME, flags, 0600);
	if (fd >= 0 && fcntl(fd, F_SETLK, &lock) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int state_lock(const char *directory, struct state_lock *ret_lock, pid_t *ret_holder)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret_lock = (struct state_lock){-1, -1};
	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		*ret_holder = holder_of(fd);
		(void)close(fd);
		return -EBUSY;
	}
	*ret_lock = (struct state_lock){fd, lock_file(fd)};
	return 0;
}

int state_lock_holder(const char *directory, pid_t *ret_holder)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct flock lock = whole_file();
	int file, r = 0;

	if (fd < 0)
		return -errno;
	file = openat(fd, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0)
		r = errno == ENOENT ? 0 : -errno;
	else if (fcntl(file, F_GETLK, &lock) < 0)
		r = -errno;
	if (r == 0)
		*ret_holder = file < 0 || lock.l_type == F_UNLCK ? 0
			: lock.l_pid > 0                         ? lock.l_pid
								 : -1;
	if (file >= 0)
		(void)close(file);
	(void)close(fd);
	return r;
}

void state_unlock(struct state_lock *lock)
{
	/* Nothing depends on the file: the directory is still locked. */
	if (lock->file_fd >= 0) {
		(void)unlinkat(lock->directory_fd, FILE_NAME, 0);
		(void)close(lock->file_fd);
	}
	if (lock->directory_fd >= 0)
		(void)close(lock->directory_fd);
	*lock = (struct state_lock){-1, -1};
}
