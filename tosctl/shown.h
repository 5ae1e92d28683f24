/* SPDX-License-Identifier: MIT */
/* Sees to it that what is printed gets to stdout, or that it is told. */
#pragma once

#include <stdbool.h>

/* Before anything is opened: one of the standard files that is closed would otherwise be the number
 * of the next connection. */
void shown_begin(void);

/* All that was printed goes out now. false: it cannot, and shown_end() will tell. */
bool shown_flush(void);

/* At the end: closes stdout. Returns exit_code, or EXIT_REFUSED in place of EXIT_OK if not all got
 * there, which is told on stderr unless it is only that nobody reads any more. */
int shown_end(int exit_code);
