/* SPDX-License-Identifier: MIT */
/*
 * The board's checks, and the messages of the Linux board when a device is missing or closed.
 */
#include "board_linux.h"
#include "other_user.h"
#include "temp_tree.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
	struct temp_tree root;
	struct board_linux_roots roots;
	struct board *board;
	struct hal_error error;
};

static const struct spi_settings SPI = {.mode = 0, .speed_hz = 1000000, .bits = 8};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->root = temp_tree_new();
	fixture->roots = (struct board_linux_roots){fixture->root.root, fixture->root.root};
	assert_int_equal(board_linux_new(&fixture->roots, NULL, &fixture->board), 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	assert_null(board_close(fixture->board));
	assert_null(board_close(NULL));
	temp_tree_free(&fixture->root);
	free(fixture);
	return 0;
}

static int open_i2c(struct fixture *fixture, const char *path)
{
	struct i2c_bus *bus = NULL;
	int r = board_open_i2c(fixture->board, path, &fixture->error, &bus);

	assert_null(bus);
	return r;
}

static int open_spi(struct fixture *fixture, const struct spi_settings *settings)
{
	struct spi_device *device = NULL;
	int r = board_open_spi(
		fixture->board, "/dev/spidev0.0", settings, &fixture->error, &device);

	assert_null(device);
	return r;
}

static int open_line(struct fixture *fixture, const char *name)
{
	const struct gpio_request request = {.line = name, .consumer = "tosd"};
	struct gpio_line *line = NULL;
	int r = board_open_line(fixture->board, &request, &fixture->error, &line);

	assert_null(line);
	return r;
}

static int open_pwm(struct fixture *fixture, uint32_t period_ns)
{
	const struct pwm_request request = {.chip = "pwmchip0", .period_ns = period_ns};
	struct pwm_output *output = NULL;
	int r = board_open_pwm(fixture->board, &request, &fixture->error, &output);

	assert_null(output);
	return r;
}

static int open_led(struct fixture *fixture, const char *name)
{
	struct pwm_output *output = NULL;
	int r = board_open_led(fixture->board, name, &fixture->error, &output);

	assert_null(output);
	return r;
}

static void assert_says(const struct fixture *fixture, const char *words)
{
	assert_non_null(strstr(fixture->error.text, words));
}

static void test_wrong_arguments_are_refused_with_words(void **state)
{
	struct fixture *fixture = *state;
	const struct spi_settings mode_4 = {.mode = 4, .speed_hz = 1, .bits = 8};
	const struct spi_settings no_clock = {.mode = 0, .speed_hz = 0, .bits = 8};
	const struct spi_settings bits_9 = {.mode = 0, .speed_hz = 1, .bits = 9};

	assert_int_equal(open_i2c(fixture, ""), -EINVAL);
	assert_int_equal(open_i2c(fixture, NULL), -EINVAL);
	assert_int_equal(open_spi(fixture, NULL), -EINVAL);
	assert_int_equal(open_spi(fixture, &mode_4), -EINVAL);
	assert_says(fixture, "SPI mode 4");
	assert_int_equal(open_spi(fixture, &no_clock), -EINVAL);
	assert_int_equal(open_spi(fixture, &bits_9), -EINVAL);
	assert_int_equal(open_line(fixture, NULL), -EINVAL);
	assert_int_equal(open_line(fixture, "chip:x"), -EINVAL);
	assert_says(fixture, "\"chip:x\" is neither a line's name (GPIO17) nor");
	assert_int_equal(open_pwm(fixture, 0), -EINVAL);
	assert_says(fixture, "period");
	assert_int_equal(open_led(fixture, NULL), -EINVAL);
	assert_int_equal(open_led(fixture, ""), -EINVAL);
	assert_int_equal(open_led(fixture, "../pwm"), -EINVAL);
}

