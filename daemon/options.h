/* SPDX-License-Identifier: MIT */
/* The command line of tosd. */
#pragma once

#include <stdbool.h>

/* The exit codes of tosd(8). */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CONFIG_MISTAKE = 78 };

struct options {
	const char *config_path;
	const char *state_dir;
	bool simulate, check, safe, verbose;
};

/*
 * Fills *ret_options from the arguments and the environment (borrowed). -1: go on; otherwise the
 * exit code, after --help, --version or a mistake that was told on stderr.
 */
int options_parse(int argc, char **argv, struct options *ret_options);
