/* SPDX-License-Identifier: MIT */
/* The median of a number of samples: a single spike does not move it. */
#include "sampling.h"

#include <stdlib.h>

static void add(struct samples *samples, double value)
{
	samples->kept[samples->count] = value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double result(struct samples *samples)
{
	qsort(samples->kept, samples->count, sizeof(*samples->kept), compare);
	return samples->kept[samples->count / 2];
}

static const struct sampling_vector VECTORS[] = {
	{(const double[]){23.5}, 1, 1, 23.5},
	{(const double[]){5, 1000, -3, 4, 6}, 5, 5, 5},
};

const struct sampling sampling_median = {
	.key = "median",
	.help = "the median of this odd number of samples",
	.min = 1,
	.max = 99,
	.is_odd = true,
	.keeps = true,
	.add = add,
	.result = result,
	.vectors = VECTORS,
	.n_vectors = 2,
};
