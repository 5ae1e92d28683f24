/* SPDX-License-Identifier: MIT */
/*
 * The height above sea level, from the pressure of the air.
 *
 * ICAO Standard Atmosphere (Doc 7488; up to 32 km the same as the U.S. Standard Atmosphere 1976),
 * its troposphere: h = T0 / L (1 - (p / p0)^(L R / (g0 M))), a geopotential height, up to 11 km.
 * sea_level is the pressure of the day reduced to sea level (QNH); with the standard's 1013.25 hPa
 * it is the pressure altitude.
 */
#include "derived.h"

#include <math.h>

static const double T0_K = 288.15;
static const double L_K_PER_M = 0.0065;
static const double EXPONENT = 0.0065 * 8.31432 / (9.80665 * 0.0289644);

static const struct derived_source SOURCES[] = {
	{"a pressure in hPa", 226.32, 1200}, /* at 11 km, and 1.4 km below the sea */
};

static const struct derived_argument ARGUMENTS[] = {
	{"sea_level", 850, 1100, "1013.25", "the day's pressure at sea level in hPa"},
};

static double altitude(const double *of, size_t n_of, const double *arguments)
{
	(void)n_of;
	return T0_K / L_K_PER_M * (1 - pow(of[0] / arguments[0], EXPONENT));
}

#define TABLE "U.S. Standard Atmosphere 1976"
#define FOOT  0.3048

static const struct derived_vector VECTORS[] = {
	{TABLE ", sea level", (const double[]){1013.25}, 1, (const double[]){1013.25}, 0, 1e-9},
	{TABLE ", height of 850 hPa", (const double[]){850}, 1, (const double[]){1013.25},
		4780 * FOOT, 0.6},
	{TABLE ", height of 700 hPa", (const double[]){700}, 1, (const double[]){1013.25},
		9882 * FOOT, 0.6},
	{TABLE ", height of 500 hPa", (const double[]){500}, 1, (const double[]){1013.25},
		18287 * FOOT, 0.6},
	{TABLE ", tropopause", (const double[]){226.321}, 1, (const double[]){1013.25}, 11000, 0.5},
	{"the pressure of the day", (const double[]){990}, 1, (const double[]){990}, 0, 1e-9},
};

const struct derived derived_altitude = {
	.name = "altitude",
	.unit = "m",
	.quantity = "distance",
	.sources = SOURCES,
	.n_sources = 1,
	.arguments = ARGUMENTS,
	.n_arguments = 1,
	.work_out = altitude,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(VECTORS[0]),
};
