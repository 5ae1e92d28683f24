/* SPDX-License-Identifier: MIT */
/* The chip around its driver. The driver here does and measures whatever its parameters say. */
#include "board_sim.h"
#include "chip.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PARAM_A, PARAM_B, PARAM_ROUNDS, N_PARAMS };
enum { ADDRESS = 0x77 };

static const double UNTOUCHED = -12345;

struct script {
	unsigned rounds; /* of configure so far */
};

static int script_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	struct script *script = chip->state;

	if (script->rounds >= chip->params[PARAM_ROUNDS])
		return 0;
	script->rounds++;
	*ret_wait_us = 1;
	return -EAGAIN;
}

static int script_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	(void)chip;
	*ret_wait_us = channel;
	return 0;
}

/* Of all channels b is left out when it is a zero: a driver that forgets one. */
static int script_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	(void)channel;
	ret_values[0] = chip->params[PARAM_A];
	if (fabs(chip->params[PARAM_B]) > 0)
		ret_values[1] = chip->params[PARAM_B];
	return 0;
}

static const struct driver_channel CHANNELS[] = {
	{.name = "a", .quantity = "raw", .unit = "raw", .min = -10, .max = 10, .step = 1},
	{.name = "b", .quantity = "raw", .unit = "raw", .min = 1, .max = 5, .step = 1},
};

static const struct driver_param PARAMS[N_PARAMS] = {
	{.key = "a", .default_value = 3},
	{.key = "b", .default_value = 2},
	{.key = "rounds", .default_value = 2},
};

static const uint8_t ADDRESSES[] = {ADDRESS};

static const struct driver SCRIPT = {
	.name = "script",
	.bus = DRIVER_BUS_I2C,
	.addresses = ADDRESSES,
	.n_addresses = 1,
	.channels = CHANNELS,
	.n_channels = 2,
	.channels_together = true,
	.params = PARAMS,
	.n_params = N_PARAMS,
	.state_bytes = sizeof(struct script),
	.configure = script_configure,
	.start = script_start,
	.collect = script_collect,
};

static int setup(void **state)
{
	return board_sim_new(NULL, NULL, (struct board **)state);
}

static int teardown(void **state)
{
	board_close(*state);
	return 0;
}

static struct chip *open_chip(struct board *board, const double *params)
{
	const struct chip_settings settings = {.name = "climate",
		.driver = &SCRIPT,
		.bus = "/dev/i2c-1",
		.address = ADDRESS,
		.params = params};
	struct chip *chip = NULL;

	assert_int_equal(chip_open(board, &settings, NULL, &chip), 0);
	return chip;
}

static void assert_collects(void **state, double a, double b, int want)
{
	const double params[N_PARAMS] = {a, b, 0};
	struct chip *chip = open_chip(*state, params);
	double values[2] = {UNTOUCHED, UNTOUCHED};

	assert_int_equal(chip_collect(chip, 0, values), want);
	assert_true(fabs(values[0] - (want == 0 ? a : UNTOUCHED)) <= 0);
	assert_true(fabs(values[1] - (want == 0 ? b : UNTOUCHED)) <= 0);
	chip_close(chip);
}

static void what_is_in_range_passes(void **state)
{
	assert_collects(state, 0, 3, 0);
	assert_collects(state, -10, 1, 0);
	assert_collects(state, 10, 5, 0);
}

static void what_cannot_be_measured_does_not_pass(void **state)
{
	assert_collects(state, 10.001, 3, -ERANGE);
	assert_collects(state, -10.001, 3, -ERANGE);
	assert_collects(state, (double)INFINITY, 3, -ERANGE);
	assert_collects(state, (double)NAN, 3, -ERANGE);
	/* One bad channel of those measured together spoils them all. */
	assert_collects(state, 0, 5.001, -ERANGE);
	assert_collects(state, 0, (double)NAN, -ERANGE);
}

static void a_forgotten_channel_is_no_value(void **state)
{
	assert_collects(state, 0, 0, -ERANGE);
}

static void it_has_the_drivers_defaults(void **state)
{
	struct chip *chip = open_chip(*state, NULL);
	double values[2];

	assert_int_equal(chip_collect(chip, 0, values), 0);
	assert_true(fabs(values[0] - 3) <= 0 && fabs(values[1] - 2) <= 0);
	chip_close(chip);
}

static void it_says_what_it_is_and_where(void **state)
{
	struct chip *chip = open_chip(*state, NULL);

	assert_string_equal(chip->name, "climate");
	assert_string_equal(chip->place, "script at 0x77 on /dev/i2c-1");
	chip_close(chip);
}

static void an_spi_chip_has_no_address_in_its_place(void **state)
{
	const struct driver *driver = driver_find("mcp3208");
	const struct chip_settings settings = {
		.name = "adc", .driver = driver, .bus = "/dev/spidev0.0"};
	struct chip *chip = NULL;

	assert_int_equal(chip_open(*state, &settings, NULL, &chip), 0);
	assert_string_equal(chip->place, "mcp3208 on /dev/spidev0.0");
	chip_close(chip);
}

static void configure_wait_goes_on_until_it_is_done(void **state)
{
	struct chip *chip = open_chip(*state, NULL);

	assert_int_equal(chip_configure_wait(chip), 0);
	assert_int_equal(((struct script *)chip->state)->rounds, 2);
	chip_reset(chip);
	assert_int_equal(((struct script *)chip->state)->rounds, 0);
	chip_close(chip);
}

static void configure_wait_does_not_wait_for_ever(void **state)
{
	const double params[N_PARAMS] = {0, 1, 1e9};
	struct chip *chip = open_chip(*state, params);

	assert_int_equal(chip_configure_wait(chip), -ETIMEDOUT);
	chip_close(chip);
}

static void a_wrong_address_is_refused_in_words(void **state)
{
	const struct chip_settings settings = {
		.name = "climate", .driver = &SCRIPT, .bus = "/dev/i2c-1", .address = 0x20};
	struct hal_error error = {""};
	struct chip *chip = NULL;

	assert_int_equal(chip_open(*state, &settings, &error, &chip), -EINVAL);
	assert_string_equal(error.text, "script cannot have the address 0x20");
	assert_null(chip);
}

static void no_chip_is_closed_too(void **state)
{
	(void)state;
	assert_null(chip_close(NULL));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_in_range_passes),
		TEST(what_cannot_be_measured_does_not_pass),
		TEST(a_forgotten_channel_is_no_value),
		TEST(it_has_the_drivers_defaults),
		TEST(it_says_what_it_is_and_where),
		TEST(an_spi_chip_has_no_address_in_its_place),
		TEST(configure_wait_goes_on_until_it_is_done),
		TEST(configure_wait_does_not_wait_for_ever),
		TEST(a_wrong_address_is_refused_in_words),
		TEST(no_chip_is_closed_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
