/* SPDX-License-Identifier: MIT */
/*
 * The gateway: all its parts, and the main thread's loop that joins them. Each function returns an
 * exit code, and has told every mistake before.
 */
#pragma once

#include <stdbool.h>

/* The exit codes of tosd(8). */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CONFIG_MISTAKE = 78 };

/* All borrowed until the function returns. */
struct gateway_options {
	const char *config_path;
	const char *state_dir;
	bool simulate, check, safe, verbose;
};

/* Runs until a signal ends it. */
int gateway_run(const struct gateway_options *options);

/* Drives every motor and fail-safe output of the map, and of the map that ran last, to its safe
 * state. */
int gateway_make_safe(const struct gateway_options *options);

/* Says on stderr what is wrong with the map, on stdout that it is good. Waits for its readers. */
int gateway_check(const struct gateway_options *options);
