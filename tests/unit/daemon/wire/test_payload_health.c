/* SPDX-License-Identifier: MIT */
/* The shape of ROOT/health, and the condition of one part. */
#include "health_part.h"
#include "payload.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SINCE_MS_LATE = 10 };

#define SINCE_MS   UINT64_C(1795360000123)
#define N(array)   (sizeof(array) / sizeof((array)[0]))
#define ROWS(rows) ((struct payload_health_rows){(rows), N(rows)})

static void each_kind_of_row_has_its_words(void **state)
{
	static const char *const REDUCED[] = {"retain", "qos 2 of the \"will\""};
	const struct payload_health_row more[] = {
		{.key = "rows", .kind = PAYLOAD_HEALTH_COUNT, .count = 12},
		{.key = "bytes", .kind = PAYLOAD_HEALTH_TEXT, .text = NULL},
	};
	const struct payload_health_row sensors[] = {
		{.key = "temp", .kind = PAYLOAD_HEALTH_PART, .part = {.ok = true}},
		{.key = "cds",
			.kind = PAYLOAD_HEALTH_PART,
			.part = {.error = "ads1115 at 0x48 on /dev/i2c-1: no answer",
				.since_ms = SINCE_MS}},
		{.key = "humi",
			.kind = PAYLOAD_HEALTH_PART,
			.part = {.error = "gone", .since_ms = 1, .more = ROWS(more)}},
	};
	const struct payload_health_row rows[] = {
		{.key = "version", .kind = PAYLOAD_HEALTH_TEXT, .text = "1.0.0"},
		{.key = "readings",
			.kind = PAYLOAD_HEALTH_COUNT,
			.count = UINT64_C(9007199254740993)},
		{.key = "clock_set", .kind = PAYLOAD_HEALTH_FLAG, .flag = true},
		{.key = "reduced", .kind = PAYLOAD_HEALTH_TEXTS, .texts = {REDUCED, N(REDUCED)}},
		{.key = "nothing", .kind = PAYLOAD_HEALTH_TEXTS, .texts = {NULL, 0}},
		{.key = "sensors", .kind = PAYLOAD_HEALTH_ROWS, .rows = ROWS(sensors)},
		{.key = "cpu_ms", .kind = PAYLOAD_HEALTH_COUNT, .count = UINT64_MAX},
	};
	char text[1024];

	(void)state;
	assert_true(payload_format_health(&ROWS(rows), text, sizeof(text)) > 0);
	assert_string_equal(text,
		"{\"version\":\"1.0.0\",\"readings\":9007199254740993,\"clock_set\":true,"
		"\"reduced\":[\"retain\",\"qos 2 of the \\\"will\\\"\"],\"nothing\":[],"
		"\"sensors\":{\"temp\":{\"ok\":true},\"cds\":{\"ok\":false,\"error\":"
		"\"ads1115 at 0x48 on /dev/i2c-1: no answer\",\"since\":1795360000123},"
		"\"humi\":{\"ok\":false,\"error\":\"gone\",\"since\":null,\"rows\":12,"
		"\"bytes\":null}},\"cpu_ms\":9223372036854775807}");
	assert_int_equal(payload_format_health(&ROWS(rows), text, 100), -ENOBUFS);
}

static void a_failure_keeps_the_time_of_its_beginning(void **state)
{
	struct health_part part = {0};

	(void)state;
	assert_false(health_part_note(&part, NULL, 1));
	assert_true(health_part_note(&part, "no answer", SINCE_MS));
	assert_false(health_part_note(&part, "no answer", SINCE_MS + SINCE_MS_LATE));
	assert_true(health_part_note(&part, "stuck", SINCE_MS + SINCE_MS_LATE));
	assert_true(part.failed);
	assert_string_equal(part.error, "stuck");
	assert_true(part.since_ms == SINCE_MS);

	assert_true(health_part_note(&part, NULL, SINCE_MS + SINCE_MS_LATE));
	assert_false(part.failed);
	assert_true(health_part_note(&part, "stuck", SINCE_MS + SINCE_MS_LATE));
	assert_true(part.since_ms == SINCE_MS + SINCE_MS_LATE);
}

static void a_long_reason_is_cut_and_stays_the_same_one(void **state)
{
	struct health_part part = {0};
	char reason[2 * HEALTH_PART_TEXT_BYTES];

	(void)state;
	memset(reason, 'x', sizeof(reason));
	reason[sizeof(reason) - 1] = '\0';
	assert_true(health_part_note(&part, reason, 1));
	assert_int_equal(strlen(part.error), HEALTH_PART_TEXT_BYTES - 1);
	assert_false(health_part_note(&part, reason, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_row_has_its_words),
		cmocka_unit_test(a_failure_keeps_the_time_of_its_beginning),
		cmocka_unit_test(a_long_reason_is_cut_and_stays_the_same_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
