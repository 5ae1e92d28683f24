/* SPDX-License-Identifier: MIT */
/*
 * Illuminance from a divider with a CdS cell, read by a converter: the cell to the supply, a
 * resistor to ground.
 *
 * x = value / full_scale, R = resistor (1 - x) / x, lux = 10 (r_10lx / R)^(1 / gamma). r_10lx and
 * gamma are in the cell's datasheet, such as that of the GL55 series (Nanyang Senba): the
 * resistance at 10 lux, and gamma = lg(R10 / R100) / lg(100 lx / 10 lx). So the result is best from
 * 10 to 100 lux. Cells of one type differ by a factor of two, so it is as good as the eye, but no
 * lux meter.
 */
#include "derived.h"

#include <math.h>

static const struct derived_source SOURCES[] = {
	{"the converter's value", 0, 1e12},
};

enum { FULL_SCALE, RESISTOR, R_10LX, GAMMA };

static const struct derived_argument ARGUMENTS[] = {
	[FULL_SCALE] = {"full_scale", 0.001, 1e12, NULL,
		"the converter's value at the supply's voltage"},
	[RESISTOR] = {"resistor", 1, 1e9, NULL, "the one to ground, in ohm"},
	[R_10LX] = {"r_10lx", 1, 1e9, NULL, "the cell at 10 lx, in ohm, from its datasheet"},
	[GAMMA] = {"gamma", 0.1, 2, NULL, "of the cell, from its datasheet"},
};

/* At 0 no current flows: it is dark. At full scale the cell would be a short circuit. */
static double lux_of_cds(const double *of, size_t n_of, const double *arguments)
{
	double x = of[0] / arguments[FULL_SCALE];
	double cell = arguments[RESISTOR] * (1 - x) / x;

	(void)n_of;
	if (x <= 0)
		return 0;
	if (x >= 1)
		return (double)NAN;
	return 10 * pow(arguments[R_10LX] / cell, 1 / arguments[GAMMA]);
}

#define GL55 "by hand, of the definition of R10 and gamma in the GL55 series' datasheet"

static const double PARTS[] = {4095, 10000, 15000, 0.7};
static const double VOLTS[] = {3.3, 4700, 8000, 0.5};

static const struct derived_vector VECTORS[] = {
	/* 10 lux: the cell has 15 kOhm, and the resistor 10 of 25 kOhm. */
	{GL55, (const double[]){4095 * 10000.0 / 25000}, 1, PARTS, 10, 1e-9},
	/* 100 lux: 15 kOhm / 10^0.7 = 2992.893 Ohm. */
	{GL55, (const double[]){4095 * 10000.0 / 12992.893}, 1, PARTS, 100, 0.001},
	/* 1000 lux, in volts: 8 kOhm / 100^0.5 = 800 Ohm. */
	{GL55, (const double[]){3.3 * 4700.0 / 5500}, 1, VOLTS, 1000, 1e-6},
	{"dark", (const double[]){0}, 1, PARTS, 0, 0},
};

const struct derived derived_lux_of_cds = {
	.name = "lux_of_cds",
	.unit = "lx",
	.quantity = "illuminance",
	.sources = SOURCES,
	.n_sources = 1,
	.arguments = ARGUMENTS,
	.n_arguments = sizeof(ARGUMENTS) / sizeof(ARGUMENTS[0]),
	.work_out = lux_of_cds,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(VECTORS[0]),
};
