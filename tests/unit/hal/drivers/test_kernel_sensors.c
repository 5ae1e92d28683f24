/* SPDX-License-Identifier: MIT */
/* What is special to the kernel's own devices; the rest is in the generic driver test. */
#include "drivers/rig.h"

#include <errno.h>
#include <string.h>

enum { TEMP = 0, VOLTAGE0 = 4 };

static void load(struct rig *rig, const char *lines)
{
	assert_int_equal(
		sim_load_part(rig->board, RIG_PART, (const uint8_t *)lines, strlen(lines)), 0);
	assert_int_equal(rig_configure(rig), 0);
}

static void assert_fails(
	struct rig *rig, unsigned channel, const char *lines, int error, const char *words)
{
	double values[DRIVER_CHANNELS_MAX];

	load(rig, lines);
	assert_int_equal(rig_measure(rig, channel, values), error);
	assert_string_equal(rig->chip->words.text, words);
}

static void assert_reads(struct rig *rig, unsigned channel, const char *lines, double value)
{
	double values[DRIVER_CHANNELS_MAX];

	load(rig, lines);
	assert_int_equal(rig_measure(rig, channel, values), 0);
	assert_near(values[channel], value, 1e-9);
	assert_string_equal(rig->chip->words.text, "");
}

static void a_channel_that_the_device_does_not_have(void **state)
{
	assert_fails(
		*state, TEMP, "temp2_input 1\n", -EOPNOTSUPP, "the device has no channel temp1");
}

static void a_fault_that_the_device_reports(void **state)
{
	assert_fails(*state, TEMP, "temp1_fault 1\ntemp1_input 127000\n", -ERANGE,
		"temp1 reports a fault");
	assert_reads(*state, TEMP, "temp1_fault 0\ntemp1_input 12700\n", 12.7);
}

static void text_that_is_no_number(void **state)
{
	static const char *const texts[] = {
		"", " 1", "1 ", "0x10", "1e3", "nan", "1.2.3", "-", ".", "1 2", "0.5 dB"};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char lines[64];

		(void)snprintf(lines, sizeof(lines), "temp1_input %s\n", texts[i]);
		assert_fails(rig, TEMP, lines, -EBADMSG, "temp1_input is no number");
	}
}

static void a_value_that_no_thermometer_shows(void **state)
{
	assert_fails(*state, TEMP, "temp1_input -273151\n", -ERANGE, "");
}

static void an_iio_channel_that_the_device_does_not_have(void **state)
{
	assert_fails(*state, VOLTAGE0, "in_voltage1_raw 1\nin_voltage_scale 1\n", -EOPNOTSUPP,
		"the device has no channel voltage0");
}

static void a_number_without_its_scale_is_no_value(void **state)
{
	assert_fails(*state, VOLTAGE0, "in_voltage0_raw 1000\n", -EOPNOTSUPP,
		"voltage0 has no scale, so that its value is unknown");
}

static void the_value_itself_goes_before_the_raw_one(void **state)
{
	assert_reads(*state, TEMP, "in_temp_raw 1\nin_temp_scale 1\nin_temp_input 21500\n", 21.5);
}

static void an_offset_is_added_before_the_scale(void **state)
{
	assert_reads(*state, VOLTAGE0,
		"in_voltage0_raw 100\nin_voltage_offset -20\nin_voltage0_scale 2.5\n", 0.2);
	assert_reads(*state, VOLTAGE0,
		"in_voltage0_raw 100\nin_voltage0_offset 20\nin_voltage_offset 1\nin_voltage_scale "
		"5\n",
		0.6);
}

static void a_scale_that_is_no_number(void **state)
{
	assert_fails(*state, VOLTAGE0, "in_voltage0_raw 100\nin_voltage_scale 0.5 dB\n", -EBADMSG,
		"in_voltage_scale is no number");
	assert_fails(*state, VOLTAGE0,
		"in_voltage0_raw 1\nin_voltage_offset x\nin_voltage_scale 1\n", -EBADMSG,
		"in_voltage_offset is no number");
}

#define HWMON(function)                                                                            \
	cmocka_unit_test_prestate_setup_teardown(                                                  \
		function, rig_setup, rig_teardown, (void *)(uintptr_t)driver_find("hwmon"))
#define IIO(function)                                                                              \
	cmocka_unit_test_prestate_setup_teardown(                                                  \
		function, rig_setup, rig_teardown, (void *)(uintptr_t)driver_find("iio"))

int main(void)
{
	const struct CMUnitTest tests[] = {
		HWMON(a_channel_that_the_device_does_not_have),
		HWMON(a_fault_that_the_device_reports),
		HWMON(text_that_is_no_number),
		HWMON(a_value_that_no_thermometer_shows),
		IIO(an_iio_channel_that_the_device_does_not_have),
		IIO(a_number_without_its_scale_is_no_value),
		IIO(the_value_itself_goes_before_the_raw_one),
		IIO(an_offset_is_added_before_the_scale),
		IIO(a_scale_that_is_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
