/* SPDX-License-Identifier: MIT */
#include "pi_lines.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The number of the line that the map's text is, or -1. */
static int find(const char *text, enum pi_line_match expected)
{
	struct gpio_place place;
	unsigned number = 99;

	assert_int_equal(gpio_place_parse(text, &place), 0);
	assert_int_equal(pi_line_find(&place, &number), expected);
	if (expected == PI_LINE_NONE)
		assert_int_equal(number, 99);
	return (int)number;
}

static void test_places(void **state)
{
	(void)state;
	assert_int_equal(find("GPIO0", PI_LINE_CERTAIN), 0);
	assert_int_equal(find("GPIO27", PI_LINE_CERTAIN), 27);
	assert_int_equal(find("SPI_CE1_N", PI_LINE_CERTAIN), 7);
	assert_int_equal(find("TXD1", PI_LINE_CERTAIN), 14);
	assert_int_equal(find("pinctrl-rp1:17", PI_LINE_CERTAIN), 17);
	assert_int_equal(find("pinctrl-bcm2711:2", PI_LINE_CERTAIN), 2);
	assert_int_equal(find("gpiochip0:17", PI_LINE_LIKELY), 17);
	assert_int_equal(find("gpiochip4:17", PI_LINE_LIKELY), 17);
	find("GPIO28", PI_LINE_NONE);
	find("GPIO017", PI_LINE_NONE);
	find("gpiochip1:17", PI_LINE_NONE);
	find("gpiochip0:28", PI_LINE_NONE);
	find("pcf8574:3", PI_LINE_NONE);
	/* Line 32 on models with Bluetooth. */
	find("TXD0", PI_LINE_NONE);
}

static void test_names(void **state)
{
	(void)state;
	assert_true(pi_line_has_name(2, "GPIO2"));
	assert_true(pi_line_has_name(2, "SDA1"));
	assert_true(pi_line_has_name(14, "TXD0"));
	assert_true(pi_line_has_name(14, "TXD1"));
	assert_false(pi_line_has_name(2, "GPIO3"));
	assert_false(pi_line_has_name(3, "SDA1"));
	assert_false(pi_line_has_name(2, ""));
}

static void test_pulls(void **state)
{
	(void)state;
	assert_true(pi_line_pulled_up(0));
	assert_true(pi_line_pulled_up(8));
	assert_false(pi_line_pulled_up(9));
	assert_false(pi_line_pulled_up(27));
}

static void test_pins(void **state)
{
	(void)state;
	bool seen[PI_LINES] = {false};
	unsigned n = 0;

	assert_int_equal(pi_line_at_pin(11), 17);
	assert_int_equal(pi_line_at_pin(3), 2);
	assert_int_equal(pi_line_at_pin(40), 21);
	assert_int_equal(pi_line_at_pin(1), -ENOENT); /* 3.3 V */
	assert_int_equal(pi_line_at_pin(41), -ENOENT);
	for (unsigned pin = 1; pin <= 40; pin++) {
		int number = pi_line_at_pin(pin);
		if (number < 0)
			continue;
		assert_false(seen[number]);
		seen[number] = true;
		n++;
	}
	assert_int_equal(n, PI_LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_pulls),
		cmocka_unit_test(test_pins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
