/* SPDX-License-Identifier: MIT */
#include "health.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000)

static uint64_t first_us(uint64_t random, uint64_t interval_us)
{
	static struct health health; /* large */

	health_init(&health, 0, random);
	return health_first_us(&health, interval_us);
}

static void test_the_first_comes_within_the_interval(void **state)
{
	(void)state;
	static const uint64_t intervals[] = {SECOND, 60 * SECOND, 24 * 3600 * SECOND};

	for (size_t i = 0; i < sizeof(intervals) / sizeof(*intervals); i++) {
		assert_int_equal(first_us(0, intervals[i]), 1000);
		assert_int_equal(first_us(UINT32_MAX, intervals[i]), intervals[i]);
		assert_int_equal(
			first_us(UINT64_C(1) << 31, intervals[i]), intervals[i] / 2 + 1000);
	}
}

/* Gateways that start together: no second of the minute gets much more than the others. */
static void test_many_are_spread(void **state)
{
	(void)state;
	unsigned n[61] = {0};
	uint64_t random = 1;

	for (unsigned i = 0; i < 6000; i++) {
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		n[first_us(random, 60 * SECOND) / SECOND]++;
	}
	for (size_t i = 0; i < 60; i++)
		assert_in_range(n[i], 50, 150);
}

enum { SENSORS = 4 };

static void fill(struct config *config, struct config_sensor sensors[SENSORS], char *names)
{
	for (size_t i = 0; names[2 * i]; i++) {
		sensors[i] = (struct config_sensor){.fingerprint = names + 2 * i};
		config->n_sensors = i + 1;
	}
	config->sensors = sensors;
}

static void test_another_map_keeps_what_fails_until_it_is_reported(void **state)
{
	static struct health health; /* large */
	char old_names[] = "a\0b\0c\0d\0", names[] = "d\0x\0a\0b\0";
	struct config_sensor old_sensors[SENSORS], sensors[SENSORS];
	struct config old = {.n_sensors = 0}, config = {.n_sensors = 0};

	(void)state;
	fill(&old, old_sensors, old_names);
	fill(&config, sensors, names);
	health_note_sensor(&health, 0, "of a", 1);
	health_note_sensor(&health, 1, "of b", 2);
	health_note_sensor(&health, 3, "of d", 4);
	health_keep_sensors(&health, &old, &config);
	assert_string_equal(health.sensors[0].error, "of d");
	assert_int_equal(health.sensors[0].since_ms, 4);
	assert_true(health.sensors[0].failed);
	assert_false(health.sensors[1].failed);
	assert_true(health.sensors[2].failed);
	assert_true(health.sensors[3].failed);
	/* "a" is reported, "b" as well, and nothing is said of "d": it works by now. */
	health_note_sensor(&health, 2, "of a", 1);
	health_note_sensor(&health, 3, NULL, 5);
	health_settle_sensors(&health);
	assert_false(health.sensors[0].failed);
	assert_true(health.sensors[2].failed);
	assert_false(health.sensors[3].failed);
	/* What fails once it is settled does so. */
	health_note_sensor(&health, 0, "of d", 6);
	health_settle_sensors(&health);
	assert_true(health.sensors[0].failed);
	/* A sensor that is gone does not come back with the next map. */
	config.n_sensors = 0;
	health_keep_sensors(&health, &config, &config);
	health_keep_sensors(&health, &config, &old);
	for (size_t i = 0; i < SENSORS; i++)
		assert_false(health.sensors[i].failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_comes_within_the_interval),
		cmocka_unit_test(test_many_are_spread),
		cmocka_unit_test(test_another_map_keeps_what_fails_until_it_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
