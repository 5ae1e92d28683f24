/* SPDX-License-Identifier: MIT */
#include "fake_config.h"
#include "output_words.h"
#include "payload.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 65536 };

static const unsigned char ALL_DUE[FAKE_SENSORS] = {1, 1, 1, 1};

/* As fake_config has them. */
enum { LED_0, LED_1, MOTOR_0, MOTOR_1 };

static int setup(void **state)
{
	static struct fake_config fake;

	fake_config_init(&fake);
	*state = &fake;
	return 0;
}

static void assert_reading(const struct config *config, const double *values, const char *expected)
{
	struct reading reading = {UINT64_C(1795360000123), 0, config->n_sensors, values, ALL_DUE};
	char text[TEXT_MAX];
	int r = payload_format_reading(config, &reading, text, sizeof(text));

	assert_int_equal(r, strlen(expected));
	assert_string_equal(text, expected);
}

static void a_reading_has_the_maps_keys_in_the_maps_order(void **state)
{
	const struct fake_config *fake = *state;
	const double values[] = {23.4, 45.25, 812, 133.125};

	assert_reading(&fake->config, values,
		"{\"temp\":23,\"humi\":45.3,\"cds\":812,\"sound\":133.13,\"ts\":1795360000123}");
}

static void a_value_that_could_not_be_read_is_null(void **state)
{
	const struct fake_config *fake = *state;
	const double values[] = {(double)NAN, (double)INFINITY, -0.4, -0.005};

	assert_reading(&fake->config, values,
		"{\"temp\":null,\"humi\":null,\"cds\":0,\"sound\":-0.01,\"ts\":1795360000123}");
}

static void values_are_plain_numbers_of_any_size(void **state)
{
	const struct fake_config *fake = *state;
	const double values[] = {1e15, 1e-7, 9007199254740992.0, 2.675};

	assert_reading(&fake->config, values,
		"{\"temp\":1000000000000000,\"humi\":0,\"cds\":9007199254740992,\"sound\":2.68,"
		"\"ts\":1795360000123}");
}

static void the_time_stamp_can_be_left_out(void **state)
{
	const double values[] = {1, 2, 3, 4};
	struct fake_config fake;

	(void)state;
	fake_config_init(&fake);
	fake.config.mqtt.timestamp = false;
	assert_reading(&fake.config, values, "{\"temp\":1,\"humi\":2,\"cds\":3,\"sound\":4}");
	fake.config.n_sensors = 0;
	assert_reading(&fake.config, values, "{}");
}

static void a_reading_from_before_the_clock_was_set_gets_its_time_later(void **state)
{
	const struct fake_config *fake = *state;
	const double values[] = {1, 2, 3, 4};
	struct reading reading = {12345, 12345000, FAKE_SENSORS, values, ALL_DUE};
	char text[200];
	int size = payload_format_reading(&fake->config, &reading, text, sizeof(text));

	assert_string_equal(
		text, "{\"temp\":1,\"humi\":2,\"cds\":3,\"sound\":4,\"ts\":null         }");
	assert_false(payload_set_time(text, (size_t)size, 12345));
	assert_false(payload_set_time(text, 5, 1795360000123));
	assert_true(payload_set_time(text, (size_t)size, 1795360000123));
	assert_string_equal(
		text, "{\"temp\":1,\"humi\":2,\"cds\":3,\"sound\":4,\"ts\":1795360000123}");
	/* Once is enough. */
	assert_false(payload_set_time(text, (size_t)size, 1795360000999));
}

static void a_buffer_that_is_too_small_is_refused(void **state)
{
	const struct fake_config *fake = *state;
	const double values[] = {23.4, 45.25, 812, 133.125};
	struct reading reading = {1795360000123, 0, FAKE_SENSORS, values, ALL_DUE};

	/* the text has 67 bytes, and then the NUL */
	for (size_t size = 0; size <= 67; size++) {
		char *text = malloc(size ? size : 1);

		assert_non_null(text);
		assert_int_equal(
			payload_format_reading(&fake->config, &reading, text, size), -ENOBUFS);
		free(text);
	}
}

