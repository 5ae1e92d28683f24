/* SPDX-License-Identifier: MIT */
/* Tests only for the ADS1115 and ADS1015. The rest is in test_drivers.c. */
#include "drivers/rig.h"

#include <errno.h>

enum { REG_CONFIG = 1 };

static const double RANGE_6V[] = {6.144, 128};
static const double SLOWEST[] = {4.096, 8};

static int setup(void **state)
{
	*state = (void *)(uintptr_t)driver_find("ads1115");
	return rig_setup(state);
}

/* Somebody else on the bus writes the Config register. */
static void write_config_from_elsewhere(struct rig *rig, uint16_t config)
{
	const uint8_t bytes[] = {REG_CONFIG, (uint8_t)(config >> 8), (uint8_t)config};

	assert_int_equal(i2c_write(rig->chip->i2c, rig->chip->address, bytes, sizeof(bytes)), 0);
}

/*
 * The race of the multiplexer: the conversion of one channel is still running, because nobody
 * waited for it, when the next one is asked for. The part takes over the new multiplexer, but not
 * the new conversion.
 */
static void an_abandoned_conversion_is_not_the_next_channels(void **state)
{
	struct rig *rig = *state;
	double values[DRIVER_CHANNELS_MAX];
	uint32_t wait_us;

	rig_show(rig, 0, 3.0);
	rig_show(rig, 1, 1.0);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, 0, &wait_us), 0);
	rig->now_us += wait_us / 2;
	assert_int_equal(rig_measure(rig, 1, values), 0);
	assert_near(values[1], 1.0, 0.000125);
}

/* At the slowest rate the old and the new conversion together still end before the deadline. */
static void an_abandoned_slow_conversion_meets_the_deadline(void **state)
{
	struct rig *rig = *state;
	double values[DRIVER_CHANNELS_MAX];
	uint32_t wait_us;

	rig_open(rig, SLOWEST);
	rig_show(rig, 3, 2.0);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, 0, &wait_us), 0);
	assert_int_equal(rig_measure(rig, 3, values), 0);
	assert_near(values[3], 2.0, 0.000125);
}

/* Left by the process before this one: AIN0 at 8 samples a second. */
static void a_conversion_left_running_is_not_ours(void **state)
{
	struct rig *rig = *state;
	double values[DRIVER_CHANNELS_MAX];

	rig_show(rig, 0, 3.0);
	rig_show(rig, 1, 1.0);
	write_config_from_elsewhere(rig, 0xC303);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(rig_measure(rig, 1, values), 0);
	assert_near(values[1], 1.0, 0.000125);
}

static void another_multiplexer_in_the_config_is_no_measurement(void **state)
{
	struct rig *rig = *state;
	double values[DRIVER_CHANNELS_MAX];
	uint32_t wait_us;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, 0, &wait_us), 0);
	write_config_from_elsewhere(rig, 0xD387); /* AIN1, all else as it was */
	rig->now_us += wait_us;
	assert_int_equal(chip_collect(rig->chip, 0, values), -EBADMSG);
	assert_int_equal(rig_measure(rig, 0, values), 0);
}

static void another_channel_than_started_is_no_measurement(void **state)
{
	struct rig *rig = *state;
	double values[DRIVER_CHANNELS_MAX];
	uint32_t wait_us;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, 0, &wait_us), 0);
	rig->now_us += wait_us;
	assert_int_equal(chip_collect(rig->chip, 1, values), -EBADMSG);
}

/* Channel "0-1" at 2.048 V and 128 samples a second is what the part does after a reset anyway. */
static void a_dip_of_the_supply_is_no_measurement(void **state)
{
	static const double AS_AFTER_RESET[] = {2.048, 128};
	struct rig *rig = *state;
	int channel = driver_channel_find(rig->driver, "0-1");
	double values[DRIVER_CHANNELS_MAX];
	uint32_t wait_us;

	rig_open(rig, AS_AFTER_RESET);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, (unsigned)channel, &wait_us), 0);
	rig_fault(rig, SIM_FAULT_NO_ANSWER);
	rig_fault(rig, SIM_FAULT_NONE);
	rig->now_us += wait_us;
	assert_int_equal(chip_collect(rig->chip, (unsigned)channel, values), -EBADMSG);
}

static void an_input_beyond_the_range_is_no_value(void **state)
{
	struct rig *rig = *state;
	double values[DRIVER_CHANNELS_MAX];

	rig_show(rig, 0, 5.0);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(rig_measure(rig, 0, values), -ERANGE);

	rig_open(rig, RANGE_6V);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(rig_measure(rig, 0, values), 0);
	assert_near(values[0], 5.0, 0.0001875);
}

/* 1/DR with a rate that is 10 % too low, and 25 us. */
static void it_waits_for_the_slowest_oscillator(void **state)
{
	struct rig *rig = *state;
	uint32_t wait_us;

	rig_open(rig, SLOWEST);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, 0, &wait_us), 0);
	assert_int_equal(wait_us, 138889 + 25);
}

/* A conversion at the right rate takes 1/DR and 25 us: not there a moment before, there then. */
static void too_early_is_busy(void **state)
{
	struct rig *rig = *state;
	double values[DRIVER_CHANNELS_MAX];
	uint32_t wait_us;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, 0, &wait_us), 0);
	rig->now_us += 7812 + 24;
	assert_int_equal(chip_collect(rig->chip, 0, values), -EAGAIN);
	rig->now_us += 1;
	assert_int_equal(chip_collect(rig->chip, 0, values), 0);
}

static int all_ones(
	struct i2c_bus *bus, uint16_t address, struct i2c_message *messages, size_t count)
{
	(void)bus;
	(void)address;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; messages[i].read && j < messages[i].size; j++)
			messages[i].data[j] = 0xFF;
	}
	return 0;
}

static void a_part_without_such_a_register_is_refused(void **state)
{
	static const struct i2c_ops OPS = {.transfer = all_ones};
	struct rig *rig = *state;
	struct i2c_bus bus = {.ops = &OPS}, *before = rig->chip->i2c;
	uint32_t wait_us;

	rig->chip->i2c = &bus;
	int r = chip_configure(rig->chip, &wait_us);

	rig->chip->i2c = before;
	assert_int_equal(r, -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			an_abandoned_conversion_is_not_the_next_channels, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			an_abandoned_slow_conversion_meets_the_deadline, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_conversion_left_running_is_not_ours, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			another_multiplexer_in_the_config_is_no_measurement, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			another_channel_than_started_is_no_measurement, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_dip_of_the_supply_is_no_measurement, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			an_input_beyond_the_range_is_no_value, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			it_waits_for_the_slowest_oscillator, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(too_early_is_busy, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_part_without_such_a_register_is_refused, setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
