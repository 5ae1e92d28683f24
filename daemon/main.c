/* SPDX-License-Identifier: MIT */
#include "log.h"
#include "options.h"
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/*
 * Who starts us with one of them closed (2>&-) must not find its number on a device file, into
 * which then every message would go.
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

/* A reader that is gone, or a log file that may not grow, is no reason to die: motors may run. */
static void ignore_lost_readers(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
}

int main(int argc, char **argv)
{
	struct gateway_options options;
	int exit_code;

	open_standard_files();
	ignore_lost_readers();
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