static void an_event_has_its_word_and_its_time(void **state)
{
	char text[64];
	int size;

	(void)state;
	size = payload_format_event("door", "1", UINT64_C(1795360000123), text, sizeof(text));
	assert_int_equal(size, strlen(text));
	assert_string_equal(text, "{\"door\":1,\"ts\":1795360000123}");
	(void)payload_format_event("bell", "double", UINT64_C(1795360000123), text, sizeof(text));
	assert_string_equal(text, "{\"bell\":\"double\",\"ts\":1795360000123}");
	size = payload_format_event("door", "0", 5, text, sizeof(text));
	assert_true(payload_set_time(text, (size_t)size, UINT64_C(1795360000123)));
	assert_string_equal(text, "{\"door\":0,\"ts\":1795360000123}");
	assert_int_equal(payload_format_event("door", "1", 5, text, 8), -ENOBUFS);
}

static void a_single_value_is_plain_text(void **state)
{
	const struct fake_config *fake = *state;
	char text[16];

	assert_int_equal(
		payload_format_value(&fake->sensors[FAKE_TEMP], 23.4, text, sizeof(text)), 2);
	assert_string_equal(text, "23");
	assert_int_equal(
		payload_format_value(&fake->sensors[FAKE_HUMI], 23.4, text, sizeof(text)), 4);
	assert_string_equal(text, "23.4");
	assert_int_equal(
		payload_format_value(&fake->sensors[FAKE_HUMI], (double)NAN, text, sizeof(text)),
		-ENODATA);
	assert_int_equal(payload_format_value(&fake->sensors[FAKE_HUMI], 23.4, text, 4), -ENOBUFS);
}

static void assert_answer(const struct config *config, const struct payload_action *applied,
	const struct payload_errors *errors, const char *expected)
{
	char text[TEXT_MAX];
	int r = payload_format_answer(config, applied, errors, text, sizeof(text));

	assert_string_equal(text, expected);
	assert_int_equal(r, strlen(expected));
}

static void an_answer_says_what_was_applied(void **state)
{
	const struct fake_config *fake = *state;
	struct payload_action applied = {
		.id = {.kind = PAYLOAD_ID_INTEGER, .integer = 7},
		.n_outputs = 1,
		.outputs = {{.output = LED_0, .called = PAYLOAD_BY_INDEX, led_values(true, 10)}},
	};

	assert_answer(&fake->config, &applied, NULL,
		"{\"ok\":true,\"id\":7,\"applied\":{\"led\":{\"0\":{\"on\":true,\"bright\":10}}}}");
}

static void an_answer_calls_things_as_the_sender_did(void **state)
{
	const struct fake_config *fake = *state;
	const struct payload_errors none = {.count = 0};
	struct payload_action applied = {
		.id = {.kind = PAYLOAD_ID_STRING, .string = "a \"b\"\n"},
		.n_outputs = 4,
		.outputs =
			{
				/* Those of a kind stand together. */
				{MOTOR_1, PAYLOAD_BY_NAME, motor_values(WORD_BACKWARD, 0), {0}},
				{LED_1, PAYLOAD_BY_NAME, led_values(false, 0), {0}},
				{MOTOR_1, PAYLOAD_BY_INDEX, {.given = 2, .numbers = {0, 3}}, {0}},
				{MOTOR_0, PAYLOAD_PLAIN, motor_values(WORD_FORWARD, 4), {0}},
			},
		.interval_ms = 100,
	};

	assert_answer(&fake->config, &applied, &none,
		"{\"ok\":true,\"id\":\"a "
		"\\\"b\\\"\\n\",\"applied\":{\"led\":{\"green\":{\"on\":false}},"
		"\"motor\":{\"right\":{\"direction\":\"backward\"},\"1\":{\"speed\":3},"
		"\"direction\":\"forward\",\"speed\":4},\"sensors\":{\"interval\":100}}}");
}

