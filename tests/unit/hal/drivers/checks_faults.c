/* SPDX-License-Identifier: MIT */
/* A part on a bad wire: no wrong value may pass for a right one. */
#include "checks.h"

#include <errno.h>
#include <string.h>

static const double UNTOUCHED = -12345;

static bool can_be_busy(const struct driver *driver)
{
	return is_sensor(driver) && driver->model->set_busy;
}

/* Uses the part as its kind is used: measures the channel, or sets it to half. */
static int use(struct rig *rig, unsigned channel, double *ret_values)
{
	const struct driver *driver = rig->driver;

	if (is_pwm(driver))
		return driver->set_duty(rig->chip, channel, driver->pwm_steps / 2);
	return rig_measure(rig, channel, ret_values);
}

/* One with events alone has a channel all the same, see chip.h. */
static unsigned n_channels(const struct driver *driver)
{
	if (!is_pwm(driver) && !is_sensor(driver))
		return 1;
	return is_pwm(driver) ? driver->n_pwm : (unsigned)driver->n_channels;
}

/* Every channel fails with one of two errors, and without a value. */
static void assert_use_fails(struct rig *rig, int error, int other_error)
{
	for (unsigned i = 0; i < n_channels(rig->driver); i++) {
		double values[DRIVER_CHANNELS_MAX] = {0};
		int r;

		for (unsigned j = 0; j < DRIVER_CHANNELS_MAX; j++)
			values[j] = UNTOUCHED;
		r = use(rig, i, values);
		if (r != error && r != other_error)
			fail_msg("channel %u: %d instead of %d or %d", i, r, error, other_error);
		for (unsigned j = 0; j < DRIVER_CHANNELS_MAX; j++)
			assert_near(values[j], UNTOUCHED, 0);
	}
}

static void assert_use_works(struct rig *rig)
{
	assert_int_equal(rig_configure(rig), 0);
	for (unsigned i = 0; i < n_channels(rig->driver); i++) {
		double values[DRIVER_CHANNELS_MAX] = {0};

		assert_int_equal(use(rig, i, values), 0);
	}
}

/*
 * SPI parts have no acknowledge and mostly nothing to configure, and with the kernel's devices only
 * its driver meets the part, so that these are noticed only when they are measured. On SPI, all
 * ones are no answer.
 */
static void a_missing_part_is_noticed(void **state)
{
	struct rig *rig = *state;
	enum driver_bus bus = rig->driver->bus;

	assert_int_equal(rig_configure(rig), 0);
	rig_fault(rig, SIM_FAULT_NO_ANSWER);
	assert_use_fails(rig, -ENXIO, bus == DRIVER_BUS_SPI ? -EBADMSG : -ENXIO);
	if (bus == DRIVER_BUS_I2C)
		assert_int_equal(rig_configure(rig), -ENXIO);
}

static void a_short_transfer_is_an_error(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rig_configure(rig), 0);
	rig_fault(rig, SIM_FAULT_SHORT);
	assert_use_fails(rig, -EIO, -EIO);
	rig_fault(rig, SIM_FAULT_NONE);
	assert_use_works(rig);
}

static void a_stuck_bus_is_an_error(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rig_configure(rig), 0);
	rig_fault(rig, SIM_FAULT_STUCK);
	assert_use_fails(rig, -ETIMEDOUT, -ETIMEDOUT);
	rig_fault(rig, SIM_FAULT_NONE);
	assert_use_works(rig);
}

static bool is_on_i2c(const struct driver *driver)
{
	return driver->bus == DRIVER_BUS_I2C;
}

/* A data line that is held low, as a Raspberry Pi 1-4 sees it: all is acknowledged, and all that is
 * read is zero. */
static void zeros_from_every_address_are_not_believed(void **state)
{
	struct rig *rig = *state;

	rig_fault(rig, SIM_FAULT_HELD_SDA);
	assert_true(rig_configure(rig) < 0);
	assert_non_null(strstr(rig->chip->words.text, "SDA is held low"));

	rig_fault(rig, SIM_FAULT_NONE);
	assert_int_equal(rig_configure(rig), 0);
	rig_fault(rig, SIM_FAULT_HELD_SDA);
	for (unsigned i = 0; i < n_channels(rig->driver); i++) {
		double values[DRIVER_CHANNELS_MAX] = {0};

		values[i] = UNTOUCHED;
		assert_true(use(rig, i, values) < 0);
		assert_near(values[i], UNTOUCHED, 0);
	}
	rig_fault(rig, SIM_FAULT_NONE);
	assert_use_works(rig);
}

/* If only this part answers so, the wire is not at fault, and nothing is reported about it. */
static void another_part_is_not_taken_for_a_held_wire(void **state)
{
	struct rig *rig = *state;

	rig_fault(rig, SIM_FAULT_SHORT);
	assert_true(rig_configure(rig) < 0);
	assert_null(strstr(rig->chip->words.text, "SDA"));
	rig_fault(rig, SIM_FAULT_NO_ANSWER);
	assert_true(rig_configure(rig) < 0);
	assert_null(strstr(rig->chip->words.text, "SDA"));
}

static void a_part_that_was_away_works_again(void **state)
{
	struct rig *rig = *state;

	assert_use_works(rig);
	rig_fault(rig, SIM_FAULT_NO_ANSWER);
	(void)rig_configure(rig);
	rig_fault(rig, SIM_FAULT_NONE);
	assert_use_works(rig);
}

