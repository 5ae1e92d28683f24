/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <math.h>

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
