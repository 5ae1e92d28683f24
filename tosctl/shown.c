/* SPDX-License-Identifier: MIT */
#include "shown.h"

#include "command.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

/* The first error of a shown_flush(). */
static int failed;

void shown_begin(void)
{
	int fd;

	/* Reading only: what is written there fails, as to a file that is closed. */
	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= STDIN_FILENO && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

bool shown_flush(void)
{
	bool is_good = fflush(stdout) == 0 && !ferror(stdout);

	if (!is_good && !failed)
		failed = errno;
	return is_good;
}

/* A pipe whose reader has gone, as head(1) does. */
static bool is_unread(void)
{
	struct pollfd stdout_fd = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&stdout_fd, 1, 0) == 1 && (stdout_fd.revents & (POLLERR | POLLHUP));
}

int shown_end(int exit_code)
{
	bool has_rest = __fpending(stdout) > 0, was_bad = ferror(stdout) != 0;
	bool is_nobody = is_unread();

	errno = 0;
	if (fclose(stdout) == 0 && !was_bad)
		return exit_code;
	if (!was_bad && !has_rest && errno == EBADF)
		return exit_code; /* there was nothing to show */
	if (!failed)
		failed = errno;
	if (!is_nobody && failed != EPIPE)
		fprintf(stderr, "tosctl: not all of the output could be written%s%s\n",
			failed ? ": " : "", failed ? strerror(failed) : "");
	return exit_code == EXIT_OK ? EXIT_REFUSED : exit_code;
}