static void an_answer_names_the_mistakes(void **state)
{
	const struct fake_config *fake = *state;
	struct payload_action only_id = {.id = {.kind = PAYLOAD_ID_INTEGER, .integer = 7}};
	struct payload_errors errors = {.count = 0};

	payload_error_add(&errors, "motor.speed", "%d is outside 1..10", 99);
	assert_answer(&fake->config, &only_id, &errors,
		"{\"ok\":false,\"id\":7,\"errors\":[{\"path\":\"motor.speed\","
		"\"reason\":\"99 is outside 1..10\"}]}");
	errors.count = 0;
	payload_error_add(&errors, "led", "unknown key \"lde\", did you mean \"led\"?");
	assert_answer(&fake->config, NULL, &errors,
		"{\"ok\":false,\"errors\":[{\"path\":\"led\","
		"\"reason\":\"unknown key \\\"lde\\\", did you mean \\\"led\\\"?\"}]}");
}

static void a_failed_write_tells_what_was_applied_before(void **state)
{
	const struct fake_config *fake = *state;
	struct payload_action applied = {.interval_ms = 100};
	struct payload_errors errors = {.count = 0};

	payload_error_add(&errors, "led.0", "/dev/gpiochip0 line 17: Device or resource busy");
	assert_answer(&fake->config, &applied, &errors,
		"{\"ok\":false,\"errors\":[{\"path\":\"led.0\",\"reason\":\"/dev/gpiochip0 line "
		"17: Device or resource busy\"}],\"applied\":{\"sensors\":{\"interval\":100}}}");
}

static void an_answer_counts_the_mistakes_it_has_no_room_for(void **state)
{
	const struct fake_config *fake = *state;
	struct payload_errors errors = {.count = 0};
	char text[TEXT_MAX];

	for (int i = 0; i < PAYLOAD_ERRORS_MAX + 3; i++)
		payload_error_add(&errors, "a", "b");
	assert_int_equal(errors.count, PAYLOAD_ERRORS_MAX + 3);
	assert_true(payload_format_answer(&fake->config, NULL, &errors, text, sizeof(text)) > 0);
	assert_non_null(strstr(text,
		"{\"path\":\"a\",\"reason\":\"b\"},"
		"{\"path\":\"\",\"reason\":\"and 3 more mistakes\"}]}"));
}

/* Quotes and backslashes need two bytes each. */
static void the_longest_answer_fits_into_a_message(void **state)
{
	const struct fake_config *fake = *state;
	struct payload_errors errors = {.count = 0};
	char text[TEXT_MAX], quotes[300];

	memset(quotes, '"', sizeof(quotes) - 1);
	quotes[sizeof(quotes) - 1] = '\0';
	for (int i = 0; i < PAYLOAD_ERRORS_MAX; i++)
		payload_error_add(&errors, quotes, "%s", quotes);
	assert_int_equal(strlen(errors.items[0].path), sizeof(errors.items[0].path) - 1);
	assert_int_equal(strlen(errors.items[0].reason), sizeof(errors.items[0].reason) - 1);
	assert_true(payload_format_answer(&fake->config, NULL, &errors, text, sizeof(text)) > 0);
}

static void the_largest_id_comes_back_exactly(void **state)
{
	const struct fake_config *fake = *state;
	struct payload_action action = {
		.id = {.kind = PAYLOAD_ID_INTEGER, .integer = INT64_C(-9007199254740991)},
	};

	assert_answer(&fake->config, &action, NULL, "{\"ok\":true,\"id\":-9007199254740991}");
	action.id.integer = INT64_C(1000000000000000);
	assert_answer(&fake->config, &action, NULL, "{\"ok\":true,\"id\":1000000000000000}");
}

