/* SPDX-License-Identifier: MIT */
/*
 * From the samples of a channel to the value of a sensor, in the order that config.h gives:
 * samples (average, median or peak to peak), calibrate, scale and offset, min and max, ema. No
 * clock and no I/O; each struct belongs to one thread.
 */
#pragma once

#include "config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The samples that make one value. */
struct samples {
	enum { SAMPLES_AVERAGE, SAMPLES_MEDIAN, SAMPLES_PEAK_TO_PEAK } kind;
	size_t wanted, count;
	double sum, min, max;
	double *kept;       /* median: room for those wanted, owned */
	uint64_t window_us; /* peak to peak */
	uint64_t end_us;    /* peak to peak: of the window */
};

/* As the sensor asks. 0 or -ENOMEM. */
int samples_init(struct samples *samples, const struct config_sensor *sensor);
void samples_fini(struct samples *samples);

/* For another value: forgets all samples. The window begins now. */
void samples_begin(struct samples *samples, uint64_t now_us);
void samples_add(struct samples *samples, double value);
bool samples_enough(const struct samples *samples, uint64_t now_us);

/* The average, the median, or max - min of what was added: at least one sample. */
double samples_result(struct samples *samples);

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
