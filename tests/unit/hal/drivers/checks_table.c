/* SPDX-License-Identifier: MIT */
/* Checks the table in which a driver describes itself. */
#include "checks.h"

#include <errno.h>
#include <string.h>

bool is_any(const struct driver *driver)
{
	(void)driver;
	return true;
}

bool is_sensor(const struct driver *driver)
{
	return driver->n_channels > 0;
}

bool is_pwm(const struct driver *driver)
{
	return driver->n_pwm > 0;
}

static bool is_i2c(const struct driver *driver)
{
	return driver->bus == DRIVER_BUS_I2C;
}

static bool is_spi(const struct driver *driver)
{
	return driver->bus == DRIVER_BUS_SPI;
}

static void assert_text(const char *text)
{
	assert_non_null(text);
	assert_true(strlen(text) > 0);
}

static void it_says_what_it_is_and_where_that_is_written(void **state)
{
	const struct driver *driver = ((struct rig *)*state)->driver;

	assert_text(driver->name);
	assert_text(driver->description);
	assert_text(driver->datasheet);
	assert_ptr_equal(driver_find(driver->name), driver);
	assert_true(driver->n_vectors >= 2);
	for (size_t i = 0; i < driver->n_vectors; i++) {
		assert_text(driver->vectors[i].source);
		assert_true(driver->vectors[i].raw_bytes > 0);
		assert_true(is_sensor(driver) || is_pwm(driver) || driver->vectors[i].events);
	}
}

static void its_parameters_have_limits_and_a_default_within(void **state)
{
	const struct driver *driver = ((struct rig *)*state)->driver;

	for (size_t i = 0; i < driver->n_params; i++) {
		const struct driver_param *param = driver->params + i;
		bool chosen = param->n_choices == 0;

		assert_text(param->key);
		assert_text(param->help);
		assert_true(param->min < param->max);
		assert_true(param->default_value >= param->min);
		assert_true(param->default_value <= param->max);
		for (size_t j = 0; j < param->n_choices; j++) {
			assert_true(param->choices[j] >= param->min);
			assert_true(param->choices[j] <= param->max);
			chosen = chosen ||
				(param->choices[j] >= param->default_value &&
					param->choices[j] <= param->default_value);
		}
		assert_true(chosen);
	}
}

static void its_sensor_channels_are_described(void **state)
{
	const struct driver *driver = ((struct rig *)*state)->driver;

	assert_true(driver->n_channels <= DRIVER_CHANNELS_MAX);
	assert_non_null(driver->start);
	assert_non_null(driver->collect);
	assert_non_null(driver->model->set_value);
	assert_non_null(driver->model->load);
	/* One place among values is for what is beyond the table. */
	assert_true(driver->n_channels + (driver->parse_channel ? 1 : 0) <= DRIVER_CHANNELS_MAX);
	assert_true(!driver->parse_channel == !driver->describe_channel);
	for (size_t i = 0; i < driver->n_channels; i++) {
		const struct driver_channel *channel = driver->channels + i;

		assert_text(channel->name);
		assert_text(channel->quantity);
		assert_text(channel->unit);
		assert_true(channel->min < channel->max);
		assert_true(channel->step > 0);
		assert_true(channel->typical >= channel->min && channel->typical <= channel->max);
		assert_int_equal(driver_channel_find(driver, channel->name), (int)i);
	}
}

static void its_pwm_channels_go_by_number(void **state)
{
	const struct driver *driver = ((struct rig *)*state)->driver;
	char beyond[12];

	assert_non_null(driver->set_duty);
	assert_non_null(driver->model->peek);
	assert_non_null(driver->model->duty);
	assert_true(driver->pwm_steps >= 10); /* an LED has ten levels */
	assert_int_equal(driver_channel_find(driver, "0"), 0);
	(void)snprintf(beyond, sizeof(beyond), "%u", (unsigned)driver->n_pwm);
	assert_int_equal(driver_channel_find(driver, beyond), -ENOENT);
	assert_int_equal(driver_channel_find(driver, "00"), -ENOENT);
}

static void its_addresses_can_be_opened_and_no_other(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;
	struct chip_settings settings = {.name = "other", .driver = driver, .bus = rig_bus(driver)};

	for (uint16_t address = 0; address < 0x80; address++) {
		bool known = memchr(driver->addresses, address, driver->n_addresses) != NULL;
		struct hal_error error = {""};
		struct chip *chip = NULL;
		int r;

		settings.address = address;
		r = chip_open(rig->board, &settings, &error, &chip);
		assert_int_equal(r, known ? 0 : -EINVAL);
		assert_true(known || strlen(error.text) > 0);
		chip_close(chip);
	}
}

static void its_spi_settings_are_complete(void **state)
{
	const struct driver *driver = ((struct rig *)*state)->driver;

	assert_true(driver->spi.mode <= 3);
	assert_true(driver->spi.speed_hz > 0);
	assert_int_equal(driver->spi.bits, 8);
}

const struct driver_check CHECKS_TABLE[] = {
	{"says what it is and where that is written", is_any,
		it_says_what_it_is_and_where_that_is_written},
	{"parameters have limits and a default within", is_any,
		its_parameters_have_limits_and_a_default_within},
	{"sensor channels are described", is_sensor, its_sensor_channels_are_described},
	{"PWM channels go by number", is_pwm, its_pwm_channels_go_by_number},
	{"addresses can be opened and no other", is_i2c, its_addresses_can_be_opened_and_no_other},
	{"SPI settings are complete", is_spi, its_spi_settings_are_complete},
	{NULL, NULL, NULL},
};
