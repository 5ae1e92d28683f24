/* SPDX-License-Identifier: MIT */
/* The types that an output's key may have: how they are read, how they are said back, and what is
 * no such value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_writer.h"
#include "payload_parse.h"
#include <stdio.h>
#include <string.h>

enum { ON, ANGLE, COLOR, FINE, N_KEYS };

static const struct output_key KEYS[N_KEYS] = {
	[ON] = {.name = "on", .type = OUTPUT_KEY_BOOL},
	[ANGLE] = {.name = "angle",
		.type = OUTPUT_KEY_NUMBER,
		.decimals = 1,
		.min = -3600,
		.max = 3600},
	[COLOR] = {.name = "color", .type = OUTPUT_KEY_COLOR, .initial = OUTPUT_COLOR_MAX},
	[FINE] = {.name = "fine",
		.type = OUTPUT_KEY_NUMBER,
		.decimals = 3,
		.max = 1500,
		.has_stop = true},
};

/* The params are the two ends of the angle. */
static void narrow(const double *params, size_t key, struct output_range *range)
{
	if (key == ANGLE)
		*range = (struct output_range){(int)(10 * params[0]), (int)(10 * params[1])};
}

static const struct output_kind KIND = {
	.word = "test", .moves = true, .keys = KEYS, .n_keys = N_KEYS, .narrow = narrow};

static const double PARAMS[] = {0, 180};

/* Reads a key's value as it stands in an action; then the numbers, or the mistakes in *errors. */
static struct output_values read_value(
	size_t key, const char *json, const double *params, struct payload_errors *errors)
{
	struct config_output output = {.kind = &KIND};
	const struct payload_key_of of = {&KIND, params ? &output : NULL};
	struct payload_parser parser = {.errors = errors};
	struct output_values values = {0};
	cJSON *item = cJSON_Parse(json);

	assert_non_null(item);
	if (params)
		memcpy(output.params, params, sizeof(PARAMS));
	errors->count = 0;
	payload_check_key(&parser, NULL, &of, key, item, &values);
	cJSON_Delete(item);
	assert_int_equal(errors->count, !output_values_has(&values, key));
	return values;
}

