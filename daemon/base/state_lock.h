/* SPDX-License-Identifier: MIT */
/*
 * One process a state directory: two would mix their readings and overwrite each other's map. The
 * locks are the kernel's and vanish with the process, however it ends; nothing is left behind that
 * could be stale.
 */
#pragma once

#include <sys/types.h>

struct state_lock {
	int directory_fd; /* locked; -1: not */
	int file_fd;      /* of the file "lock", which tells others who we are; -1: none */
};

/*
 * 0: it is ours until state_unlock(). Also where nothing can be locked, for there is no such
 * directory, it may not be read, or its file system knows no locks: then there is nothing to mix
 * up, or nobody to ask. -EBUSY: another process has it. *ret_holder is its process id, 0 if the
 * kernel does not say. Does not wait.
 */
int state_lock(const char *directory, struct state_lock *ret_lock, pid_t *ret_holder);

void state_unlock(struct state_lock *lock);