static int open_nothing(
	struct board *board, const char *path, struct hal_error *error, struct i2c_bus **ret_bus)
{
	(void)board;
	(void)path;
	(void)error;
	(void)ret_bus;
	return -ENOMEM;
}

static void test_a_backend_without_words_gets_those_of_its_error(void **state)
{
	(void)state;
	const struct board_ops ops = {.open_i2c = open_nothing};
	struct board board = {.ops = &ops};
	struct hal_error error = {"of an earlier failure"};
	struct i2c_bus *bus;

	assert_int_equal(board_open_i2c(&board, "/dev/i2c-1", &error, &bus), -ENOMEM);
	assert_string_equal(error.text, "Cannot allocate memory");
}

static void test_missing_devices_come_with_a_cure(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(open_i2c(fixture, "/dev/i2c-1"), -ENOENT);
	assert_says(fixture, "/i2c-1 is missing: ");
	assert_says(fixture, "dtparam=i2c_arm=on");
	assert_says(fixture, "modprobe i2c-dev");
	assert_int_equal(open_spi(fixture, &SPI), -ENOENT);
	assert_says(fixture, "/spidev0.0 is missing: ");
	assert_says(fixture, "dtparam=spi=on");
	assert_int_equal(open_line(fixture, "GPIO17"), -ENOENT);
	assert_says(fixture, "there is no GPIO chip at all");
	assert_int_equal(open_pwm(fixture, 1000000), -ENOENT);
	assert_says(fixture, "there is no PWM chip at all");
	assert_int_equal(open_led(fixture, "ACT"), -ENOENT);
	assert_says(fixture, "the kernel has no LED at all");
}

static void test_a_path_outside_dev_is_taken_as_it_is(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(open_i2c(fixture, "/nowhere/i2c-1"), -ENOENT);
	assert_int_equal(strncmp(fixture->error.text, "/nowhere/i2c-1 is missing", 25), 0);
}

static void test_closed_devices_name_their_group(void **state)
{
	struct fixture *fixture = *state;

	temp_tree_write(&fixture->root, "i2c-1", "");
	temp_tree_write(&fixture->root, "spidev0.0", "");
	assert_int_equal(chmod(temp_tree_path(&fixture->root, "i2c-1"), 0), 0);
	assert_int_equal(chmod(temp_tree_path(&fixture->root, "spidev0.0"), 0), 0);
	uid_t before = other_user_become();
	int r_i2c = open_i2c(fixture, "/dev/i2c-1");
	struct hal_error i2c_error = fixture->error;
	int r_spi = open_spi(fixture, &SPI);
	other_user_go_back(before);
	assert_int_equal(r_i2c, -EACCES);
	assert_non_null(strstr(i2c_error.text, "is the user in group i2c?"));
	assert_int_equal(r_spi, -EACCES);
	assert_says(fixture, "is the user in group spi?");
}

static void test_a_file_that_is_no_device_is_refused(void **state)
{
	struct fixture *fixture = *state;

	temp_tree_write(&fixture->root, "i2c-1", "");
	temp_tree_write(&fixture->root, "spidev0.0", "");
	temp_tree_write(&fixture->root, "gpiochip0", "");
	assert_int_equal(open_i2c(fixture, "/dev/i2c-1"), -EOPNOTSUPP);
	assert_says(fixture, "is no I2C bus");
	assert_int_equal(open_spi(fixture, &SPI), -EOPNOTSUPP);
	assert_says(fixture, "cannot be set to mode 0");
	assert_int_equal(open_line(fixture, "GPIO17"), -ENOENT);
	assert_says(fixture, "there is no GPIO chip at all");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_wrong_arguments_are_refused_with_words),
		cmocka_unit_test(test_a_backend_without_words_gets_those_of_its_error),
		TEST(test_missing_devices_come_with_a_cure),
		TEST(test_a_path_outside_dev_is_taken_as_it_is),
		TEST(test_closed_devices_name_their_group),
		TEST(test_a_file_that_is_no_device_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
