/* SPDX-License-Identifier: MIT */
/*
 * From the samples' result to the value of a sensor, in the order given by config.h: calibrate,
 * scale and offset, min and max, ema. No clock and no I/O; each struct belongs to one thread.
 */
#pragma once

#include "config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Piecewise linear; beyond the ends the first and the last piece continue. At least two points,
 * rising in raw. */
double filter_calibrate(const struct config_point *points, size_t n_points, double raw);

/* Applies calibrate, scale and offset. */
double filter_convert(const struct config_sensor *sensor, double measured);

/* True if value is within min and max. False for NaN. */
bool filter_is_plausible(const struct config_sensor *sensor, double value);

/* The state for one sensor. All zero: no value yet. */
struct filter {
	bool begun;
	double smooth;
};

/* Applies ema: the first value is taken as it is. */
double filter_smooth(struct filter *filter, double weight, double value);