static void the_state_is_an_action(void **state)
{
	const struct fake_config *fake = *state;
	struct payload_action now = {
		.n_outputs = 3,
		.outputs = {{LED_0, PAYLOAD_BY_INDEX, led_values(true, 7), {0}},
			{LED_1, PAYLOAD_BY_INDEX, led_values(false, 10), {0}},
			{MOTOR_0, PAYLOAD_PLAIN, motor_values(WORD_STOP, 5), {0}}},
		.interval_ms = 500,
	};
	char text[256];

	assert_true(payload_format_state(&fake->config, &now, text, sizeof(text)) > 0);
	assert_string_equal(text,
		"{\"led\":{\"0\":{\"on\":true,\"bright\":7},\"1\":{\"on\":false,\"bright\":10}},"
		"\"motor\":{\"direction\":\"stop\",\"speed\":5},\"sensors\":{\"interval\":500}}");
	now.n_outputs = 0;
	assert_true(payload_format_state(&fake->config, &now, text, sizeof(text)) > 0);
	assert_string_equal(text, "{\"sensors\":{\"interval\":500}}");
}

static void expect_cut(
	const struct fake_config *fake, const struct payload_errors *errors, const char *expected)
{
	struct payload_action applied = {.interval_ms = 3600000};
	char text[TEXT_MAX];
	size_t size;

	applied.id.kind = PAYLOAD_ID_STRING;
	strcpy(applied.id.string, ",\"errors\":[,\"applied\":{");
	applied.n_outputs = 1;
	applied.outputs[0] = (struct payload_output){
		.output = LED_0,
		.called = PAYLOAD_BY_NAME,
		.values = {.given = 3, .numbers = {1, 10}},
	};
	size = (size_t)payload_format_answer(&fake->config, &applied, errors, text, sizeof(text));
	assert_true(payload_cut(text, &size));
	text[size] = '\0';
	assert_string_equal(text, expected);
	assert_false(payload_cut(text, &size)); /* twice is once */
	assert_int_equal(size, strlen(expected));
}

static void an_answer_that_is_too_large_says_so_with_its_id(void **state)
{
	struct payload_errors errors = {.count = 0};
	char plain[] = "led1 on";
	size_t size = strlen(plain);

	expect_cut(*state, &errors,
		"{\"ok\":true,\"id\":\",\\\"errors\\\":[,\\\"applied\\\":{\",\"cut\":true}");
	for (int i = 0; i < PAYLOAD_ERRORS_MAX; i++)
		payload_error_add(&errors, "led.0", "no answer");
	expect_cut(*state, &errors,
		"{\"ok\":false,\"id\":\",\\\"errors\\\":[,\\\"applied\\\":{\",\"errors\":["
		"{\"path\":\"\",\"reason\":\"the answer is larger than this broker takes\"}],"
		"\"cut\":true}");
	assert_false(payload_cut(plain, &size));
	assert_string_equal(plain, "led1 on");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reading_has_the_maps_keys_in_the_maps_order),
		cmocka_unit_test(a_value_that_could_not_be_read_is_null),
		cmocka_unit_test(values_are_plain_numbers_of_any_size),
		cmocka_unit_test(the_time_stamp_can_be_left_out),
		cmocka_unit_test(a_reading_from_before_the_clock_was_set_gets_its_time_later),
		cmocka_unit_test(a_buffer_that_is_too_small_is_refused),
		cmocka_unit_test(an_event_has_its_word_and_its_time),
		cmocka_unit_test(a_single_value_is_plain_text),
		cmocka_unit_test(an_answer_says_what_was_applied),
		cmocka_unit_test(an_answer_calls_things_as_the_sender_did),
		cmocka_unit_test(an_answer_names_the_mistakes),
		cmocka_unit_test(a_failed_write_tells_what_was_applied_before),
		cmocka_unit_test(an_answer_counts_the_mistakes_it_has_no_room_for),
		cmocka_unit_test(the_longest_answer_fits_into_a_message),
		cmocka_unit_test(the_largest_id_comes_back_exactly),
		cmocka_unit_test(the_state_is_an_action),
		cmocka_unit_test(an_answer_that_is_too_large_says_so_with_its_id),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
