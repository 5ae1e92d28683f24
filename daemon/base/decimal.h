/* SPDX-License-Identifier: MIT */
/*
 * Numbers rounded as people round them. Pure; any thread.
 */
#pragma once

#include <stddef.h>

enum { DECIMAL_BYTES = 336 }; /* enough for every double, with up to 9 decimals and the NUL */

/*
 * Formats value, rounded half away from zero to 0..9 decimals, without trailing zeros and never as
 * "-0": "23", "23.4", "-0.5". A value counts as the decimal number of 15 digits that it stands for:
 * 2.675, which a double holds as 2.67499999999999982, becomes 2.68. Returns the length without the
 * NUL; -ENODATA if value is infinite or not a number; -ENOBUFS.
 */
int decimal_format(double value, unsigned decimals, char *out, size_t out_bytes);

/* The same as a double. If value is infinite or not a number, it is returned as it is. */
double decimal_round(double value, unsigned decimals);
