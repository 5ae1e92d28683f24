/* SPDX-License-Identifier: MIT */
#include "last_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/* A start now, after others, and whether the process before has ended in order. */
static const struct {
	const char *what;
	bool has_ended;
	const char *boot; /* of the starts before */
	size_t n_starts;
	uint64_t starts_ms[LAST_STARTS_MAX];
	const char *now_boot;
	uint64_t now_ms;
	enum last_verdict want;
} VERDICTS[] = {
	{"the first start of all", true, "", 0, {0}, "a", 5000, LAST_IS_GOOD},
	{"after an end in order", true, "a", 1, {5000}, "a", 6000, LAST_IS_GOOD},
	{"after a crash", false, "a", 1, {5000}, "a", 90000, LAST_NOT_ENDED},
	{"after a power cut", false, "a", 1, {5000}, "b", 5000, LAST_NOT_ENDED},
	{"after a reboot in order", true, "a", 2, {5000, 6000}, "b", 7000, LAST_IS_GOOD},
	{"the third start in a minute", true, "a", 2, {5000, 6000}, "a", 64999, LAST_TOO_OFTEN},
	{"at once", true, "a", 2, {5000, 5000}, "a", 5000, LAST_TOO_OFTEN},
	{"the third start in a minute and no less", true, "a", 2, {5000, 6000}, "a", 65000,
		LAST_IS_GOOD},
	{"a crash and often", false, "a", 2, {5000, 6000}, "a", 7000, LAST_NOT_ENDED},
	{"boots that are not known", true, "", 2, {5000, 6000}, "", 7000, LAST_TOO_OFTEN},
	{"another boot that is not known", true, "", 2, {5000, 6000}, "", 5500, LAST_IS_GOOD},
};

static void whether_the_record_may_be_trusted(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(VERDICTS); i++) {
		struct last_record record = {
			.has_ended = VERDICTS[i].has_ended, .n_starts = VERDICTS[i].n_starts};

		memcpy(record.starts_ms, VERDICTS[i].starts_ms, sizeof(record.starts_ms));
		(void)snprintf(record.boot, sizeof(record.boot), "%s", VERDICTS[i].boot);
		print_message("%s\n", VERDICTS[i].what);
		assert_int_equal(
			last_record_judge(&record, VERDICTS[i].now_boot, VERDICTS[i].now_ms),
			VERDICTS[i].want);
	}
}

/* Each start, with the verdict on it. */
static void starts_are_remembered(void **state)
{
	static const struct {
		const char *boot;
		uint64_t now_ms;
		enum last_verdict want;
	} STARTS[] = {
		{"a", 1000, LAST_IS_GOOD},
		{"a", 2000, LAST_IS_GOOD},
		{"a", 3000, LAST_TOO_OFTEN},
		{"a", 61000, LAST_TOO_OFTEN},
		{"a", 63000, LAST_IS_GOOD},
		{"b", 500, LAST_IS_GOOD},
		{"b", 600, LAST_IS_GOOD},
		{"b", 700, LAST_TOO_OFTEN},
		{"b", 80000, LAST_IS_GOOD},
	};
	struct last_record record = {.has_ended = true};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(STARTS); i++) {
		assert_int_equal(last_record_judge(&record, STARTS[i].boot, STARTS[i].now_ms),
			STARTS[i].want);
		last_record_begin(&record, STARTS[i].boot, STARTS[i].now_ms);
		assert_false(record.has_ended);
		record.has_ended = true;
	}
}

#define HEAD "states 1\nended yes\nboot 3cbd 12345 23456\n"

static const char *const GOOD[] = {
	HEAD "end\n",
	"states 1\nended no\nboot -\nend\n",
	"states 1\nended no\nboot 3cbd2a55-9ecb-4b43-9c0b-2b0d6a1cdb9d 5\nend\n",
	HEAD "led red on=1 percent=505 bright=6\nrelay red on=0\nled 4th on=0\nend\n",
	HEAD "led mood on=1 color=16744448\nservo flap on=1 angle=-225\nend\n",
};

