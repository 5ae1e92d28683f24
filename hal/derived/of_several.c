/* SPDX-License-Identifier: MIT */
/* Sum, difference, minimum, maximum and mean of sensors with one unit. Vectors worked out by hand.
 * */
#include "derived.h"

#include <math.h>

/* Limited, so that sums of sums stay finite, too. */
static const struct derived_source ANY[] = {
	{"a value", -1e15, 1e15},
	{"a value", -1e15, 1e15},
};

static double sum(const double *of, size_t n_of, const double *arguments)
{
	double total = 0;

	(void)arguments;
	for (size_t i = 0; i < n_of; i++)
		total += of[i];
	return total;
}

static double difference(const double *of, size_t n_of, const double *arguments)
{
	(void)n_of;
	(void)arguments;
	return of[0] - of[1];
}

static double minimum(const double *of, size_t n_of, const double *arguments)
{
	double least = of[0];

	(void)arguments;
	for (size_t i = 1; i < n_of; i++)
		least = fmin(least, of[i]);
	return least;
}

static double maximum(const double *of, size_t n_of, const double *arguments)
{
	double most = of[0];

	(void)arguments;
	for (size_t i = 1; i < n_of; i++)
		most = fmax(most, of[i]);
	return most;
}

static double mean(const double *of, size_t n_of, const double *arguments)
{
	return sum(of, n_of, arguments) / (double)n_of;
}

static const double TWO[] = {21.5, -3.25};
static const double FOUR[] = {4, -1, 7.5, 2};

static const struct derived_vector SUM_VECTORS[] = {
	{"4 - 1 + 7.5 + 2", FOUR, 4, NULL, 12.5, 0},
	{"21.5 - 3.25", TWO, 2, NULL, 18.25, 0},
};
static const struct derived_vector DIFFERENCE_VECTORS[] = {
	{"21.5 + 3.25", TWO, 2, NULL, 24.75, 0},
	{"4 + 1", FOUR, 2, NULL, 5, 0},
};
static const struct derived_vector MINIMUM_VECTORS[] = {
	{"the second of four", FOUR, 4, NULL, -1, 0},
	{"the second of two", TWO, 2, NULL, -3.25, 0},
};
static const struct derived_vector MAXIMUM_VECTORS[] = {
	{"the third of four", FOUR, 4, NULL, 7.5, 0},
	{"the first of two", TWO, 2, NULL, 21.5, 0},
};
static const struct derived_vector MEAN_VECTORS[] = {
	{"12.5 / 4", FOUR, 4, NULL, 3.125, 0},
	{"18.25 / 2", TWO, 2, NULL, 9.125, 0},
};

const struct derived derived_sum = {
	.name = "sum",
	.unit = "",
	.sources = ANY,
	.n_sources = 2,
	.takes_more = true,
	.work_out = sum,
	.vectors = SUM_VECTORS,
	.n_vectors = 2,
};

/* The first minus the second. */
const struct derived derived_difference = {
	.name = "difference",
	.unit = "",
	.sources = ANY,
	.n_sources = 2,
	.work_out = difference,
	.vectors = DIFFERENCE_VECTORS,
	.n_vectors = 2,
};

const struct derived derived_minimum = {
	.name = "minimum",
	.unit = "",
	.sources = ANY,
	.n_sources = 2,
	.takes_more = true,
	.work_out = minimum,
	.vectors = MINIMUM_VECTORS,
	.n_vectors = 2,
};

const struct derived derived_maximum = {
	.name = "maximum",
	.unit = "",
	.sources = ANY,
	.n_sources = 2,
	.takes_more = true,
	.work_out = maximum,
	.vectors = MAXIMUM_VECTORS,
	.n_vectors = 2,
};

const struct derived derived_mean = {
	.name = "mean",
	.unit = "",
	.sources = ANY,
	.n_sources = 2,
	.takes_more = true,
	.work_out = mean,
	.vectors = MEAN_VECTORS,
	.n_vectors = 2,
};
