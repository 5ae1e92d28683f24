/* SPDX-License-Identifier: MIT */
/* A part with a channel that counts events. */
#include "checks.h"

#include <errno.h>

enum { SETTLE_US = 2000000 }; /* until what was shown has happened */

static bool counts(const struct driver *driver)
{
	return driver_is_counter(driver);
}

static unsigned channel_of(const struct driver *driver)
{
	return (unsigned)__builtin_ctzll(driver->counts);
}

static void assert_count(struct rig *rig, double want)
{
	double values[DRIVER_CHANNELS_MAX];

	assert_int_equal(rig_measure(rig, channel_of(rig->driver), values), 0);
	assert_near(values[channel_of(rig->driver)], want, 0);
}

/* Shows it, and gives it the time to happen. */
static void show(struct rig *rig, double value)
{
	rig_show(rig, channel_of(rig->driver), value);
	rig->now_us += SETTLE_US;
}

static void it_counts_what_happens(void **state)
{
	static const double SHOWN[] = {1, 2, 5, 5, 6, 100, 101};
	struct rig *rig = *state;

	assert_int_equal(rig_configure(rig), 0);
	assert_count(rig, 0);
	for (size_t i = 0; i < sizeof(SHOWN) / sizeof(*SHOWN); i++) {
		show(rig, SHOWN[i]);
		assert_count(rig, SHOWN[i]);
	}
}

/* A counter that can count backwards does so. */
static void it_counts_back(void **state)
{
	struct rig *rig = *state;
	double min = rig->driver->channels[channel_of(rig->driver)].min;

	assert_int_equal(rig_configure(rig), 0);
	show(rig, 3);
	assert_count(rig, 3);
	show(rig, -2);
	assert_count(rig, min < 0 ? -2 : 3);
}

/* As after a fault, after which the part is configured anew. */
static void a_count_outlives_what_the_driver_knows(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rig_configure(rig), 0);
	show(rig, 7);
	assert_count(rig, 7);
	assert_int_equal(rig_configure(rig), 0);
	assert_count(rig, 7);
	show(rig, 9);
	assert_count(rig, 9);
}

/* Opened with the count of an earlier process, or set to another one. */
static void a_count_goes_on_from_what_it_is_set_to(void **state)
{
	struct rig *rig = *state;
	double max = rig->driver->channels[channel_of(rig->driver)].max;
	double values[DRIVER_CHANNELS_MAX];

	assert_int_equal(rig_configure(rig), 0);
	rig->chip->count = 1000;
	assert_count(rig, 1000);
	show(rig, 1);
	assert_count(rig, 1001);
	rig->chip->count = (int64_t)max - 1;
	show(rig, 2);
	assert_count(rig, max);
	show(rig, 3);
	assert_int_equal(rig_measure(rig, channel_of(rig->driver), values), -ERANGE);
}

/* No range can be walked for it, so that its vectors must say what it is. */
static void what_paces_has_vectors(void **state)
{
	const struct driver *driver = ((struct rig *)*state)->driver;

	for (unsigned channel = 0; channel < driver->n_channels && channel < 64; channel++) {
		unsigned n = 0;

		if (!((driver->counts | driver->paced) >> channel & 1))
			continue;
		for (size_t i = 0; i < driver->n_vectors; i++)
			n += driver->vectors[i].channel == channel;
		assert_true(n >= 2);
	}
}

const struct driver_check CHECKS_COUNTS[] = {
	{"counts what happens", counts, it_counts_what_happens},
	{"counts back where it can", counts, it_counts_back},
	{"a count outlives what the driver knows", counts, a_count_outlives_what_the_driver_knows},
	{"a count goes on from what it is set to", counts, a_count_goes_on_from_what_it_is_set_to},
	{"what paces has vectors", is_sensor, what_paces_has_vectors},
	{NULL, NULL, NULL},
};
