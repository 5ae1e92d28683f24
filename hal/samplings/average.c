/* SPDX-License-Identifier: MIT */
/* The mean of a number of samples. */
#include "sampling.h"

static double result(struct samples *samples)
{
	return samples->sum / (double)samples->count;
}

static const struct sampling_vector VECTORS[] = {
	{(const double[]){23.5}, 1, 1, 23.5},
	{(const double[]){1, 2, 3, 10}, 4, 4, 4},
};

const struct sampling sampling_average = {
	.key = "average",
	.help = "the mean of this many samples",
	.min = 1,
	.max = 1000,
	.result = result,
	.vectors = VECTORS,
	.n_vectors = 2,
};
