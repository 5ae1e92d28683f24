/* SPDX-License-Identifier: MIT */
/* The difference between the largest and the smallest sample of a window. */
#include "sampling.h"

static double result(struct samples *samples)
{
	return samples->max - samples->min;
}

static const struct sampling_vector VECTORS[] = {
	{(const double[]){5, 7, -2, 3, 4, 1}, 6, 60, 9},
	{(const double[]){5, 8}, 2, 1, 3},
};

const struct sampling sampling_peak_to_peak = {
	.key = "peak_to_peak",
	.help = "the largest minus the smallest sample in this window of time",
	.is_window = true,
	.min = 1000,
	.max = 10000000,
	.result = result,
	.vectors = VECTORS,
	.n_vectors = 2,
};
