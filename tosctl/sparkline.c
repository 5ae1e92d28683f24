/* SPDX-License-Identifier: MIT */
#include "sparkline.h"

#include <math.h>

enum { LEVELS = 8 };

static const char *const BLOCKS[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const SIGNS[LEVELS] = {"_", ".", "-", "~", "=", "+", "*", "#"};

void sparkline_add(struct sparkline *sparkline, double value)
{
	sparkline->values[sparkline->next] = value;
	sparkline->next = (sparkline->next + 1) % SPARKLINE_MAX;
	if (sparkline->n < SPARKLINE_MAX)
		sparkline->n++;
}

/* The value that many places before the newest one. */
static double value_at(const struct sparkline *sparkline, size_t back)
{
	return sparkline->values[(sparkline->next + SPARKLINE_MAX - 1 - back) % SPARKLINE_MAX];
}

void sparkline_print(const struct sparkline *sparkline, int columns, bool utf8, FILE *out)
{
	size_t n = columns > 0 ? (size_t)columns : 0;
	double min = (double)INFINITY, max = -(double)INFINITY;

	if (n > sparkline->n)
		n = sparkline->n;
	for (size_t i = 0; i < n; i++) {
		min = fmin(min, value_at(sparkline, i));
		max = fmax(max, value_at(sparkline, i));
	}
	for (size_t i = n; i-- > 0;) {
		double value = value_at(sparkline, i);
		/* A value that never changes is drawn in the middle. */
		double share = max > min ? (value - min) / (max - min) : 0.5;

		if (isnan(value))
			fputc(' ', out);
		else
			fputs((utf8 ? BLOCKS : SIGNS)[(int)(share * (LEVELS - 1) + 0.5)], out);
	}
}
