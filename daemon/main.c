/* SPDX-License-Identifier: MIT */
#include "log.h"
#include "options.h"
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

/*
 * Opens any of the three standard files that we were started without (2>&-). Otherwise a device
 * file could get its number, and every message would go there.
 */
static void open_standard_files(void)
{
	int fd;

	do
		fd = open(
			"/dev/null", O_RDWR); /* not O_CLOEXEC: these three are always inherited */
	while (fd >= STDIN_FILENO && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

/* Motors may be running, so a reader that has gone or a full log file must not end the process. */
static void ignore_lost_readers(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
}

/*
 * Large buffers get pages of their own from the kernel, and those never used cost nothing. From the
 * heap, calloc() would have to clear all of them. glibc's own threshold is 128 KiB, and grows with
 * what is freed. It is only asked when the heap has no room, so the heap has none to spare either:
 * glibc would add 128 KiB to what it needs. See also gateway_load_config().
 */
static void give_large_buffers_fresh_pages(void)
{
	enum { LARGE_BYTES = 16 * 1024 };

	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	(void)mallopt(M_TOP_PAD, 0);
}

int main(int argc, char **argv)
{
	struct gateway_options options;
	int exit_code;

	open_standard_files();
	ignore_lost_readers();
	give_large_buffers_fresh_pages();
	exit_code = options_parse(argc, argv, &options);

	if (exit_code >= 0)
		return exit_code;
	log_setup(options.verbose);
	if (options.check)
		return gateway_check(&options);
	if (options.safe)
		return gateway_make_safe(&options);
	return gateway_run(&options);
}
