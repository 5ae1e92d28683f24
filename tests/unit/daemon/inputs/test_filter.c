/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include "sampling.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct config_sensor PLAIN = {
	.sampling = &sampling_average,
	.sampling_size = 1,
	.ema = 1,
	.scale = 1,
	.min = -(double)INFINITY,
	.max = (double)INFINITY,
};

static void assert_near(double got, double wanted)
{
	if (!(fabs(got - wanted) <= 1e-12))
		fail_msg("%.17g is not %.17g", got, wanted);
}

/* Adds until it is enough; a sample each 10 us from 0 on. */
static double result_of(const struct config_sensor *sensor, const double *values, size_t n_values,
	size_t *ret_taken)
{
	struct samples samples;
	double result;
	size_t i = 0;

	assert_int_equal(samples_init(&samples, sensor->sampling, sensor->sampling_size), 0);
	samples_begin(&samples, 0);
	while (i < n_values && !samples_enough(&samples, 10 * i))
		samples_add(&samples, values[i++]);
	assert_true(samples_enough(&samples, 10 * i));
	result = samples_result(&samples);
	samples_fini(&samples);
	*ret_taken = i;
	return result;
}

static void one_sample_is_the_value(void **state)
{
	const double values[] = {23.5};
	size_t taken;

	(void)state;
	assert_near(result_of(&PLAIN, values, COUNT(values), &taken), 23.5);
	assert_int_equal(taken, 1);
}

static void an_average_is_of_as_many_samples_as_asked(void **state)
{
	const double values[] = {1, 2, 3, 10, 99};
	struct config_sensor sensor = PLAIN;
	size_t taken;

	(void)state;
	sensor.sampling = sampling_find("average");
	sensor.sampling_size = 4;
	assert_near(result_of(&sensor, values, COUNT(values), &taken), 4);
	assert_int_equal(taken, 4);
}

static void a_median_ignores_a_spike(void **state)
{
	const double values[] = {5, 1000, -3, 4, 6};
	struct config_sensor sensor = PLAIN;
	size_t taken;

	(void)state;
	sensor.sampling = sampling_find("median");
	sensor.sampling_size = 5;
	assert_near(result_of(&sensor, values, COUNT(values), &taken), 5);
	assert_int_equal(taken, 5);
}

static void peak_to_peak_is_of_the_whole_window(void **state)
{
	const double values[] = {5, 7, -2, 3, 4, 1, 100};
	struct config_sensor sensor = PLAIN;
	size_t taken;

	(void)state;
	sensor.sampling = sampling_find("peak_to_peak");
	sensor.sampling_size = 60;
	assert_near(result_of(&sensor, values, COUNT(values), &taken), 9);
	assert_int_equal(taken, 6);
}

static void one_sample_has_no_peaks(void **state)
{
	const double values[] = {5, 8};
	struct config_sensor sensor = PLAIN;
	size_t taken;

	(void)state;
	sensor.sampling = sampling_find("peak_to_peak");
	sensor.sampling_size = 1;
	assert_near(result_of(&sensor, values, COUNT(values), &taken), 3);
	assert_int_equal(taken, 2);
}

static void samples_begin_anew(void **state)
{
	struct config_sensor sensor = PLAIN;
	struct samples samples;

	(void)state;
	sensor.sampling = sampling_find("peak_to_peak");
	sensor.sampling_size = 100;
	assert_int_equal(samples_init(&samples, sensor.sampling, sensor.sampling_size), 0);
	samples_begin(&samples, 1000);
	samples_add(&samples, -50);
	samples_add(&samples, 50);
	assert_false(samples_enough(&samples, 1099));
	assert_true(samples_enough(&samples, 1100));
	samples_begin(&samples, 2000);
	samples_add(&samples, 1);
	samples_add(&samples, 2);
	assert_false(samples_enough(&samples, 2099));
	assert_true(samples_enough(&samples, 2100));
	assert_near(samples_result(&samples), 1);
	samples_fini(&samples);
}

static void calibration_is_linear_between_points_and_beyond(void **state)
{
	static const struct config_point POINTS[] = {{0, 10}, {100, 20}, {300, 120}};
	static const double ROWS[][2] = {
		{0, 10}, {50, 15}, {100, 20}, {200, 70}, {300, 120}, {-10, 9}, {400, 170}};

	(void)state;
	for (size_t i = 0; i < COUNT(ROWS); i++)
		assert_near(filter_calibrate(POINTS, COUNT(POINTS), ROWS[i][0]), ROWS[i][1]);
	assert_near(filter_calibrate(POINTS, 2, 300), 40);
}

static void calibration_comes_before_scale_and_offset(void **state)
{
	static struct config_point points[] = {{0, 10}, {100, 20}};
	struct config_sensor sensor = PLAIN;

	(void)state;
	assert_near(filter_convert(&sensor, 50), 50);
	sensor.scale = 2;
	sensor.offset = -1;
	assert_near(filter_convert(&sensor, 50), 99);
	sensor.calibrate = points;
	sensor.n_calibrate = COUNT(points);
	assert_near(filter_convert(&sensor, 50), 29);
}

static void the_limits_themselves_are_plausible(void **state)
{
	struct config_sensor sensor = PLAIN;

	(void)state;
	assert_true(filter_is_plausible(&sensor, -1e300));
	assert_false(filter_is_plausible(&sensor, (double)NAN));
	assert_false(filter_is_plausible(&sensor, (double)INFINITY));
	sensor.min = 0;
	sensor.max = 4000;
	assert_true(filter_is_plausible(&sensor, 0));
	assert_true(filter_is_plausible(&sensor, 4000));
	assert_false(filter_is_plausible(&sensor, -0.001));
	assert_false(filter_is_plausible(&sensor, 4000.001));
}

static void smoothing_begins_with_the_first_value(void **state)
{
	struct filter filter = {0};

	(void)state;
	assert_near(filter_smooth(&filter, 0.25, 100), 100);
	assert_near(filter_smooth(&filter, 0.25, 200), 125);
	assert_near(filter_smooth(&filter, 0.25, 125), 125);
	assert_near(filter_smooth(&filter, 1, 7), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_sample_is_the_value),
		cmocka_unit_test(an_average_is_of_as_many_samples_as_asked),
		cmocka_unit_test(a_median_ignores_a_spike),
		cmocka_unit_test(peak_to_peak_is_of_the_whole_window),
		cmocka_unit_test(one_sample_has_no_peaks),
		cmocka_unit_test(samples_begin_anew),
		cmocka_unit_test(calibration_is_linear_between_points_and_beyond),
		cmocka_unit_test(calibration_comes_before_scale_and_offset),
		cmocka_unit_test(the_limits_themselves_are_plausible),
		cmocka_unit_test(smoothing_begins_with_the_first_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
