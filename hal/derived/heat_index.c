/* SPDX-License-Identifier: MIT */
/*
 * The heat index of the US National Weather Service: how hot it feels, from temperature and
 * relative humidity.
 *
 * Weather Prediction Center, "The Heat Index Equation": the regression of L. P. Rothfusz (NWS
 * Technical Attachment SR 90-23, 1990) with its two adjustments, and below 80 °F a simpler formula
 * whose result is averaged with the temperature. It applies to shade and light wind, and has an
 * error of 1.3 °F. In conditions hotter and more humid than Steadman's data its result is too high.
 * At 40 °F and below it is the temperature itself, as in the NWS's own calculator.
 *
 * The vectors come from the NWS's heat index chart, which is rounded to whole degrees, and from the
 * formula itself beyond the chart.
 */
#include "derived.h"

#include <math.h>

static const struct derived_source SOURCES[] = {
	{"a temperature in °C", -45, 60},
	{"a relative humidity in %", 0, 100},
};

#define C(f) (((double)(f)-32) / 1.8)

/* t in °F, rh in %. */
static double rothfusz(double t, double rh)
{
	return -42.379 + 2.04901523 * t + 10.14333127 * rh - 0.22475541 * t * rh -
		0.00683783 * t * t - 0.05481717 * rh * rh + 0.00122874 * t * t * rh +
		0.00085282 * t * rh * rh - 0.00000199 * t * t * rh * rh;
}

static double adjustment(double t, double rh)
{
	if (rh < 13 && t >= 80 && t <= 112)
		return -(13 - rh) / 4 * sqrt((17 - fabs(t - 95)) / 17);
	if (rh > 85 && t >= 80 && t <= 87)
		return (rh - 85) / 10 * ((87 - t) / 5);
	return 0;
}

static double heat_index(const double *of, size_t n_of, const double *arguments)
{
	double t = of[0] * 1.8 + 32, rh = of[1];
	double simple = 0.5 * (t + 61 + (t - 68) * 1.2 + rh * 0.094);

	(void)n_of;
	(void)arguments;
	if (t <= 40)
		return of[0];
	if ((simple + t) / 2 < 80)
		return C((simple + t) / 2);
	return C(rothfusz(t, rh) + adjustment(t, rh));
}

#define CHART   "NWS heat index chart"
#define HALF_F  (0.5 / 1.8 + 1e-9)
#define FORMULA "by hand, of the WPC's formula"

static const struct derived_vector VECTORS[] = {
	{CHART, (const double[]){C(80), 40}, 2, NULL, C(80), HALF_F},
	{CHART, (const double[]){C(90), 50}, 2, NULL, C(95), HALF_F},
	{CHART, (const double[]){C(90), 90}, 2, NULL, C(122), HALF_F},
	{CHART, (const double[]){C(100), 40}, 2, NULL, C(109), HALF_F},
	{CHART, (const double[]){C(100), 50}, 2, NULL, C(118), HALF_F},
	{CHART, (const double[]){C(88), 75}, 2, NULL, C(103), HALF_F},
	{CHART, (const double[]){C(110), 40}, 2, NULL, C(136), HALF_F},
	/* 0.5 (70 + 61 + 2.4 + 4.7) = 69.05, and with 70 averaged 69.525. */
	{FORMULA, (const double[]){C(70), 50}, 2, NULL, C(69.525), 1e-9},
	/* -42.379 + 194.6564 + 81.1466 - 170.8141 - 61.7114 - 3.5083 + 88.7151 + 5.1851 - 1.1494
	 * = 90.1410, less (13 - 8) / 4. */
	{FORMULA, (const double[]){C(95), 8}, 2, NULL, C(88.891), 0.001},
	{FORMULA, (const double[]){C(40), 100}, 2, NULL, C(40), 1e-9},
};

const struct derived derived_heat_index = {
	.name = "heat_index",
	.unit = "°C",
	.quantity = "temperature",
	.sources = SOURCES,
	.n_sources = 2,
	.work_out = heat_index,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(VECTORS[0]),
};
