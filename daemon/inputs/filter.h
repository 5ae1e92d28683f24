/* SPDX-License-Identifier: MIT */
/*
 * From what the samples of a channel make to the value of a sensor, in the order that config.h
 * gives: calibrate, scale and offset, min and max, ema. No clock and no I/O; each struct belongs to
 * one thread.
 */
#pragma once

#include "config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Piecewise linear; the first and the last piece go on at the ends. At least two points, rising in
 * raw. */
double filter_calibrate(const struct config_point *points, size_t n_points, double raw);

/* calibrate, scale and offset. */
double filter_convert(const struct config_sensor *sensor, double measured);

/* Within min and max. Not so for what is no number. */
bool filter_is_plausible(const struct config_sensor *sensor, double value);

/* Of one sensor. All zero: no value yet. */
struct filter {
	bool begun;
	double smooth;
};

/* ema: the first value is taken as it is. */
double filter_smooth(struct filter *filter, double weight, double value);
