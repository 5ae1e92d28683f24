/* SPDX-License-Identifier: MIT */
/* Lines and PWM channels of the simulated board, and the wire log that shows them. */
#include "board_sim.h"

#include "chip.h"
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct board *board;
	uint64_t now_us;
	FILE *log;
	char *text;
	size_t bytes;
};

static uint64_t now_us(void *userdata)
{
	return ((struct fixture *)userdata)->now_us;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	*state = fixture;
	fixture->now_us = 1000;
	fixture->log = open_memstream(&fixture->text, &fixture->bytes);

	const struct sim_settings settings = {
		.now_us = now_us,
		.userdata = fixture,
		.stuck_us = 50,
		.wire_log = fixture->log,
	};

	return fixture->log ? board_sim_new(&settings, NULL, &fixture->board) : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	board_close(fixture->board);
	(void)fclose(fixture->log);
	free(fixture->text);
	free(fixture);
	return 0;
}

static struct gpio_line *open_line(struct fixture *fixture, const struct gpio_request *request)
{
	struct gpio_line *line = NULL;

	assert_int_equal(board_open_line(fixture->board, request, NULL, &line), 0);
	return line;
}

static struct pwm_output *open_pwm(struct fixture *fixture, bool inverted)
{
	const struct pwm_request request = {
		"pwmchip0", 1, .period_ns = 1000000, .inverted = inverted};
	struct pwm_output *output = NULL;

	assert_int_equal(board_open_pwm(fixture->board, &request, NULL, &output), 0);
	return output;
}

static void assert_output(struct fixture *fixture, const char *target, double want)
{
	double value = -1;

	assert_int_equal(sim_get_output(fixture->board, target, &value), 0);
	assert_true(fabs(value - want) <= 1e-9);
}

static struct pwm_output *open_led(struct fixture *fixture, const char *name)
{
	struct pwm_output *output = NULL;

	assert_int_equal(board_open_led(fixture->board, name, NULL, &output), 0);
	return output;
}

static const struct gpio_request RED = {"GPIO17", "tosd led.red", .value = false};

static void the_log_shows_each_change_of_a_line(void **state)
{
	struct fixture *fixture = *state;
	struct gpio_line *line = open_line(fixture, &RED);

	fixture->now_us = 2000;
	assert_int_equal(gpio_line_set(line, true), 0);
	assert_int_equal(gpio_line_set(line, true), 0);
	fixture->now_us = 3000;
	assert_int_equal(gpio_line_set(line, false), 0);
	gpio_line_close(line);
	assert_string_equal(fixture->text,
		"1000 line GPIO17 0\n"
		"2000 line GPIO17 1\n"
		"3000 line GPIO17 0\n"
		"3000 release GPIO17\n");
}

static void the_level_of_an_active_low_line_is_electrical(void **state)
{
	struct fixture *fixture = *state;
	const struct gpio_request request = {"GPIO5", "test", .value = true, .active_low = true};
	struct gpio_line *line = open_line(fixture, &request);

	assert_output(fixture, "GPIO5", 0);
	assert_int_equal(gpio_line_set(line, false), 0);
	assert_output(fixture, "GPIO5", 1);
	gpio_line_close(line);
	assert_output(fixture, "GPIO5", 1); /* releasing does not touch it */
	assert_string_equal(fixture->text,
		"1000 line GPIO5 0\n"
		"1000 line GPIO5 1\n"
		"1000 release GPIO5\n");
}

static void a_line_is_opened_once_and_says_by_whom(void **state)
{
	struct fixture *fixture = *state;
	struct gpio_line *line = open_line(fixture, &RED), *second = NULL;
	struct hal_error error = {""};

	assert_int_equal(board_open_line(fixture->board, &RED, &error, &second), -EBUSY);
	assert_string_equal(error.text, "line GPIO17 is held by \"tosd led.red\"");
	assert_null(second);
	gpio_line_close(line);
	gpio_line_close(open_line(fixture, &RED));
}

static void a_line_that_nobody_opened_has_no_level(void **state)
{
	struct fixture *fixture = *state;
	double value = 42;

	assert_int_equal(sim_get_output(fixture->board, "GPIO17", &value), -ENOENT);
	assert_int_equal(sim_set_fault(fixture->board, "GPIO17", SIM_FAULT_SLOW), 0);
	assert_int_equal(sim_get_output(fixture->board, "GPIO17", &value), -ENOENT);
	assert_true(fabs(value - 42) <= 0);
}

