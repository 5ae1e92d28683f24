/* SPDX-License-Identifier: MIT */
#include "gateway.h"
#include "log.h"
#include "options.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What it finds is its result, not a log: it waits for whoever reads it. */
static int check(const struct options *options)
{
	struct config *config = NULL;
	struct diag *diag = NULL;
	int r = diag_new(options->config_path, &diag);

	if (r == 0)
		r = gateway_read_map(options->config_path, diag, &config);
	if (diag)
		diag_print(diag, stderr);
	diag_free(diag);
	if (r == -EINVAL)
		return EXIT_CONFIG_MISTAKE;
	if (r < 0) {
		log_error("config", "%s: %s", options->config_path, strerror(-r));
		return EXIT_FAILED;
	}
	printf("%s: good: chips %zu, sensors %zu, LEDs %zu, motors %zu\n", options->config_path,
		config->n_chips, config->n_sensors, config->n_leds, config->n_motors);
	config_free(config);
	return EXIT_OK;
}

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
	struct options options;
	int exit_code;

	open_standard_files();
	ignore_lost_readers();
	exit_code = options_parse(argc, argv, &options);

	if (exit_code >= 0)
		return exit_code;
	log_setup(options.verbose);
	if (options.check)
		return check(&options);
	if (options.safe)
		return gateway_make_safe(&options);
	return gateway_run(&options);
}
