/* SPDX-License-Identifier: MIT */
/*
 * The command line. Connection options are named as mosquitto's tools name them, and stand in
 * ~/.config/tosctl in the same form, one a line. Without a host there, the device map of this
 * machine says where the broker is; without a map it is localhost. A command that needs no broker
 * does not look for one.
 */
#pragma once

#include "config.h"
#include <stdbool.h>
#include <stdint.h>

struct options {
	struct config_mqtt mqtt; /* what the command line says wins over the map; urls: one of it */
	const char *path;        /* --unix: a socket of this machine, and not a URL; NULL: none */
	bool is_guess;           /* nothing says where the broker is: it is looked for here */
	const char *password;    /* NULL: none */
	uint64_t wait_us;        /* -W: for an answer */
	unsigned long count;     /* -C: messages to show; 0: no limit */
	uint32_t for_ms, fade_ms; /* --for, --fade; 0: not given */
	bool json;                /* --json */
	/* Of probe: --write, --simulate and --state; NULL: not given. */
	const char *write, *simulate, *state;
	bool force;     /* --force */
	unsigned given; /* of enum options_own: those of the command line */
};

/*
 * Fills *ret_options; texts are borrowed from argv, or live as long as the process. *ret_first: the
 * index of the command in argv, which is reordered; argc: there is none. A negative number is a
 * word, as the angle of a servo. Returns -1, or an exit code after --help, --version or a mistake
 * that was reported on stderr.
 */
int options_parse(int argc, char **argv, struct options *ret_options, int *ret_first);

/* What --help shows, on stdout. Returns the exit code. */
int options_show_help(void);