static void a_value_is_said_back(void **state)
{
	static const struct {
		size_t key;
		const char *json;
		int number;
		const char *said;
	} ROWS[] = {
		{ON, "true", 1, "{\"on\":true}"},
		{ON, "false", 0, "{\"on\":false}"},
		{ANGLE, "45.5", 455, "{\"angle\":45.5}"},
		{ANGLE, "45", 450, "{\"angle\":45}"},
		{ANGLE, "0.1", 1, "{\"angle\":0.1}"},
		{ANGLE, "0", 0, "{\"angle\":0}"},
		{ANGLE, "-0", 0, "{\"angle\":0}"},
		{ANGLE, "179.9", 1799, "{\"angle\":179.9}"},
		{ANGLE, "1.8e2", 1800, "{\"angle\":180}"},
		{COLOR, "\"#ff8000\"", 0xff8000, "{\"color\":\"#ff8000\"}"},
		{COLOR, "\"#00000A\"", 0x00000a, "{\"color\":\"#00000a\"}"},
		{COLOR, "\"#FFFFFF\"", 0xffffff, "{\"color\":\"#ffffff\"}"},
		{FINE, "0.001", 1, "{\"fine\":0.001}"},
		{FINE, "1.5", 1500, "{\"fine\":1.5}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct payload_errors errors;
		struct output_values values =
			read_value(ROWS[i].key, ROWS[i].json, PARAMS, &errors);
		struct json_writer json;
		char text[64];

		assert_true(output_values_has(&values, ROWS[i].key));
		assert_int_equal(values.numbers[ROWS[i].key], ROWS[i].number);
		json_begin(&json, text, sizeof(text));
		payload_add_key(&json, &KEYS[ROWS[i].key], ROWS[i].number);
		assert_true(json_finish(&json) > 0);
		assert_string_equal(text, ROWS[i].said);
	}
}

static void every_tenth_of_the_range_comes_back(void **state)
{
	(void)state;
	for (int number = 0; number <= 1800; number++) {
		struct payload_errors errors;
		char text[24];

		(void)snprintf(text, sizeof(text), "%d.%d", number / 10, number % 10);
		assert_int_equal(read_value(ANGLE, text, PARAMS, &errors).numbers[ANGLE], number);
		assert_int_equal(errors.count, 0);
	}
}

static void what_is_none_is_refused(void **state)
{
	static const struct {
		size_t key;
		const char *json, *reason;
	} ROWS[] = {
		{ANGLE, "45.55", "45.55 has more than 1 decimal"},
		{ANGLE, "1e-9", "1e-09 has more than 1 decimal"},
		{ANGLE, "180.1", "180.1 is outside 0..180"},
		{ANGLE, "-0.1", "-0.1 is outside 0..180"},
		{ANGLE, "1e300", "1e+300 is outside 0..180"},
		{ANGLE, "1e400", "a number of that size is outside 0..180"},
		{ANGLE, "\"45\"", "must be a number, not a string"},
		{FINE, "0.0005", "0.0005 has more than 3 decimals"},
		{FINE, "1.501", "1.501 is outside 0..1.5"},
		{FINE, "\"off\"", "must be a number, not a string: to stop it, say \"fine\":0"},
		{COLOR, "\"#000000\"", "\"#000000\" is dark: to turn it off, say \"on\":false"},
		{COLOR, "16744448", "must be a string such as \"#ff8000\", not a number"},
		{COLOR, "\"ff8000\"",
			"\"ff8000\" is no color: write it as \"#ff8000\" (red, green and blue, "
			"each from 00 to ff)"},
		{COLOR, "\"#f80\"",
			"\"#f80\" is no color: write it as \"#ff8000\" (red, green and blue, "
			"each from 00 to ff)"},
		{COLOR, "\"#ff80001\"",
			"\"#ff80001\" is no color: write it as \"#ff8000\" (red, green and blue, "
			"each from 00 to ff)"},
		{COLOR, "\"# ff800\"",
			"\"# ff800\" is no color: write it as \"#ff8000\" (red, green and blue, "
			"each from 00 to ff)"},
		{COLOR, "\"#-f8000\"",
			"\"#-f8000\" is no color: write it as \"#ff8000\" (red, green and blue, "
			"each from 00 to ff)"},
		{COLOR, "\"\"",
			"\"\" is no color: write it as \"#ff8000\" (red, green and blue, each "
			"from 00 to ff)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct payload_errors errors;

		(void)read_value(ROWS[i].key, ROWS[i].json, PARAMS, &errors);
		assert_int_equal(errors.count, 1);
		assert_string_equal(errors.items[0].reason, ROWS[i].reason);
	}
}

static void an_output_that_is_not_there_has_the_range_of_all(void **state)
{
	struct payload_errors errors;

	(void)state;
	assert_int_equal(read_value(ANGLE, "-360", NULL, &errors).numbers[ANGLE], -3600);
	(void)read_value(ANGLE, "360.1", NULL, &errors);
	assert_string_equal(errors.items[0].reason, "360.1 is outside -360..360");
}

static void the_first_value_lies_in_the_range(void **state)
{
	static const double ABOVE[] = {45, 90};
	static const double BELOW[] = {-90, -45};

	(void)state;
	assert_int_equal(output_kind_initial(&KIND, ABOVE).numbers[ANGLE], 450);
	assert_int_equal(output_kind_initial(&KIND, BELOW).numbers[ANGLE], -450);
	assert_int_equal(output_kind_initial(&KIND, PARAMS).numbers[ANGLE], 0);
	assert_int_equal(output_kind_initial(&KIND, NULL).numbers[COLOR], 0xffffff);
}

static void what_stops_is_known_with_decimals(void **state)
{
	(void)state;
	assert_true(
		payload_key_stops(&KEYS[FINE], &(cJSON){.type = cJSON_Number, .valuedouble = 0}));
	assert_false(payload_key_stops(
		&KEYS[FINE], &(cJSON){.type = cJSON_Number, .valuedouble = 0.001}));
	assert_false(
		payload_key_stops(&KEYS[COLOR], &(cJSON){.type = cJSON_Number, .valuedouble = 0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_said_back),
		cmocka_unit_test(every_tenth_of_the_range_comes_back),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(an_output_that_is_not_there_has_the_range_of_all),
		cmocka_unit_test(the_first_value_lies_in_the_range),
		cmocka_unit_test(what_stops_is_known_with_decimals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
