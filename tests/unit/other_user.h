/* SPDX-License-Identifier: MIT */
/*
 * The calling thread without root's rights, so that closed files are closed. Does nothing where
 * there are none to give up. The system call itself, because the C library's function would change
 * all threads.
 */
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

enum { OTHER_USER_NOBODY = 65534 };

/* Returns the user to go back to. */
static inline uid_t other_user_become(void)
{
	uid_t before = geteuid();

	if (before == 0)
		(void)syscall(SYS_setresuid, -1, OTHER_USER_NOBODY, -1);
	return before;
}

static inline void other_user_go_back(uid_t before)
{
	(void)syscall(SYS_setresuid, -1, before, -1);
}
