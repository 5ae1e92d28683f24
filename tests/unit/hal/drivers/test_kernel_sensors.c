/* SPDX-License-Identifier: MIT */
/* Tests only for the kernel's own devices. The rest is in the generic driver test. */
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

/* A DS18B20's 85 °C is a temperature only if it was nearly as warm before. */
static void what_a_thermometer_begins_with_is_no_value(void **state)
{
	static const char words[] = "85 °C is what the part shows after a loss of power";
	struct rig *rig = *state;
	double values[DRIVER_CHANNELS_MAX];
	const struct {
		const char *lines;
		double shown; /* 0: none */
	} steps[] = {
		{"name w1_slave_temp\ntemp1_input 85000\n", 0},
		{"name w1_slave_temp\ntemp1_input 21062\n", 21.062},
		{"name w1_slave_temp\ntemp1_input 85000\n", 0},
		{"name w1_slave_temp\ntemp1_input 85062\n", 85.062},
		{"name w1_slave_temp\ntemp1_input 85000\n", 85},
		{"name w1_slave_temp\ntemp1_input 75000\n", 75},
		{"name w1_slave_temp\ntemp1_input 85000\n", 85},
		{"name w1_slave_temp\ntemp1_input 74938\n", 74.938},
		{"name w1_slave_temp\ntemp1_input 85000\n", 0},
	};

	load(rig, steps[0].lines);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_int_equal(sim_load_part(rig->board, RIG_PART,
					 (const uint8_t *)steps[i].lines, strlen(steps[i].lines)),
			0);
		int r = rig_measure(rig, TEMP, values);

		assert_int_equal(r, steps[i].shown > 0 ? 0 : -ERANGE);
		assert_string_equal(rig->chip->words.text, steps[i].shown > 0 ? "" : words);
		if (r == 0)
			assert_near(values[TEMP], steps[i].shown, 1e-9);
	}
	/* After it was away nothing is known of before. */
	assert_reads(rig, TEMP, "name w1_slave_temp\ntemp1_input 84000\n", 84);
	assert_fails(rig, TEMP, steps[0].lines, -ERANGE, words);
	/* Any other thermometer may show it. */
	assert_reads(rig, TEMP, "name lm75\ntemp1_input 85000\n", 85);
}

/* The kernel's driver of the BME680 has percent where all others have thousandths of it. */
static void the_humidity_of_a_bme680(void **state)
{
	struct rig *rig = *state;
	unsigned humidity = (unsigned)driver_channel_find(rig->driver, "humidityrelative");

	assert_reads(
		rig, humidity, "name bme680\nin_humidityrelative_input 43.215000000\n", 43.215);
	assert_reads(rig, humidity, "name bme680\nin_humidityrelative_input 100.000000000\n", 100);
	assert_reads(rig, humidity, "name bme680\nin_humidityrelative_input 43215\n", 43.215);
	assert_reads(rig, humidity, "name bme280\nin_humidityrelative_input 43215\n", 43.215);
	assert_reads(rig, TEMP, "name bme680\nin_temp_input 23\n", 0.023);
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

/* Names that no table can list: they follow the grammar of sysfs-bus-iio. */
static const struct {
	const char *name, *unit, *lines;
	double value;
} NAMED[] = {
	{"voltage40", "V", "in_voltage40_raw 100\nin_voltage_scale 2.5\n", 0.25},
	{"voltage254", "V", "in_voltage254_raw 1000\nin_voltage254_scale 1\n", 1},
	{"voltage8-voltage9", "V", "in_voltage8-voltage9_raw -8\nin_voltage-voltage_scale 125\n",
		-1},
	{"voltage2_supply", "V", "in_voltage2_supply_raw 3300\nin_voltage_scale 1\n", 3.3},
	{"illuminance7", "lx", "in_illuminance7_input 12.5\n", 12.5},
	{"intensity0_ir", "raw", "in_intensity0_ir_raw 17\n", 17},
	{"concentration0_voc", "ppm", "in_concentration0_voc_raw 2\nin_concentration_scale 0.1\n",
		2000},
	{"anglvel0_z", "rad/s", "in_anglvel0_z_raw -4\nin_anglvel_scale 0.5\n", -2},
	{"magn0_x", "G", "in_magn0_x_raw 3\nin_magn_offset 1\nin_magn_scale 0.25\n", 1},
	{"rot_from_north_true", "°", "in_rot_from_north_true_raw 9\nin_rot_scale 10\n", 90},
	{"uvindex0", "UVI", "in_uvindex0_input 7\n", 7},
	{"deltaangl_y", "rad", "in_deltaangl_y_raw 6\nin_deltaangl_scale 0.5\n", 3},
};

static void a_channel_is_whatever_the_device_has(void **state)
{
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(NAMED) / sizeof(NAMED[0]); i++) {
		int channel = driver_channel_find(rig->driver, NAMED[i].name);
		struct driver_channel_text text;
		double values[DRIVER_CHANNELS_MAX];

		if (channel < (int)rig->driver->n_channels)
			fail_msg("%s: %d", NAMED[i].name, channel);
		const struct driver_channel *shown =
			driver_channel(rig->driver, (unsigned)channel, &text);

		assert_string_equal(shown->name, NAMED[i].name);
		assert_string_equal(shown->unit, NAMED[i].unit);
		load(rig, NAMED[i].lines);
		assert_int_equal(rig_measure(rig, (unsigned)channel, values), 0);
		assert_near(values[driver_value_index(rig->driver, (unsigned)channel)],
			NAMED[i].value, 1e-9);
		/* Those of the table are the same as before. */
		assert_fails(
			rig, TEMP, NAMED[i].lines, -EOPNOTSUPP, "the device has no channel temp");
	}
}