static void what_is_written_is_read(void **state)
{
	static char text[LAST_TEXT_BYTES + 1], again[LAST_TEXT_BYTES + 1];
	static struct last_record record, second;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(GOOD); i++) {
		size_t size;

		(void)snprintf(text, sizeof(text), "%s", GOOD[i]);
		assert_int_equal(last_record_parse(text, &record), 0);
		size = last_record_format(&record, text);
		text[size] = '\0';
		assert_int_equal(size, strlen(GOOD[i]));
		(void)snprintf(again, sizeof(again), "%s", text);
		assert_int_equal(last_record_parse(again, &second), 0);
		assert_memory_equal(&record, &second, sizeof(record));
	}
	assert_string_equal(record.items[0].name, "mood");
	assert_string_equal(record.items[1].kind->word, "servo");
}

static const struct {
	unsigned line;
	const char *text;
} BAD[] = {
	{1, ""},
	{1, "\n"},
	{1, "states 2\nended yes\nboot a\nend\n"},
	{1,
		"\x7f"
		"ELF"},
	{2, "states 1\n"},
	{2, "states 1\nended\nboot a\nend\n"},
	{2, "states 1\nended maybe\nboot a\nend\n"},
	{2, "states 1\nended no more\nboot a\nend\n"},
	{3, "states 1\nended no\n"},
	{3, "states 1\nended no\nboot\nend\n"},
	{3, "states 1\nended no\nboot a 1 2 3\nend\n"},
	{3, "states 1\nended no\nboot a -1\nend\n"},
	{3, "states 1\nended no\nboot a 1x\nend\n"},
	{3, "states 1\nended no\nboot a \nend\n"},
	{3, "states 1\nended no\nboot 0123456789012345678901234567890123456789\nend\n"},
	{4, HEAD},
	{4, HEAD "en"},
	{4, HEAD "end"},
	{4, HEAD "end\nled red on=1\n"},
	{4, HEAD "lamp red on=1\nend\n"},
	{4, HEAD "led red\nend\n"},
	{4, HEAD "led red \nend\n"},
	{4, HEAD "led red on\nend\n"},
	{4, HEAD "led red on=\nend\n"},
	{4, HEAD "led red on=2\nend\n"},
	{4, HEAD "led red on=1 on=1\nend\n"},
	{4, HEAD "led red on=1 \nend\n"},
	{4, HEAD "led red bright=11\nend\n"},
	{4, HEAD "led red color=0\nend\n"},
	{4, HEAD "led red angle=4\nend\n"},
	{4, HEAD "servo flap angle=99999999999999999999\nend\n"},
	{5, HEAD "led red on=1\nled red on=0\nend\n"},
	{4,
		HEAD
		"led 0123456789012345678901234567890123456789012345678901234567890123 on=1\nend\n"},
};

static void what_is_none_of_ours_is_named_by_its_line(void **state)
{
	static char text[LAST_TEXT_BYTES + 1];
	static struct last_record record;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(BAD); i++) {
		(void)snprintf(text, sizeof(text), "%s", BAD[i].text);
		print_message("%s\n", BAD[i].text);
		assert_int_equal(last_record_parse(text, &record), BAD[i].line);
		assert_int_equal(record.n_items, 0);
		assert_int_equal(record.n_starts, 0);
	}
}

/* As many outputs as a map may have, each with all keys, the longest name and the longest numbers.
 */
static void there_is_room_for_every_output(void **state)
{
	static char text[LAST_TEXT_BYTES];
	static struct last_record record;

	(void)state;
	for (size_t k = 0; output_kind_table[k]; k++) {
		record = (struct last_record){
			.n_starts = LAST_STARTS_MAX, .n_items = CONFIG_OUTPUTS_MAX};
		memset(record.boot, 'b', LAST_BOOT_BYTES - 1);
		memset(record.starts_ms, 0xff, sizeof(record.starts_ms));
		for (size_t i = 0; i < CONFIG_OUTPUTS_MAX; i++) {
			record.items[i].kind = output_kind_table[k];
			memset(record.items[i].name, 'n', LAST_NAME_BYTES - 1);
			for (size_t key = 0; key < output_kind_table[k]->n_keys; key++)
				output_values_set(&record.items[i].values, key, INT32_MIN);
		}
		assert_true(last_record_format(&record, text) < LAST_TEXT_BYTES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whether_the_record_may_be_trusted),
		cmocka_unit_test(starts_are_remembered),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_none_of_ours_is_named_by_its_line),
		cmocka_unit_test(there_is_room_for_every_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
