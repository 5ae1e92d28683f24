/* SPDX-License-Identifier: MIT */
/* A sensor on a healthy wire. */
#include "checks.h"

#include <errno.h>
#include <string.h>

enum { POINTS = 257 }; /* of a range; a prime, so that they fall between the steps too */

static void assert_channel_near(
	const struct driver *driver, unsigned channel, double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		fail_msg("%s.%s: %.9g instead of %.9g +- %.9g", driver->name,
			driver->channels[channel].name, got, want, tolerance);
}

static void assert_measures(struct rig *rig, unsigned channel, double want, double tolerance)
{
	double values[DRIVER_CHANNELS_MAX];
	int r = rig_measure(rig, channel, values);

	if (r < 0)
		fail_msg("%s.%s at %.9g: %s", rig->driver->name,
			rig->driver->channels[channel].name, want, strerror(-r));
	assert_channel_near(rig->driver, channel, values[channel], want, tolerance);
}

static void it_reproduces_its_vectors(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;

	for (size_t i = 0; i < driver->n_vectors; i++) {
		const struct driver_vector *vector = driver->vectors + i;

		rig_open(rig, vector->params);
		assert_int_equal(
			sim_load_part(rig->board, RIG_PART, vector->raw, vector->raw_bytes), 0);
		assert_int_equal(rig_configure(rig), 0);
		if (vector->events)
			continue;
		rig->now_us += vector->after_us;
		assert_measures(rig, vector->channel, vector->value, vector->tolerance);
	}
}

/* Returns whether a value does not depend on earlier ones. */
static bool is_level(const struct driver *driver, unsigned channel)
{
	return channel >= 64 || !((driver->counts | driver->paced) >> channel & 1);
}

static void it_measures_its_whole_range(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;

	assert_int_equal(rig_configure(rig), 0);
	for (unsigned i = 0; i < driver->n_channels; i++) {
		const struct driver_channel *channel = driver->channels + i;
		double min, max;

		if (!is_level(driver, i))
			continue;
		rig_range(rig, i, &min, &max);
		/* There and back, so that a value that sticks is noticed in both directions. */
		for (int point = -POINTS; point <= POINTS; point++) {
			double value = max - (max - min) * fabs(point / (double)POINTS);

			rig_show(rig, i, value);
			assert_measures(rig, i, value, channel->step);
		}
		rig_show(rig, i, channel->typical);
	}
}

static void its_channels_do_not_mix(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;
	double shown[DRIVER_CHANNELS_MAX];

	assert_int_equal(rig_configure(rig), 0);
	for (unsigned i = 0; i < driver->n_channels; i++) {
		double min, max;

		if (!is_level(driver, i))
			continue;
		/* Each somewhere else within its range. */
		rig_range(rig, i, &min, &max);
		shown[i] = min + (max - min) * (i + 1) / ((double)driver->n_channels + 1);
		rig_show(rig, i, shown[i]);
	}
	for (unsigned i = 0; i < driver->n_channels; i++) {
		if (is_level(driver, i))
			assert_measures(rig, i, shown[i], driver->channels[i].step);
	}
}

static void it_collects_what_it_says_and_nothing_else(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;

	assert_int_equal(rig_configure(rig), 0);
	for (unsigned i = 0; i < driver->n_channels; i++) {
		double values[DRIVER_CHANNELS_MAX];

		for (unsigned j = 0; j < DRIVER_CHANNELS_MAX; j++)
			values[j] = -12345;
		assert_int_equal(rig_measure(rig, i, values), 0);
		for (unsigned j = 0; j < DRIVER_CHANNELS_MAX; j++) {
			bool measured = driver->channels_together ? j < driver->n_channels : j == i;

			assert_true(measured == (values[j] > -12345 || values[j] < -12345));
		}
	}
}

static void assert_works_with(struct rig *rig, const double *params)
{
	const struct driver *driver = rig->driver;

	if (driver->check && driver->check(params))
		return; /* a combination that the map cannot have */
	rig_open(rig, params);
	assert_int_equal(rig_configure(rig), 0);
	for (unsigned i = 0; i < driver->n_channels; i++) {
		double values[DRIVER_CHANNELS_MAX];

		assert_int_equal(rig_measure(rig, i, values), 0);
	}
}

static void it_works_at_the_limits_of_its_parameters(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;
	double params[32];

	assert_true(driver->n_params <= 32);
	for (size_t i = 0; i < driver->n_params; i++)
		params[i] = driver->params[i].default_value;
	for (size_t i = 0; i < driver->n_params; i++) {
		const struct driver_param *param = driver->params + i;

		for (size_t j = 0; j < param->n_choices; j++) {
			params[i] = param->choices[j];
			assert_works_with(rig, params);
		}
		if (param->n_choices == 0) {
			params[i] = param->min;
			assert_works_with(rig, params);
			params[i] = param->max;
			assert_works_with(rig, params);
		}
		params[i] = param->default_value;
	}
}

static void it_has_no_channel_past_the_last(void **state)
{
	struct rig *rig = *state;
	unsigned beyond = (unsigned)rig->driver->n_channels;
	double values[DRIVER_CHANNELS_MAX];
	uint32_t wait_us;

	assert_int_equal(chip_start(rig->chip, beyond, &wait_us), -ENOENT);
	assert_int_equal(chip_collect(rig->chip, beyond, values), -ENOENT);
}

const struct driver_check CHECKS_SENSOR[] = {
	{"reproduces its vectors", is_sensor, it_reproduces_its_vectors},
	{"measures its whole range", is_sensor, it_measures_its_whole_range},
	{"channels do not mix", is_sensor, its_channels_do_not_mix},
	{"collects what it says and nothing else", is_sensor,
		it_collects_what_it_says_and_nothing_else},
	{"works at the limits of its parameters", is_sensor,
		it_works_at_the_limits_of_its_parameters},
	{"has no channel past the last", is_sensor, it_has_no_channel_past_the_last},
	{NULL, NULL, NULL},
};
