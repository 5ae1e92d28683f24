/* SPDX-License-Identifier: MIT */
/*
 * A command of tosctl is one struct command in one file of commands/, and its name in
 * commands/meson.build. The kinds of outputs (led, motor, ...) are no commands: their names and
 * keys come from the gateway, see output.h.
 */
#pragma once

#include "options.h"
#include "options_own.h"
#include <stdbool.h>

/* The results of a command, with which the program exits. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1, /* by the gateway, or any other failure */
	EXIT_USAGE = 2,
	EXIT_OFFLINE = 3,   /* the gateway, or there is no broker */
	EXIT_NO_DEVICE = 4, /* it has none of that name */
	EXIT_NO_ANSWER = 124,
};

struct command {
	const char *name;
	const char *arguments; /* "[NAME]"; "": none */
	const char *help;      /* one short line */
	int n_min, n_max;      /* arguments */
	unsigned takes;        /* of enum options_own, beside the options of the connection */
	bool is_local;         /* works without a broker, and does not look for one */
	/* Returns an exit code. Mistakes were reported on stderr. */
	int (*run)(const struct options *options, int n, char **arguments);
};

/* All commands, in the order of commands/meson.build, then NULL. */
extern const struct command *const command_table[];

/* NULL: there is none of that name. */
const struct command *command_find(const char *name);
