/* SPDX-License-Identifier: MIT */
#include "gateway.h"
#include "log.h"
#include "options.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int check(const struct options *options)
{
	struct config *config = NULL;
	int exit_code = gateway_load_config(options->config_path, &config);

	if (exit_code >= 0)
		return exit_code;
	printf("%s: good: chips %zu, sensors %zu, LEDs %zu, motors %zu\n", options->config_path,
		config->n_chips, config->n_sensors, config->n_leds, config->n_motors);
	config_free(config);
	return EXIT_OK;
}

/* Who starts us with one of them closed (2>&-) must not find its number on a device file, into which
 * then every message would go. */
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

int main(int argc, char **argv)
{
	struct options options;
	int exit_code;

	open_standard_files();
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
