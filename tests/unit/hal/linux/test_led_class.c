/* SPDX-License-Identifier: MIT */
/*
 * The kernel's LEDs, made of files as Linux 6.1 lays them out on a Raspberry Pi 4.
 */
#include "led.h"
#include "led_class.h"
#include "other_user.h"
#include "temp_tree.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ACT        "devices/platform/leds/leds/ACT"
#define BRIGHTNESS ACT "/brightness"

struct kernel {
	struct temp_tree sys;
	struct hal_error error;
	struct pwm_output *output;
};

static void make_led(const struct temp_tree *sys, const char *name, const char *max_brightness)
{
	char path[128];
	char target[160];

	(void)snprintf(path, sizeof(path), "devices/platform/leds/leds/%s", name);
	temp_tree_mkdir(sys, path);
	(void)snprintf(target, sizeof(target), "%s/brightness", path);
	temp_tree_write(sys, target, "255\n");
	(void)snprintf(target, sizeof(target), "%s/max_brightness", path);
	temp_tree_write(sys, target, max_brightness);
	temp_tree_mkdir(sys, "class/leds");
	(void)snprintf(target, sizeof(target), "../../%s", path);
	(void)snprintf(path, sizeof(path), "class/leds/%s", name);
	temp_tree_check(symlink(target, temp_tree_path(sys, path)) == 0, "symlink");
}

static int setup(void **state)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));

	assert_non_null(kernel);
	kernel->sys = temp_tree_new();
	*state = kernel;
	return 0;
}

static int teardown(void **state)
{
	struct kernel *kernel = *state;

	(void)pwm_close(kernel->output);
	temp_tree_free(&kernel->sys);
	free(kernel);
	return 0;
}

static int open_led(struct kernel *kernel, const char *name)
{
	return led_class_open(kernel->sys.root, name, &kernel->error, &kernel->output);
}

static void assert_brightness(const struct kernel *kernel, const char *expected)
{
	assert_string_equal(temp_tree_read(&kernel->sys, BRIGHTNESS), expected);
}

/* In the kernel, the 0 takes off the trigger as well. */
static void test_an_led_is_dark_once_it_is_open(void **state)
{
	struct kernel *kernel = *state;

	make_led(&kernel->sys, "ACT", "255\n");
	assert_int_equal(open_led(kernel, "ACT"), 0);
	assert_int_equal(kernel->output->steps, 255);
	assert_string_equal(kernel->output->name, "leds/ACT");
	assert_brightness(kernel, "0");
}

static void test_closing_leaves_it_as_it_is(void **state)
{
	struct kernel *kernel = *state;

	make_led(&kernel->sys, "ACT", "255\n");
	assert_int_equal(open_led(kernel, "ACT"), 0);
	assert_int_equal(pwm_set(kernel->output, 200), 0);
	kernel->output = pwm_close(kernel->output);
	assert_brightness(kernel, "200");
}

/* Writes every level through led.h. Returns the brightness of each. */
static void write_levels(struct kernel *kernel, unsigned long ret_brightness[LED_LEVEL_MAX])
{
	const struct led_settings settings = {.min_duty = 0, .gamma = 2.2};
	struct led *led = NULL;

	assert_int_equal(led_new(NULL, kernel->output, &settings, &led), 0);
	kernel->output = NULL;
	for (unsigned level = LED_LEVEL_MIN; level <= LED_LEVEL_MAX; level++) {
		/* A file is shortened only by whoever opens it; an attribute needs none of that. */
		assert_int_equal(truncate(temp_tree_path(&kernel->sys, BRIGHTNESS), 0), 0);
		assert_int_equal(led_set(led, true, level * LED_FINE_PER_LEVEL), 0);
		ret_brightness[level - 1] =
			strtoul(temp_tree_read(&kernel->sys, BRIGHTNESS), NULL, 10);
	}
	led_close(led, true);
}

static void test_ten_levels_are_ten_brightnesses(void **state)
{
	struct kernel *kernel = *state;
	unsigned long brightness[LED_LEVEL_MAX];

	make_led(&kernel->sys, "ACT", "10\n");
	assert_int_equal(open_led(kernel, "ACT"), 0);
	write_levels(kernel, brightness);
	for (unsigned i = 0; i < LED_LEVEL_MAX; i++)
		assert_int_equal(brightness[i], i + 1);
	assert_brightness(kernel, "0");
}

static void test_one_that_is_on_or_off_is_on_at_every_level(void **state)
{
	struct kernel *kernel = *state;
	unsigned long brightness[LED_LEVEL_MAX];

	make_led(&kernel->sys, "ACT", "1\n");
	assert_int_equal(open_led(kernel, "ACT"), 0);
	write_levels(kernel, brightness);
	for (unsigned i = 0; i < LED_LEVEL_MAX; i++)
		assert_int_equal(brightness[i], 1);
}

static void test_a_missing_led_is_told_with_those_that_there_are(void **state)
{
	struct kernel *kernel = *state;

	make_led(&kernel->sys, "ACT", "255\n");
	make_led(&kernel->sys, "PWR", "255\n");
	assert_int_equal(open_led(kernel, "led0"), -ENOENT);
	assert_string_equal(
		kernel->error.text, "the kernel has no LED \"led0\"; there are ACT, PWR");
	assert_null(kernel->output);
}

static void test_without_permission_the_user_is_told_the_group(void **state)
{
	struct kernel *kernel = *state;

	make_led(&kernel->sys, "ACT", "255\n");
	assert_int_equal(chmod(temp_tree_path(&kernel->sys, BRIGHTNESS), 0444), 0);
	uid_t before = other_user_become();
	int r = open_led(kernel, "ACT");
	other_user_go_back(before);
	assert_int_equal(r, -EACCES);
	assert_non_null(strstr(kernel->error.text, "/class/leds/ACT: is the user in group gpio"));
}

static void test_files_that_are_no_leds_are_refused(void **state)
{
	struct kernel *kernel = *state;
	static const char *const texts[] = {"0\n", "-1\n", "bright\n", "4294967296\n"};

	make_led(&kernel->sys, "ACT", "255\n");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		temp_tree_write(&kernel->sys, ACT "/max_brightness", texts[i]);
		assert_int_equal(open_led(kernel, "ACT"), -EIO);
		assert_non_null(strstr(kernel->error.text, "ACT/max_brightness: "));
	}
	assert_brightness(kernel, "255");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_led_is_dark_once_it_is_open),
		TEST(test_closing_leaves_it_as_it_is),
		TEST(test_ten_levels_are_ten_brightnesses),
		TEST(test_one_that_is_on_or_off_is_on_at_every_level),
		TEST(test_a_missing_led_is_told_with_those_that_there_are),
		TEST(test_without_permission_the_user_is_told_the_group),
		TEST(test_files_that_are_no_leds_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