static void an_unplugged_line_is_gone_until_it_is_back(void **state)
{
	struct fixture *fixture = *state;
	struct gpio_line *line = open_line(fixture, &RED), *second;
	struct hal_error error = {""};

	assert_int_equal(sim_set_fault(fixture->board, "GPIO17", SIM_FAULT_NO_ANSWER), 0);
	assert_int_equal(gpio_line_set(line, true), -ENODEV);
	assert_output(fixture, "GPIO17", 0);
	gpio_line_close(line);
	assert_int_equal(board_open_line(fixture->board, &RED, &error, &second), -ENODEV);
	assert_string_equal(error.text, "line GPIO17 is unplugged");

	assert_int_equal(sim_set_fault(fixture->board, "GPIO17", SIM_FAULT_NONE), 0);
	line = open_line(fixture, &RED);
	assert_int_equal(gpio_line_set(line, true), 0);
	assert_output(fixture, "GPIO17", 1);
	gpio_line_close(line);
}

static void a_line_can_be_held_by_a_stranger(void **state)
{
	struct fixture *fixture = *state;
	struct hal_error error = {""};
	struct gpio_line *line;

	assert_int_equal(sim_set_fault(fixture->board, "GPIO17", SIM_FAULT_BUSY), 0);
	assert_int_equal(board_open_line(fixture->board, &RED, &error, &line), -EBUSY);
	assert_non_null(strstr(error.text, "is held by"));
}

static void a_fault_of_an_output_is_its_error(void **state)
{
	struct fixture *fixture = *state;
	struct gpio_line *line = open_line(fixture, &RED);
	struct pwm_output *pwm = open_pwm(fixture, false);
	static const struct {
		enum sim_fault fault;
		int error;
	} CASES[] = {
		{SIM_FAULT_STUCK, -ETIMEDOUT},
		{SIM_FAULT_SHORT, -EIO},
		{SIM_FAULT_NO_ANSWER, -ENODEV},
		{SIM_FAULT_NONE, 0},
		{SIM_FAULT_SLOW, 0},
	};

	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		bool works = CASES[i].error == 0;

		assert_int_equal(gpio_line_set(line, false), 0);
		assert_int_equal(pwm_set(pwm, 0), 0);
		assert_int_equal(sim_set_fault(fixture->board, "GPIO17", CASES[i].fault), 0);
		assert_int_equal(sim_set_fault(fixture->board, "pwmchip0.1", CASES[i].fault), 0);
		assert_int_equal(gpio_line_set(line, true), CASES[i].error);
		assert_int_equal(pwm_set(pwm, pwm->steps), CASES[i].error);
		assert_output(fixture, "GPIO17", works ? 1 : 0);
		assert_output(fixture, "pwmchip0.1", works ? 1 : 0);
		assert_int_equal(sim_set_fault(fixture->board, "GPIO17", SIM_FAULT_NONE), 0);
		assert_int_equal(sim_set_fault(fixture->board, "pwmchip0.1", SIM_FAULT_NONE), 0);
	}
	assert_int_equal(sim_set_fault(fixture->board, "GPIO17", SIM_FAULT_FLIP), -EOPNOTSUPP);
	gpio_line_close(line);
	pwm_close(pwm);
}

static void the_log_shows_each_change_of_a_duty(void **state)
{
	struct fixture *fixture = *state;
	struct pwm_output *pwm = open_pwm(fixture, false);

	assert_int_equal(pwm->steps, 1000000);
	fixture->now_us = 2000;
	assert_int_equal(pwm_set(pwm, 400000), 0);
	assert_int_equal(pwm_set(pwm, 400000), 0);
	assert_int_equal(pwm_set(pwm, 1000000), 0);
	pwm_close(pwm);
	assert_string_equal(fixture->text,
		"1000 pwm pwmchip0.1 0.0000\n"
		"2000 pwm pwmchip0.1 0.4000\n"
		"2000 pwm pwmchip0.1 1.0000\n"
		"2000 release pwmchip0.1\n");
}

static void an_inverted_channel_begins_high(void **state)
{
	struct fixture *fixture = *state;
	struct pwm_output *pwm = open_pwm(fixture, true);

	assert_output(fixture, "pwmchip0.1", 1);
	assert_int_equal(pwm_set(pwm, 250000), 0);
	assert_output(fixture, "pwmchip0.1", 0.75);
	pwm_close(pwm);
}

