/* SPDX-License-Identifier: MIT */
/* A time of the command line. */
#pragma once

#include <stdint.h>

/*
 * "500ms", "1.5s", "2min", "1h", into ms, from 1. A unit is needed, as in the device map and in the
 * outputs' plain text. what: whose time it is, "--for". -1, or an exit code with the mistake told
 * on stderr.
 */
int duration_parse(const char *what, const char *text, uint32_t *ret_ms);
