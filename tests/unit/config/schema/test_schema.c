/* SPDX-License-Identifier: MIT */
#include "schema.h"
#include "schema_text.h"
#include "schema_units.h"
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_units(void **state)
{
	(void)state;
	static const struct {
		enum schema_type type;
		const char *text;
		double value;
	} cases[] = {
		{SCHEMA_DURATION, "250us", 250},
		{SCHEMA_DURATION, "500ms", 500e3},
		{SCHEMA_DURATION, "20s", 20e6},
		{SCHEMA_DURATION, "1.5min", 90e6},
		{SCHEMA_DURATION, "1h", 3600e6},
		{SCHEMA_DURATION, "2d", 2 * 86400e6},
		{SCHEMA_DURATION, "0s", 0},
		{SCHEMA_DURATION, "20 s", 20e6},
		{SCHEMA_SIZE, "512B", 512},
		{SCHEMA_SIZE, "4KiB", 4096},
		{SCHEMA_SIZE, "16MiB", 16777216},
		{SCHEMA_SIZE, "1GiB", 1073741824},
		{SCHEMA_SIZE, "4kB", 4000},
		{SCHEMA_SIZE, "4MB", 4e6},
		{SCHEMA_SIZE, "4GB", 4e9},
		{SCHEMA_FREQUENCY, "50Hz", 50},
		{SCHEMA_FREQUENCY, "1kHz", 1e3},
		{SCHEMA_FREQUENCY, "1.35MHz", 1.35e6},
		{SCHEMA_PERCENT, "2%", 0.02},
		{SCHEMA_PERCENT, "2.5 %", 0.025},
		{SCHEMA_VOLTAGE, "4.096V", 4.096},
		{SCHEMA_VOLTAGE, "512mV", 0.512},
		{SCHEMA_NUMBER, "-1.5e3", -1500},
		{SCHEMA_NUMBER, "+.5", 0.5},
		{SCHEMA_NUMBER, "5.", 5},
		{SCHEMA_INTEGER, "007", 7},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double value = -1;
		assert_int_equal(schema_units_parse(cases[i].type, cases[i].text, &value), 0);
		assert_true(fabs(value - cases[i].value) <= 1e-15 * fabs(cases[i].value));
	}
}

static void test_wrong_numbers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum schema_type type;
		int error;
	} cases[] = {
		{"20", SCHEMA_DURATION, -ENODATA},
		{"20 ", SCHEMA_DURATION, -ENODATA},
		{"16", SCHEMA_SIZE, -ENODATA},
		{"1e3", SCHEMA_FREQUENCY, -ENODATA},
		{"0.02", SCHEMA_PERCENT, -ENODATA},
		{"4.096", SCHEMA_VOLTAGE, -ENODATA},
		{"20S", SCHEMA_DURATION, -ENOENT},
		{"20sec", SCHEMA_DURATION, -ENOENT},
		{"1h30min", SCHEMA_DURATION, -ENOENT},
		{"20s ", SCHEMA_DURATION, -ENOENT},
		{"0x10s", SCHEMA_DURATION, -ENOENT},
		{"16mib", SCHEMA_SIZE, -ENOENT},
		{"1khz", SCHEMA_FREQUENCY, -ENOENT},
		{"2%%", SCHEMA_PERCENT, -ENOENT},
		{"5kV", SCHEMA_VOLTAGE, -ENOENT},
		{"s", SCHEMA_DURATION, -EINVAL},
		{"", SCHEMA_DURATION, -EINVAL},
		{"infs", SCHEMA_DURATION, -EINVAL},
		{" 20s", SCHEMA_DURATION, -EINVAL},
		{"--20s", SCHEMA_DURATION, -EINVAL},
		{"1e999s", SCHEMA_DURATION, -EINVAL},
		{"nan", SCHEMA_NUMBER, -EINVAL},
		{"inf", SCHEMA_NUMBER, -EINVAL},
		{"0x10", SCHEMA_NUMBER, -EINVAL},
		{"1,5", SCHEMA_NUMBER, -EINVAL},
		{"1e", SCHEMA_NUMBER, -EINVAL},
		{".", SCHEMA_NUMBER, -EINVAL},
		{"-", SCHEMA_NUMBER, -EINVAL},
		{"5s", SCHEMA_NUMBER, -EINVAL},
		{"1000000000000000000000000000000000000000000000000000000000000000000",
			SCHEMA_NUMBER, -EINVAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double value = -1;
		assert_int_equal(
			schema_units_parse(cases[i].type, cases[i].text, &value), cases[i].error);
		assert_true(value == -1);
	}
}

