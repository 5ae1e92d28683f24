/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int samples_init(struct samples *samples, const struct config_sensor *sensor)
{
	*samples = (struct samples){.kind = SAMPLES_AVERAGE, .wanted = sensor->average};
	if (sensor->peak_to_peak_us > 0) {
		samples->kind = SAMPLES_PEAK_TO_PEAK;
		samples->wanted = 2; /* at least: one alone has no peaks */
		samples->window_us = sensor->peak_to_peak_us;
	} else if (sensor->median > 1) {
		samples->kind = SAMPLES_MEDIAN;
		samples->wanted = sensor->median;
		samples->kept = calloc(sensor->median, sizeof(*samples->kept));
		if (!samples->kept)
			return -ENOMEM;
	}
	return 0;
}

void samples_fini(struct samples *samples)
{
	free(samples->kept);
	samples->kept = NULL;
}

void samples_begin(struct samples *samples, uint64_t now_us)
{
	samples->count = 0;
	samples->sum = 0;
	samples->end_us = now_us + samples->window_us;
}

void samples_add(struct samples *samples, double value)
{
	if (samples->count == 0 || value < samples->min)
		samples->min = value;
	if (samples->count == 0 || value > samples->max)
		samples->max = value;
	samples->sum += value;
	if (samples->kept)
		samples->kept[samples->count] = value;
	samples->count++;
}

bool samples_enough(const struct samples *samples, uint64_t now_us)
{
	if (samples->count < samples->wanted)
		return false;
	return samples->kind != SAMPLES_PEAK_TO_PEAK || now_us >= samples->end_us;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double samples_result(struct samples *samples)
{
	switch (samples->kind) {
	case SAMPLES_PEAK_TO_PEAK:
		return samples->max - samples->min;
	case SAMPLES_MEDIAN:
		qsort(samples->kept, samples->count, sizeof(*samples->kept), compare);
		return samples->kept[samples->count / 2];
	case SAMPLES_AVERAGE:
	default:
		return samples->sum / (double)samples->count;
	}
}

double filter_calibrate(const struct config_point *points, size_t n_points, double raw)
{
	const struct config_point *a, *b;
	size_t i = 1;

	while (i < n_points - 1 && raw > points[i].raw)
		i++;
	a = &points[i - 1];
	b = &points[i];
	return a->value + (raw - a->raw) * (b->value - a->value) / (b->raw - a->raw);
}

double filter_convert(const struct config_sensor *sensor, double measured)
{
	if (sensor->calibrate)
		measured = filter_calibrate(sensor->calibrate, sensor->n_calibrate, measured);
	return measured * sensor->scale + sensor->offset;
}

bool filter_is_plausible(const struct config_sensor *sensor, double value)
{
	return isfinite(value) && value >= sensor->min && value <= sensor->max;
}

double filter_smooth(struct filter *filter, double weight, double value)
{
	if (filter->begun)
		filter->smooth += weight * (value - filter->smooth);
	else
		filter->smooth = value;
	filter->begun = true;
	return filter->smooth;
}
