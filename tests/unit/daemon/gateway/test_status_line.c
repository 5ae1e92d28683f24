/* SPDX-License-Identifier: MIT */
#include "status_line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const CLIMATE[] = {"temp", "humi"};
static const char *const OUTPUTS[] = {"red", "fan"};

static void test_what_fails_is_named(void **state)
{
	static const struct {
		struct status_line line;
		const char *text;
	} CASES[] = {
		{{.connected = true, .n_sensors = 4, .interval_ms = 500},
			"Connected, 4 sensors (0 failing), interval 500 ms"},
		{{.connected = true, .is_deaf = true, .n_sensors = 4, .interval_ms = 500},
			"Connected, but the broker passes on no actions, 4 sensors (0 failing), "
			"interval 500 ms"},
		{{.n_sensors = 0, .interval_ms = 1000},
			"Not connected, 0 sensors (0 failing), interval 1000 ms"},
		{{.connected = true, .n_sensors = 4, .sensors = {CLIMATE, 2}, .interval_ms = 500},
			"Connected, 4 sensors (2 failing: temp, humi), interval 500 ms"},
		{{.made_safe = "motors are stopped",
			 .n_sensors = 1,
			 .outputs = {OUTPUTS, 2},
			 .interval_ms = 20},
			"Not connected, fail-safe: motors are stopped, 1 sensors (0 failing), "
			"failing outputs: red, fan, interval 20 ms"},
	};
	char text[STATUS_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		status_line_format(&CASES[i].line, text);
		assert_string_equal(text, CASES[i].text);
	}
}

static void test_many_names_are_counted(void **state)
{
	const char *names[256];
	struct status_line line = {
		.connected = true,
		.n_sensors = 256,
		.sensors = {names, 256},
		.outputs = {names, 80},
		.interval_ms = 3600000,
	};
	char text[STATUS_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < 256; i++)
		names[i] = "a_name_of_thirty_two_letters_abc";
	status_line_format(&line, text);
	assert_non_null(strstr(text, "a_name_of_thirty_two_letters_abc and 253 more)"));
	assert_non_null(strstr(text, "a_name_of_thirty_two_letters_abc and 77 more, "));
	assert_non_null(strstr(text, "interval 3600000 ms"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_fails_is_named),
		cmocka_unit_test(test_many_names_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
