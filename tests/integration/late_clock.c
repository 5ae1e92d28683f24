/* SPDX-License-Identifier: MIT */
/* For LD_PRELOAD: the wall clock of a board that does not know the time until the file that
 * TOS_TEST_CLOCK names is there: the program begins in 1970. From then on the clock is ahead by as
 * many seconds as that file has bytes. */
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static time_t start_s; /* CLOCK_MONOTONIC */

__attribute__((constructor)) static void start(void)
{
	struct timespec now;

	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	start_s = now.tv_sec;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	const char *path = clock == CLOCK_REALTIME ? getenv("TOS_TEST_CLOCK") : NULL;
	struct stat status = {0};
	time_t ahead_s = 0;
	int r;

	if (path && stat(path, &status) < 0) {
		clock = CLOCK_MONOTONIC;
		ahead_s = -start_s;
	} else if (path) {
		ahead_s = status.st_size;
	}
	r = (int)syscall(SYS_clock_gettime, clock, time);
	time->tv_sec += ahead_s;
	return r;
}

/* OpenSSL calls this to see whether a certificate is valid. */
time_t time(time_t *result)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (result)
		*result = now.tv_sec;
	return now.tv_sec;
}