static void a_channel_is_opened_once(void **state)
{
	struct fixture *fixture = *state;
	const struct pwm_request request = {"pwmchip0", 1, .period_ns = 20000000};
	struct pwm_output *pwm = open_pwm(fixture, false), *second;
	struct hal_error error = {""};

	assert_int_equal(board_open_pwm(fixture->board, &request, &error, &second), -EBUSY);
	assert_string_equal(error.text, "PWM channel pwmchip0.1 is held by \"tosd\"");
	pwm_close(pwm);
	pwm_close(open_pwm(fixture, false));
}

static void a_pwm_parts_pins_are_in_the_log(void **state)
{
	struct fixture *fixture = *state;
	const struct driver *driver = driver_find("pca9685");
	const struct chip_settings settings = {
		.name = "board", .driver = driver, .bus = "/dev/i2c-1", .address = 0x40};
	struct chip *chip = NULL;
	double value;

	assert_int_equal(sim_get_output(fixture->board, "board.3", &value), -ENOENT);
	assert_int_equal(sim_add_part(fixture->board, "board", driver, "/dev/i2c-1", 0x40), 0);
	assert_output(fixture, "board.3", 0);
	assert_int_equal(
		sim_set_fault(fixture->board, "board.3", SIM_FAULT_NO_ANSWER), -EOPNOTSUPP);

	assert_int_equal(chip_open(fixture->board, &settings, NULL, &chip), 0);
	assert_int_equal(chip_configure_wait(chip), 0);
	assert_int_equal(driver->set_duty(chip, 3, 1024), 0);
	assert_output(fixture, "board.3", 0.25);
	fixture->now_us = 5000;
	assert_int_equal(sim_set_fault(fixture->board, "board", SIM_FAULT_NO_ANSWER), 0);
	assert_output(fixture, "board.3", 0); /* without its supply it drives nothing */
	chip_close(chip);
	assert_int_equal(sim_remove_part(fixture->board, "board"), 0);
	assert_int_equal(sim_get_output(fixture->board, "board.3", &value), -ENOENT);
	assert_string_equal(fixture->text,
		"1000 pwm board.3 0.2500\n"
		"5000 pwm board.3 0.0000\n");
}

static void a_kernel_led_is_dark_and_then_in_the_log(void **state)
{
	struct fixture *fixture = *state;
	const struct gpio_request line_of_that_name = {"ACT", "test", .value = true};
	struct gpio_line *line = open_line(fixture, &line_of_that_name);
	struct pwm_output *led = open_led(fixture, "ACT");

	assert_int_equal(led->steps, 255);
	assert_int_equal(pwm_set(led, 51), 0);
	assert_output(fixture, "leds/ACT", 0.2);
	assert_output(fixture, "ACT", 1);
	pwm_close(led);
	gpio_line_close(line);
	assert_string_equal(fixture->text,
		"1000 line ACT 1\n"
		"1000 pwm leds/ACT 0.0000\n"
		"1000 pwm leds/ACT 0.2000\n"
		"1000 release leds/ACT\n"
		"1000 release ACT\n");
}

static void a_kernel_led_can_be_unplugged(void **state)
{
	struct fixture *fixture = *state;
	struct pwm_output *led = open_led(fixture, "ACT");

	assert_int_equal(sim_set_fault(fixture->board, "leds/ACT", SIM_FAULT_NO_ANSWER), 0);
	assert_int_equal(pwm_set(led, 255), -ENODEV);
	assert_int_equal(sim_set_fault(fixture->board, "leds/ACT", SIM_FAULT_NONE), 0);
	assert_int_equal(pwm_set(led, 255), 0);
	pwm_close(led);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_log_shows_each_change_of_a_line),
		TEST(the_level_of_an_active_low_line_is_electrical),
		TEST(a_line_is_opened_once_and_says_by_whom),
		TEST(a_line_that_nobody_opened_has_no_level),
		TEST(an_unplugged_line_is_gone_until_it_is_back),
		TEST(a_line_can_be_held_by_a_stranger),
		TEST(a_fault_of_an_output_is_its_error),
		TEST(the_log_shows_each_change_of_a_duty),
		TEST(an_inverted_channel_begins_high),
		TEST(a_channel_is_opened_once),
		TEST(a_pwm_parts_pins_are_in_the_log),
		TEST(a_kernel_led_is_dark_and_then_in_the_log),
		TEST(a_kernel_led_can_be_unplugged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
