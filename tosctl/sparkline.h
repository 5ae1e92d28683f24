/* SPDX-License-Identifier: MIT */
/* A small plot of one line, of the last values. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { SPARKLINE_MAX = 200 };

struct sparkline {
	double values[SPARKLINE_MAX]; /* a ring; NAN: there was none */
	size_t next, n;
};

/* NAN: there was none. */
void sparkline_add(struct sparkline *sparkline, double value);

/* At most that many columns, one a value, the newest at the right end; from the least to the
 * greatest of what is shown. utf8: in blocks, otherwise in ASCII. */
void sparkline_print(const struct sparkline *sparkline, int columns, bool utf8, FILE *out);
