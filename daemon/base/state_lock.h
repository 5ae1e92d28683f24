/* SPDX-License-Identifier: MIT */
/*
 * Allows one process for each state directory: two would mix their readings and overwrite each
 * other's map. The locks are the kernel's and vanish with the process, however it ends, so nothing
 * stale can be left behind.
 */
#pragma once

#include <sys/types.h>

struct state_lock {
	int directory_fd; /* locked; -1: not locked */
	int file_fd;      /* of the file "lock", which tells others our process id; -1: none */
};

/*
 * 0: the directory is ours until state_unlock(). It is also 0 if nothing can be locked, because
 * there is no such directory, it may not be read, or its file system has no locks: then there is
 * nothing to mix up, or no way to know. -EBUSY: another process has it; *ret_holder is its process
 * id, 0 if the kernel does not say. Does not wait.
 */
int state_lock(const char *directory, struct state_lock *ret_lock, pid_t *ret_holder);

/*
 * The process that has the directory, without taking it. 0 with *ret_holder: 0 if no process has
 * it, -1 if it is one that cannot be seen from here. -EACCES: this user may not know. Other errors:
 * there is no such directory.
 */
int state_lock_holder(const char *directory, pid_t *ret_holder);

void state_unlock(struct state_lock *lock);
