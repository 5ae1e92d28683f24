/* SPDX-License-Identifier: MIT */
/*
 * The options that only some commands have; those of the connection are of all. One is a row in
 * options_own.c, a bit here, and stands in .takes of the commands that have it.
 */
#pragma once

enum options_own {
	OPTIONS_COUNT = 1 << 0,
	OPTIONS_JSON = 1 << 1,
	OPTIONS_FOR = 1 << 2,
	OPTIONS_FADE = 1 << 3,
	OPTIONS_WRITE = 1 << 4,
	OPTIONS_SIMULATE = 1 << 5,
	OPTIONS_STATE = 1 << 6,
	OPTIONS_FORCE = 1 << 7,
	/* The options that outputs take, as "led red on" does. */
	OPTIONS_OF_OUTPUTS = OPTIONS_JSON | OPTIONS_FOR | OPTIONS_FADE,
};

/* -1, or an exit code: one was given that is not among those that the command takes, which was told
 * on stderr. given, takes: of enum options_own. */
int options_own_check(const char *command, unsigned given, unsigned takes);
