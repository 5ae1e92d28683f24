/* SPDX-License-Identifier: MIT */
/*
 * The root mean square of a window's samples around their mean: the strength of an alternating
 * signal, for sound or a current transformer. The steady part does not count, since such a signal
 * reaches the converter centred on half the supply voltage.
 *
 * Computed by Welford's method (Knuth, The Art of Computer Programming, volume 2, 4.2.2): with a
 * large steady part, the difference of two large sums would be noise.
 */
#include "sampling.h"

#include <math.h>

static void add(struct samples *samples, double value)
{
	if (samples->count == 0) {
		samples->mean = value;
		samples->squares = 0;
		return;
	}
	double away = value - samples->mean;

	samples->mean += away / (double)(samples->count + 1);
	samples->squares += away * (value - samples->mean);
}

static double result(struct samples *samples)
{
	return sqrt(samples->squares / (double)samples->count);
}

static const struct sampling_vector VECTORS[] = {
	/* The RMS of a square wave is its amplitude, whatever its offset. */
	{(const double[]){3, -3, 3, -3}, 4, 40, 3},
	{(const double[]){2048 + 3, 2048 - 3, 2048 + 3, 2048 - 3}, 4, 40, 3},
	/* A sine: amplitude 10 / sqrt(2). */
	{(const double[]){0, 10, 0, -10}, 4, 40, 7.0710678118654755},
	/* Mean 5; (9 + 1 + 1 + 1 + 0 + 0 + 4 + 16) / 8 = 4. */
	{(const double[]){2, 4, 4, 4, 5, 5, 7, 9}, 8, 80, 2},
	{(const double[]){7, 7}, 2, 1, 0},
};

const struct sampling sampling_rms = {
	.key = "rms",
	.help = "the root mean square around the mean, in this window of time",
	.is_window = true,
	.min = 1000,
	.max = 10000000,
	.add = add,
	.result = result,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(VECTORS[0]),
};
