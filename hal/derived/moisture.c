/* SPDX-License-Identifier: MIT */
/*
 * Dew point and absolute humidity, from temperature and relative humidity.
 *
 * The saturation vapour pressure over water, WMO-No. 8, Guide to Meteorological Instruments and
 * Methods of Observation, annex 4.B: ew = 6.112 exp(17.62 t / (243.12 + t)) hPa, for -45 to 60 °C.
 * It is taken over water below 0 °C too, as relative humidity is defined. The enhancement by the
 * air itself (half a percent) is left out.
 *
 * The vectors have another source: the saturation pressures and specific volumes of the steam
 * tables (NIST/ASME Steam Properties). Saturated air is at its dew point, so air at 25 °C that
 * holds the vapour saturated at 10 °C has a dew point of 10 °C. The tolerances allow for the
 * differences between the formula and the tables: 0.3 % in the pressure, 0.05 °C, and 0.6 %
 * including the ideal gas.
 */
#include "derived.h"

#include <math.h>

static const double EW_0 = 6.112; /* hPa */
static const double EW_A = 17.62;
static const double EW_B = 243.12; /* °C */

static const struct derived_source SOURCES[] = {
	{"a temperature in °C", -45, 60},
	{"a relative humidity in %", 0, 100},
};

/* Without any vapour there is no dew point, and a sensor that shows 0 % cannot tell. */
static const struct derived_source DEW_POINT_SOURCES[] = {
	{"a temperature in °C", -45, 60},
	{"a relative humidity in %", 0.1, 100},
};

/* e = ew(t) U / 100; td is the temperature with ew(td) = e. */
static double dew_point(const double *of, size_t n_of, const double *arguments)
{
	double log_ratio = log(of[1] / 100) + EW_A * of[0] / (EW_B + of[0]);

	(void)n_of;
	(void)arguments;
	return EW_B * log_ratio / (EW_A - log_ratio);
}

/* By the ideal gas law: e / (Rv T), with Rv = 461.52 J/(kg K), in g/m³. */
static double absolute_humidity(const double *of, size_t n_of, const double *arguments)
{
	double e_pa = 100 * EW_0 * exp(EW_A * of[0] / (EW_B + of[0])) * of[1] / 100;

	(void)n_of;
	(void)arguments;
	return 1000 * e_pa / (461.52 * (of[0] + 273.15));
}

#define STEAM "NIST/ASME Steam Properties, saturation by temperature"

/* 0.6117, 0.873, 1.228, 2.339, 3.170, 4.247, 7.385 kPa at 0.01, 5, 10, 20, 25, 30, 40 °C. */
static const struct derived_vector DEW_POINT_VECTORS[] = {
	{STEAM, (const double[]){25, 100 * 1.228 / 3.170}, 2, NULL, 10, 0.03},
	{STEAM, (const double[]){30, 100 * 2.339 / 4.247}, 2, NULL, 20, 0.03},
	{STEAM, (const double[]){40, 100 * 0.873 / 7.385}, 2, NULL, 5, 0.05},
	{STEAM, (const double[]){20, 100 * 0.6117 / 2.339}, 2, NULL, 0.01, 0.05},
	{"saturated", (const double[]){-12.5, 100}, 2, NULL, -12.5, 1e-9},
};

/* 106.30, 57.757, 32.878, 19.515 m³/kg at 10, 20, 30, 40 °C. */
static const struct derived_vector ABSOLUTE_HUMIDITY_VECTORS[] = {
	{STEAM, (const double[]){10, 100}, 2, NULL, 1000 / 106.30, 0.05},
	{STEAM, (const double[]){20, 100}, 2, NULL, 1000 / 57.757, 0.1},
	{STEAM, (const double[]){30, 50}, 2, NULL, 0.5 * 1000 / 32.878, 0.09},
	{STEAM, (const double[]){40, 100}, 2, NULL, 1000 / 19.515, 0.3},
	{"dry air", (const double[]){20, 0}, 2, NULL, 0, 0},
};

const struct derived derived_dew_point = {
	.name = "dew_point",
	.unit = "°C",
	.quantity = "temperature",
	.sources = DEW_POINT_SOURCES,
	.n_sources = 2,
	.work_out = dew_point,
	.vectors = DEW_POINT_VECTORS,
	.n_vectors = sizeof(DEW_POINT_VECTORS) / sizeof(DEW_POINT_VECTORS[0]),
};

const struct derived derived_absolute_humidity = {
	.name = "absolute_humidity",
	.unit = "g/m³",
	.quantity = "absolute_humidity",
	.sources = SOURCES,
	.n_sources = 2,
	.work_out = absolute_humidity,
	.vectors = ABSOLUTE_HUMIDITY_VECTORS,
	.n_vectors = sizeof(ABSOLUTE_HUMIDITY_VECTORS) / sizeof(ABSOLUTE_HUMIDITY_VECTORS[0]),
};