static bool is_right(const struct rig *rig, unsigned channel, double value)
{
	if (!is_sensor(rig->driver))
		return true; /* it is there */

	const struct driver_channel *shown = rig->driver->channels + channel;

	return fabs(value - shown->typical) <= shown->step;
}

/* Its supply dipped: it answers as ever, but has forgotten what configure() told it. */
static void a_part_that_forgot_its_settings_gives_no_wrong_value(void **state)
{
	struct rig *rig = *state;

	for (unsigned i = 0; i < n_channels(rig->driver); i++) {
		double values[DRIVER_CHANNELS_MAX] = {0};
		int r;

		assert_int_equal(rig_configure(rig), 0);
		rig_fault(rig, SIM_FAULT_NO_ANSWER);
		rig_fault(rig, SIM_FAULT_NONE);
		r = use(rig, i, values);
		if (is_pwm(rig->driver))
			assert_true(r < 0);
		else
			assert_true(r < 0 || is_right(rig, i, values[i]));
	}
}

static void assert_no_wrong_value(struct rig *rig, unsigned channel, const double *values)
{
	const struct driver *driver = rig->driver;
	unsigned first = driver->channels_together ? 0 : channel;
	unsigned end = driver->channels_together ? (unsigned)driver->n_channels : channel + 1;

	for (unsigned i = first; i < end; i++) {
		if (driver->integrity == DRIVER_INTEGRITY_CRC)
			assert_true(is_right(rig, i, values[i]));
		else
			assert_true(values[i] >= driver->channels[i].min &&
				values[i] <= driver->channels[i].max);
	}
}

/* One measurement for each bit of each transfer, with that bit inverted on its way. */
static void no_inverted_bit_of_a_measurement_passes(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rig_configure(rig), 0);
	for (unsigned channel = 0; channel < rig->driver->n_channels; channel++) {
		size_t transfer = 0, bit = 0, tried = 0;

		for (;;) {
			double values[DRIVER_CHANNELS_MAX] = {0};
			int r;

			rig_tap(rig, transfer, bit);
			r = rig_measure(rig, channel, values);
			if (r == 0)
				assert_no_wrong_value(rig, channel, values);
			if (rig_tap_hit(rig)) {
				bit++;
				tried++;
			} else if (rig_tap_transfers(rig) > transfer) {
				transfer++;
				bit = 0;
			} else {
				break;
			}
		}
		assert_true(tried >= 8);
	}
}

/* The same while it is configured: identity, calibration, and what is read back. */
static void no_inverted_bit_of_the_set_up_passes(void **state)
{
	struct rig *rig = *state;
	size_t transfer = 0, bit = 0;

	for (;;) {
		double values[DRIVER_CHANNELS_MAX] = {0};
		bool hit, more;

		rig_tap(rig, transfer, bit);
		int r = rig_configure(rig);

		hit = rig_tap_hit(rig);
		more = rig_tap_transfers(rig) > transfer;
		rig_tap(rig, SIZE_MAX, 0);
		if (r == 0 && is_sensor(rig->driver) && rig_measure(rig, 0, values) == 0)
			assert_no_wrong_value(rig, 0, values);
		if (hit) {
			bit++;
		} else if (more) {
			transfer++;
			bit = 0;
		} else {
			break;
		}
	}
	assert_use_works(rig);
}

/* The caller keeps the deadline; until then, and past it, the driver says the truth: not yet. */
static void a_part_that_is_busy_for_ever_gives_no_value(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rig_configure(rig), 0);
	rig_fault(rig, SIM_FAULT_BUSY);
	assert_true(rig->driver->deadline_us > 0);
	assert_use_fails(rig, -ETIMEDOUT, -ETIMEDOUT);
	rig_fault(rig, SIM_FAULT_NONE);
	assert_use_works(rig);
}

static void a_random_bit_now_and_then_is_survived(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rig_configure(rig), 0);
	rig_fault(rig, SIM_FAULT_FLIP);
	for (int i = 0; i < 1000; i++) {
		unsigned channel = (unsigned)i % n_channels(rig->driver);
		double values[DRIVER_CHANNELS_MAX] = {0};

		if (use(rig, channel, values) == 0 && is_sensor(rig->driver))
			assert_no_wrong_value(rig, channel, values);
	}
	rig_fault(rig, SIM_FAULT_NONE);
	assert_use_works(rig);
}

const struct driver_check CHECKS_FAULTS[] = {
	{"a missing part is noticed", is_any, a_missing_part_is_noticed},
	{"a short transfer is an error", is_any, a_short_transfer_is_an_error},
	{"a stuck bus is an error", is_any, a_stuck_bus_is_an_error},
	{"zeros from every address are not believed", is_on_i2c,
		zeros_from_every_address_are_not_believed},
	{"another part is not taken for a held wire", is_on_i2c,
		another_part_is_not_taken_for_a_held_wire},
	{"a part that was away works again", is_any, a_part_that_was_away_works_again},
	{"a part that forgot its settings gives no wrong value", is_any,
		a_part_that_forgot_its_settings_gives_no_wrong_value},
	{"no inverted bit of a measurement passes", is_sensor,
		no_inverted_bit_of_a_measurement_passes},
	{"no inverted bit of the set-up passes", is_any, no_inverted_bit_of_the_set_up_passes},
	{"a part that is busy for ever gives no value", can_be_busy,
		a_part_that_is_busy_for_ever_gives_no_value},
	{"a random bit now and then is survived", is_any, a_random_bit_now_and_then_is_survived},
	{NULL, NULL, NULL},
};
