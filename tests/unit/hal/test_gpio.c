/* SPDX-License-Identifier: MIT */
#include "gpio.h"
#include "trace_log.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_a_name_is_a_line_of_any_chip(void **state)
{
	(void)state;
	static const char *const names[] = {"GPIO17", "User LED", "ID_SDA", "P8.10"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct gpio_place place;
		assert_int_equal(gpio_place_parse(names[i], &place), 0);
		assert_string_equal(place.name, names[i]);
		assert_string_equal(place.chip, "");
	}
}

static void test_chip_and_offset(void **state)
{
	(void)state;
	static const struct {
		const char *text, *chip;
		uint32_t offset;
	} places[] = {
		{"pinctrl-rp1:17", "pinctrl-rp1", 17},
		{"gpiochip0:0", "gpiochip0", 0},
		{"INT33FF:00:7", "INT33FF:00", 7},
		{"gpio-brcmstb@107d508500:4", "gpio-brcmstb@107d508500", 4},
		{"chip:65535", "chip", 65535},
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct gpio_place place;
		assert_int_equal(gpio_place_parse(places[i].text, &place), 0);
		assert_string_equal(place.chip, places[i].chip);
		assert_string_equal(place.name, "");
		assert_int_equal(place.offset, places[i].offset);
	}
}

static void test_neither_form_is_refused_and_leaves_the_output_alone(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		":",
		":17",
		"pinctrl-rp1:",
		"pinctrl-rp1:x",
		"pinctrl-rp1:-1",
		"pinctrl-rp1:+1",
		"pinctrl-rp1: 1",
		"pinctrl-rp1:1 ",
		"pinctrl-rp1:0x11",
		"pinctrl-rp1:65536",
		"pinctrl-rp1:99999999999999999999",
		" GPIO17",
		"GPIO17 ",
		" chip:1",
		"GPIO\n17",
		"0123456789012345678901234567890123456789012345678901234567890123",
	};
	struct gpio_place place;

	memset(&place, 0x55, sizeof(place));
	struct gpio_place before = place;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(gpio_place_parse(texts[i], &place), -EINVAL);
	assert_int_equal(gpio_place_parse(NULL, &place), -EINVAL);
	assert_memory_equal(&place, &before, sizeof(place));
}

struct fake_line {
	struct gpio_line base;
	int result;
	unsigned closes;
	bool value;
};

static int fake_set(struct gpio_line *base, bool value)
{
	struct fake_line *line = (struct fake_line *)base;

	line->value = value;
	return line->result;
}

static void fake_close(struct gpio_line *base)
{
	((struct fake_line *)base)->closes++;
}

static const struct gpio_line_ops FAKE_OPS = {fake_set, fake_close};

static void test_set_passes_the_level_on_and_is_traced(void **state)
{
	(void)state;
	struct trace_log log = {""};
	struct hal_trace trace = trace_log_observer(&log);
	struct fake_line line = {.base = {.ops = &FAKE_OPS, .trace = &trace, .name = "GPIO17"}};

	assert_int_equal(gpio_line_set(&line.base, true), 0);
	assert_true(line.value);
	line.result = -ENODEV;
	assert_int_equal(gpio_line_set(&line.base, false), -ENODEV);
	assert_false(line.value);
	assert_string_equal(log.text, "GPIO17: set 1 ok\nGPIO17: set 0 the device is gone\n");
	assert_int_equal(gpio_line_set(NULL, true), -EINVAL);
}

static void test_close_takes_null_and_returns_null(void **state)
{
	(void)state;
	struct fake_line line = {.base = {.ops = &FAKE_OPS}};

	assert_null(gpio_line_close(NULL));
	assert_null(gpio_line_close(&line.base));
	assert_int_equal(line.closes, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_is_a_line_of_any_chip),
		cmocka_unit_test(test_chip_and_offset),
		cmocka_unit_test(test_neither_form_is_refused_and_leaves_the_output_alone),
		cmocka_unit_test(test_set_passes_the_level_on_and_is_traced),
		cmocka_unit_test(test_close_takes_null_and_returns_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
