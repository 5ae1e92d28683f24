/* SPDX-License-Identifier: MIT */
/*
 * The gateway: all its parts, and the main thread's loop that joins them. Each function returns an
 * exit code, and has reported every mistake before.
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

/* Makes the outputs of the map safe, those of the map that ran last, and those of the map that a
 * reload was changing to: motors stop, and outputs with a fail-safe go to that state. */
int gateway_make_safe(const struct gateway_options *options);

/* Reports mistakes in the map on stderr, or on stdout that it is good. Waits for its readers. */
int gateway_check(const struct gateway_options *options);