static void test_format(void **state)
{
	(void)state;
	static const struct {
		enum schema_type type;
		double value;
		const char *text;
	} cases[] = {
		{SCHEMA_DURATION, 0, "0"},
		{SCHEMA_DURATION, 1, "1us"},
		{SCHEMA_DURATION, 1500, "1500us"},
		{SCHEMA_DURATION, 20e6, "20s"},
		{SCHEMA_DURATION, 65535e6, "65535s"},
		{SCHEMA_DURATION, 86400e6, "24h"},
		{SCHEMA_SIZE, 16777216, "16MiB"},
		{SCHEMA_SIZE, 1000000, "1000000B"},
		{SCHEMA_FREQUENCY, 1526, "1526Hz"},
		{SCHEMA_FREQUENCY, 2e6, "2MHz"},
		{SCHEMA_PERCENT, 0.9, "90%"},
		{SCHEMA_VOLTAGE, 0.256, "0.256V"},
		{SCHEMA_NUMBER, 0.001, "0.001"},
		{SCHEMA_INTEGER, 9, "9"},
	};
	char text[SCHEMA_UNITS_TEXT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		schema_units_format(cases[i].type, cases[i].value, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_list_of_units(void **state)
{
	(void)state;
	char list[SCHEMA_UNITS_TEXT_MAX];

	schema_units_list(SCHEMA_DURATION, list);
	assert_string_equal(list, "us, ms, s, min, h or d");
	schema_units_list(SCHEMA_SIZE, list);
	assert_string_equal(list, "B, KiB, MiB, GiB, kB, MB or GB");
	schema_units_list(SCHEMA_PERCENT, list);
	assert_string_equal(list, "%");
	schema_units_list(SCHEMA_NUMBER, list);
	assert_string_equal(list, "");
}

static void test_texts(void **state)
{
	(void)state;
	char longest[65];

	memset(longest, 'n', sizeof(longest) - 1);
	longest[64] = '\0';
	assert_string_equal(
		schema_text_wrong(SCHEMA_NAME, longest), "is longer than 63 characters");
	assert_null(schema_text_wrong(SCHEMA_NAME, longest + 1));
	assert_null(schema_text_wrong(SCHEMA_NAME, "A-z_09"));
	assert_non_null(schema_text_wrong(SCHEMA_NAME, "ä"));
	assert_null(schema_text_wrong(SCHEMA_TEXT, ""));
	assert_null(schema_text_wrong(SCHEMA_TEXT, "two\nlines"));
	assert_non_null(schema_text_wrong(SCHEMA_STRING, ""));
	assert_non_null(schema_text_wrong(SCHEMA_STRING, "two\nlines"));
	assert_null(schema_text_wrong(SCHEMA_PATH, "/etc/tos"));
	assert_non_null(schema_text_wrong(SCHEMA_PATH, "etc/tos"));
	assert_null(schema_text_wrong(SCHEMA_TOPIC, "a/b c/%H"));
	assert_non_null(schema_text_wrong(SCHEMA_TOPIC, "a/"));
	assert_non_null(schema_text_wrong(SCHEMA_TOPIC, "/"));
}

struct inner {
	unsigned count;
	bool on;
};

struct object {
	char *text;
	double share;
	uint64_t pause_us;
	uint32_t pause_ms;
	unsigned word, size;
	double number;
	struct inner inner;
	size_t custom;
};

static int read_custom(struct schema *schema, const struct yaml_node *node, void *field)
{
	(void)schema;
	*(size_t *)field = node->n_items;
	return 0;
}

static const struct schema_choice words[] = {{"one", 1}, {"two", 2}, {0}};
static const struct schema_option inner_options[] = {
	{.key = "count",
		SCHEMA_FIELD(struct inner, count),
		.type = SCHEMA_INTEGER,
		.min = 1,
		.max = 9,
		.initial = "3"},
	{.key = "on", SCHEMA_FIELD(struct inner, on), .type = SCHEMA_BOOL, .initial = "true"},
	{0},
};
static const struct schema_choice sizes[] = {{"small", 4}, {"large", 5}, {0}};
static const struct schema_option size_number = {.key = "size",
	SCHEMA_FIELD(struct object, number),
	.type = SCHEMA_NUMBER,
	.min = -8,
	.max = 8};
static const struct schema_option options[] = {
	{.key = "text",
		SCHEMA_FIELD(struct object, text),
		.type = SCHEMA_STRING,
		.initial = "hello"},
	{.key = "share",
		SCHEMA_FIELD(struct object, share),
		.type = SCHEMA_PERCENT,
		.max = 0.9,
		.initial = "10%"},
	{.key = "pause", SCHEMA_FIELD(struct object, pause_us), .type = SCHEMA_DURATION},
	{.key = "pause_ms",
		SCHEMA_FIELD(struct object, pause_ms),
		.type = SCHEMA_DURATION,
		.unit = 1e3,
		.initial = "1s"},
	{.key = "word",
		SCHEMA_FIELD(struct object, word),
		.type = SCHEMA_ENUM,
		.choices = words,
		.initial = "two"},
	{.key = "size",
		SCHEMA_FIELD(struct object, size),
		.type = SCHEMA_ENUM,
		.choices = sizes,
		.or_number = &size_number,
		.number_choice = 9,
		.initial = "large"},
	{.key = "inner",
		.type = SCHEMA_MAP,
		.offset = offsetof(struct object, inner),
		.options = inner_options},
	{.key = "custom",
		.type = SCHEMA_CUSTOM,
		.offset = offsetof(struct object, custom),
		.read = read_custom},
	{0},
};

/* Reads a text into the object. The number of mistakes. */
static size_t read_object(const char *text, struct object *object)
{
	struct diag *diag = NULL;
	struct yaml_node *root = NULL;

	assert_int_equal(diag_new("t", &diag), 0);
	assert_int_equal(yaml_tree_read_text(text, strlen(text), diag, &root), 0);
	struct schema schema = {.diag = diag};
	assert_int_equal(schema_read_map(&schema, root, options, object), 0);
	size_t count = diag_count(diag);
	yaml_tree_free(root);
	diag_free(diag);
	return count;
}

static void test_defaults(void **state)
{
	(void)state;
	struct object object = {.pause_us = 77, .custom = 88};

	assert_int_equal(read_object("{}", &object), 0);
	assert_string_equal(object.text, "hello");
	assert_true(fabs(object.share - 0.1) < 1e-12);
	assert_int_equal(object.pause_us, 77); /* without a default: untouched */
	assert_int_equal(object.pause_ms, 1000);
	assert_int_equal(object.word, 2);
	assert_int_equal(object.inner.count, 3);
	assert_true(object.inner.on);
	assert_int_equal(object.custom, 88);
	free(object.text);
}

static void test_values(void **state)
{
	(void)state;
	struct object object = {0};

	assert_int_equal(read_object("text: 5\nshare: 90%\npause: 1.5ms\npause_ms: 0.25s\n"
				     "word: one\ninner: {count: 9, on: false}\ncustom: [a, b]\n",
				 &object),
		0);
	assert_string_equal(object.text, "5");
	assert_true(fabs(object.share - 0.9) < 1e-12);
	assert_int_equal(object.pause_us, 1500);
	assert_int_equal(object.pause_ms, 250);
	assert_int_equal(object.word, 1);
	assert_int_equal(object.inner.count, 9);
	assert_false(object.inner.on);
	assert_int_equal(object.custom, 2);
	free(object.text);
}

/* Decimal fractions that binary cannot hold are still whole multiples and within limits. */
static void test_fractions(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"{pause: 0.3ms}", "{pause: 1.1s}", "{pause_ms: 0.007s}", "{share: 90.0%}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct object object = {0};
		assert_int_equal(read_object(texts[i], &object), 0);
		free(object.text);
	}
}

static void test_a_word_or_a_number(void **state)
{
	static const struct {
		const char *text;
		size_t mistakes;
		unsigned size;
		double number;
	} ROWS[] = {{"{}", 0, 5, 0}, {"size: small", 0, 4, 0}, {"size: -7.5", 0, 9, -7.5},
		{"size: 9", 1, 9, 0}, {"size: 4th", 1, 0, 0}, {"size: '3'", 1, 9, 0},
		{"size: [3]", 1, 0, 0}, {"size:", 1, 0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct object object = {0};

		assert_int_equal(read_object(ROWS[i].text, &object), ROWS[i].mistakes);
		assert_int_equal(object.size, ROWS[i].size);
		assert_true(fabs(object.number - ROWS[i].number) < 1e-12);
		free(object.text);
	}
}

static void test_all_mistakes_are_found(void **state)
{
	(void)state;
	struct object object = {0};

	assert_int_equal(read_object("text: [a]\nshare: 5\npause: 0.5us\npause_ms: 1500us\n"
				     "word: three\ninner: {count: 10, on: yes, off: no}\nmore: 1\n",
				 &object),
		9);
	assert_null(object.text);
	assert_int_equal(object.inner.count, 0);
	free(object.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_wrong_numbers),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_list_of_units),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_fractions),
		cmocka_unit_test(test_a_word_or_a_number),
		cmocka_unit_test(test_all_mistakes_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