static void a_name_of_no_channel_is_refused(void **state)
{
	static const char *const NAMES[] = {"", "voltage255", "voltage01", "voltage-1", "voltage1 ",
		"voltage-voltage1", "voltage0-voltage", "voltage0-current1", "voltage0_", "_x",
		"voltage1_raw", "temp_input", "accel_quaternion", "temperature", "foo", "foo1_x",
		"magn_X", "Voltage1", "in_voltage1", "voltage1_x_y"};
	struct rig *rig = *state;
	double values[DRIVER_CHANNELS_MAX];

	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
		if (driver_channel_find(rig->driver, NAMES[i]) != -ENOENT)
			fail_msg("\"%s\" is a channel", NAMES[i]);
	}
	/* A number that no name has. */
	assert_false(driver_has_channel(rig->driver, UINT32_MAX));
	assert_int_equal(chip_collect(rig->chip, UINT32_MAX, values), -ENOENT);
}

/* Each shows what it was told, and what is typical of it before. */
static void a_simulated_device_has_them_too(void **state)
{
	struct rig *rig = *state;
	unsigned a = (unsigned)driver_channel_find(rig->driver, "voltage40");
	unsigned b = (unsigned)driver_channel_find(rig->driver, "illuminance7");
	size_t place = driver_value_index(rig->driver, a);
	double values[DRIVER_CHANNELS_MAX];

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(rig_measure(rig, b, values), 0);
	assert_near(values[place], 300, 1e-6);
	rig_show(rig, a, 2.5);
	rig_show(rig, b, 42);
	rig_show(rig, VOLTAGE0, 1);
	assert_int_equal(rig_measure(rig, a, values), 0);
	assert_near(values[place], 2.5, 0.000125);
	assert_int_equal(rig_measure(rig, b, values), 0);
	assert_near(values[place], 42, 1e-6);
	assert_int_equal(rig_measure(rig, VOLTAGE0, values), 0);
	assert_near(values[VOLTAGE0], 1, 0.000125);
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
		HWMON(what_a_thermometer_begins_with_is_no_value),
		IIO(the_humidity_of_a_bme680),
		IIO(an_iio_channel_that_the_device_does_not_have),
		IIO(a_number_without_its_scale_is_no_value),
		IIO(the_value_itself_goes_before_the_raw_one),
		IIO(an_offset_is_added_before_the_scale),
		IIO(a_scale_that_is_no_number),
		IIO(a_channel_is_whatever_the_device_has),
		IIO(a_name_of_no_channel_is_refused),
		IIO(a_simulated_device_has_them_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
