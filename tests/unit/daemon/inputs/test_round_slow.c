/* SPDX-License-Identifier: MIT */
/*
 * Rounds with parts that block: the real drivers on the simulated board, a clock that only the test
 * moves, and in place of the threads a list of the calls that are not back yet.
 */
#include "round.h"

#include "board_sim.h"
#include "fake_config.h"
#include "pace.h"
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND_US   UINT64_C(1000000)
#define INTERVAL_US UINT64_C(200000)
#define LIMIT_US    UINT64_C(100000)
#define SLOW_US     UINT64_C(750000)

struct pending {
	struct call *call;
	uint64_t begin_us, done_us;
};

struct fixture {
	struct fake_config fake;
	struct board *board;
	struct round *round;
	uint64_t now_us;
	uint64_t collect_us[FAKE_CHIPS]; /* how long a chip blocks when its value is fetched */
	struct pending pending[FAKE_CHIPS];
	size_t n_pending;
	unsigned n_apart, n_calls_apart, n_blocked;
	struct reading reading; /* the last one */
};

static uint64_t fake_now_us(void *userdata)
{
	return ((struct fixture *)userdata)->now_us;
}

static void show(struct fixture *fixture, const char *part, unsigned channel, double value)
{
	const struct sim_wave wave = {.kind = SIM_WAVE_CONSTANT, .min = value, .max = value};

	assert_int_equal(sim_set_wave(fixture->board, part, channel, &wave), 0);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct sim_settings settings = {.now_us = fake_now_us, .userdata = fixture, .stuck_us = 1};

	assert_non_null(fixture);
	*state = fixture;
	fixture->now_us = SECOND_US;
	fake_config_init(&fixture->fake);
	assert_int_equal(board_sim_new(&settings, NULL, &fixture->board), 0);
	for (size_t i = 0; i < FAKE_CHIPS; i++) {
		const struct config_chip *chip = &fixture->fake.chips[i];

		assert_int_equal(sim_add_part(fixture->board, chip->name, chip->driver, chip->bus,
					 chip->address),
			0);
	}
	show(fixture, "climate", 0, 21.5);
	show(fixture, "climate", 1, 45);
	show(fixture, "adc", 1, 100);
	show(fixture, "adc", 2, 812);
	assert_int_equal(round_new(fixture->board, &fixture->fake.config, &fixture->round), 0);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	round_free(fixture->round);
	board_close(fixture->board);
	free(fixture);
	return 0;
}

/* The converter's start has nothing to wait for, and goes on as collect. */
static bool is_collect(const struct call *call)
{
	return call->kind == CALL_COLLECT || (call->kind == CALL_START && call->part == FAKE_ADC);
}

static uint64_t blocks_us(const struct fixture *fixture, const struct call *call)
{
	return is_collect(call) ? fixture->collect_us[call->part] : 0;
}

static void put_aside(struct fixture *fixture, struct call *call)
{
	assert_true(fixture->n_pending < FAKE_CHIPS);
	fixture->pending[fixture->n_pending++] = (struct pending){.call = call,
		.begin_us = fixture->now_us,
		.done_us = fixture->now_us + blocks_us(fixture, call)};
}

static void make(struct fixture *fixture, struct call *call)
{
	if (call->apart) {
		fixture->n_calls_apart++;
		fixture->n_apart += is_collect(call);
		put_aside(fixture, call);
	} else if (blocks_us(fixture, call) > LIMIT_US) {
		fixture->n_blocked++;
		put_aside(fixture, call);
		fixture->now_us += LIMIT_US;
		round_blocked(fixture->round, call, fixture->now_us);
	} else {
		fixture->now_us += blocks_us(fixture, call);
		call->took_us = 0;
		call_make(call);
		round_took(fixture->round, call, fixture->now_us);
	}
}

static void take_back(struct fixture *fixture)
{
	for (size_t i = 0; i < fixture->n_pending; i++) {
		struct pending done = fixture->pending[i];

		if (done.done_us > fixture->now_us)
			continue;
		fixture->pending[i--] = fixture->pending[--fixture->n_pending];
		call_make(done.call);
		done.call->took_us = done.done_us - done.begin_us;
		round_took(fixture->round, done.call, fixture->now_us);
	}
}

static uint64_t next_pending_us(const struct fixture *fixture)
{
	uint64_t next_us = ROUND_NEVER;

	for (size_t i = 0; i < fixture->n_pending; i++) {
		if (fixture->pending[i].done_us < next_us)
			next_us = fixture->pending[i].done_us;
	}
	return next_us;
}

/* Until the reading is done, or with end_us until then. */
static void run(struct fixture *fixture, uint64_t end_us)
{
	for (int i = 0; i < 100000; i++) {
		uint64_t next_us, pending_us;
		struct call *call;

		take_back(fixture);
		next_us = round_next(fixture->round, fixture->now_us, &call);
		if (call) {
			make(fixture, call);
			continue;
		}
		if (end_us ? fixture->now_us >= end_us : round_is_done(fixture->round))
			return;
		pending_us = next_pending_us(fixture);
		if (pending_us < next_us)
			next_us = pending_us;
		if (end_us && end_us < next_us)
			next_us = end_us;
		if (next_us > fixture->now_us)
			fixture->now_us = next_us;
	}
	fail_msg("it does not come to an end");
}

/* One at this moment, then what goes on until the next is due. Returns how long it took. */
static uint64_t take(struct fixture *fixture)
{
	uint64_t begin_us = fixture->now_us, took_us;

	round_begin(fixture->round, begin_us, begin_us, begin_us / 1000, LIMIT_US);
	run(fixture, 0);
	fixture->reading = round_finish(fixture->round);
	took_us = fixture->now_us - begin_us;
	run(fixture, begin_us + INTERVAL_US);
	return took_us;
}

static void assert_value(const struct fixture *fixture, size_t sensor, double wanted)
{
	assert_int_equal(fixture->reading.due[sensor], 1);
	if (!(fabs(fixture->reading.values[sensor] - wanted) < 0.1))
		fail_msg("%g is not %g", fixture->reading.values[sensor], wanted);
}

static void assert_nothing(const struct fixture *fixture, size_t sensor)
{
	assert_int_equal(fixture->reading.due[sensor], 0);
	assert_true(isnan(fixture->reading.values[sensor]));
}

static bool has_value(const struct fixture *fixture, size_t sensor)
{
	return !isnan(fixture->reading.values[sensor]);
}

static void assert_no_event(const struct fixture *fixture)
{
	struct sampler_event event;

	if (round_unreported(fixture->round, &event))
		fail_msg("%zu: %s", event.sensor, event.text);
}

static void the_first_reading_waits_no_longer_than_the_limit(void **state)
{
	struct fixture *fixture = *state;

	fixture->collect_us[FAKE_CLIMATE] = SLOW_US;
	assert_true(take(fixture) <= 2 * LIMIT_US);
	assert_nothing(fixture, FAKE_TEMP);
	assert_nothing(fixture, FAKE_HUMI);
	assert_value(fixture, FAKE_CDS, 812);
	assert_value(fixture, FAKE_SOUND, 100);
	assert_no_event(fixture);
	assert_string_equal(round_slow(fixture->round), "/dev/i2c-1");
	assert_null(round_slow(fixture->round));
}

/* One blocks; the other, of which nothing is known yet, is called apart. Its own set-up and
 * conversion come before its limit. */
static void several_slow_ones_cost_no_more_than_two(void **state)
{
	struct fixture *fixture = *state;

	fixture->collect_us[FAKE_CLIMATE] = SLOW_US;
	fixture->collect_us[FAKE_ADC] = SLOW_US;
	assert_true(take(fixture) <= 2 * LIMIT_US + 20000);
	for (size_t i = 0; i < FAKE_SENSORS; i++)
		assert_nothing(fixture, i);
	assert_int_equal(fixture->n_blocked, 1);
}

/* 750 ms from the next reading after it came back: each fourth reading of 200 ms. */
static void a_slow_value_comes_once_and_delays_nothing(void **state)
{
	struct fixture *fixture = *state;
	int since = 0, values = 0;

	fixture->collect_us[FAKE_CLIMATE] = SLOW_US;
	(void)take(fixture);
	for (int i = 0; i < 40; i++) {
		show(fixture, "climate", 0, 10 + i);
		assert_int_equal(take(fixture), 0);
		assert_value(fixture, FAKE_CDS, 812);
		since++;
		if (!has_value(fixture, FAKE_TEMP)) {
			assert_nothing(fixture, FAKE_TEMP);
			continue;
		}
		/* measured before this reading, and not shown by the one before */
		assert_int_equal(fixture->reading.due[FAKE_TEMP], 1);
		assert_true(fixture->reading.values[FAKE_TEMP] < 10 + i);
		assert_true(fixture->reading.values[FAKE_TEMP] > 10 + i - 5);
		assert_true(values == 0 || since == 4);
		values++;
		since = 0;
	}
	assert_int_equal(values, 10);
	assert_int_equal(fixture->n_blocked, 1);
	assert_no_event(fixture);
}

/* An SCD4x has a new value every 5 s: every 25th reading of 200 ms, after a set-up of 500 ms. */
static void a_part_of_a_slow_rhythm_is_not_waited_for(void **state)
{
	struct fixture *fixture = *state;
	struct config_chip *chip = &fixture->fake.chips[FAKE_CLIMATE];
	int since = 0, values = 0;

	chip->driver = driver_find("scd4x");
	chip->address = 0x62;
	assert_int_equal(
		sim_add_part(fixture->board, "climate", chip->driver, chip->bus, chip->address), 0);
	round_free(fixture->round);
	assert_int_equal(round_new(fixture->board, &fixture->fake.config, &fixture->round), 0);
	show(fixture, "climate", 0, 800);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(take(fixture), 0);
		assert_value(fixture, FAKE_CDS, 812);
		since++;
		if (!has_value(fixture, FAKE_TEMP)) {
			assert_nothing(fixture, FAKE_TEMP);
			continue;
		}
		assert_value(fixture, FAKE_TEMP, 800);
		assert_true(values == 0 ? since > 25 : since >= 25 && since <= 26);
		values++;
		since = 0;
	}
	assert_in_range(values, 6, 7);
	assert_no_event(fixture);
}

/* A bus that hangs says so after its own time, not after ours. */
static void a_stuck_bus_is_tried_apart(void **state)
{
	struct fixture *fixture = *state;
	struct sampler_event event;

	(void)take(fixture);
	assert_int_equal(sim_set_fault(fixture->board, "climate", SIM_FAULT_STUCK), 0);
	(void)take(fixture);
	assert_int_equal(fixture->reading.due[FAKE_TEMP], 1);
	assert_true(round_unreported(fixture->round, &event));
	assert_int_equal(event.error, -ETIMEDOUT);
	assert_int_equal(event.retry_ms, 1000);
	assert_int_equal(fixture->n_calls_apart, 0);
	for (int i = 0; i < 5; i++)
		(void)take(fixture);
	/* after 1 s, and not by the thread that measures the others */
	assert_int_equal(fixture->n_calls_apart, 1);
	assert_false(has_value(fixture, FAKE_TEMP));
	assert_value(fixture, FAKE_CDS, 812);
}

static void a_fault_of_a_slow_part_is_reported_when_it_is_known(void **state)
{
	struct fixture *fixture = *state;
	struct sampler_event event;
	uint64_t begin_us = fixture->now_us;

	fixture->collect_us[FAKE_CLIMATE] = SLOW_US;
	fixture->fake.sensors[FAKE_TEMP].max = 20;
	(void)take(fixture);
	assert_no_event(fixture);
	run(fixture, begin_us + 4 * SECOND_US);
	assert_true(round_unreported(fixture->round, &event));
	assert_int_equal(event.sensor, FAKE_TEMP);
	assert_int_equal(event.error, -ERANGE);
	assert_true(event.since_ms >= (begin_us + SLOW_US) / 1000);
	assert_true(event.since_ms < (begin_us + SECOND_US) / 1000);
	/* the other one of the same part has a value, which the next reading shows */
	(void)take(fixture);
	assert_value(fixture, FAKE_HUMI, 45);
	assert_int_equal(fixture->reading.due[FAKE_TEMP], 1);
	assert_false(has_value(fixture, FAKE_TEMP));
}

/* Due while its part still measures for the other one: it is asked next, and not a rhythm later. */
static void what_is_due_while_its_part_is_away_is_owed(void **state)
{
	struct fixture *fixture = *state;
	int values = 0;

	fixture->fake.sensors[FAKE_TEMP].every_us = 10 * INTERVAL_US;
	fixture->collect_us[FAKE_CLIMATE] = SLOW_US;
	for (int i = 0; i < 60; i++) {
		(void)take(fixture);
		values += has_value(fixture, FAKE_TEMP);
	}
	assert_true(values >= 5 && values <= 6);
}

static void filters_see_each_value_once(void **state)
{
	struct fixture *fixture = *state;
	double last = 20;

	fixture->fake.sensors[FAKE_TEMP].ema = 0.5;
	show(fixture, "climate", 0, 20);
	fixture->collect_us[FAKE_CLIMATE] = SLOW_US;
	do {
		(void)take(fixture);
	} while (!has_value(fixture, FAKE_TEMP));
	assert_value(fixture, FAKE_TEMP, 20);
	show(fixture, "climate", 0, 40);
	for (int i = 0; i < 5; i++) {
		do {
			(void)take(fixture);
		} while (!has_value(fixture, FAKE_TEMP));
		last += (40 - last) / 2;
		if (i == 0 && fabs(fixture->reading.values[FAKE_TEMP] - 20) < 0.1)
			last = 20; /* it was begun before */
		assert_value(fixture, FAKE_TEMP, last);
	}
}

static void an_average_of_a_slow_part_takes_as_many_samples(void **state)
{
	struct fixture *fixture = *state;
	uint64_t begin_us = fixture->now_us;

	round_free(fixture->round);
	fixture->fake.sensors[FAKE_TEMP].sampling = sampling_find("average");
	fixture->fake.sensors[FAKE_TEMP].sampling_size = 3;
	assert_int_equal(round_new(fixture->board, &fixture->fake.config, &fixture->round), 0);
	fixture->collect_us[FAKE_CLIMATE] = SLOW_US;
	while (fixture->n_apart == 0 || !has_value(fixture, FAKE_TEMP))
		(void)take(fixture);
	assert_value(fixture, FAKE_TEMP, 21.5);
	assert_true(fixture->now_us - begin_us > 3 * SLOW_US);
	assert_true(fixture->now_us - begin_us < 3 * SLOW_US + 3 * INTERVAL_US);
}

static void what_is_quick_again_is_trusted_after_a_while(void **state)
{
	struct fixture *fixture = *state;
	uint64_t begin_us;

	fixture->collect_us[FAKE_CLIMATE] = SLOW_US;
	(void)take(fixture);
	fixture->collect_us[FAKE_CLIMATE] = 0;
	begin_us = fixture->now_us;
	while (fixture->now_us < begin_us + PACE_TRUST_US + 4 * SECOND_US)
		(void)take(fixture);
	fixture->n_apart = 0;
	show(fixture, "climate", 0, 30);
	(void)take(fixture);
	assert_value(fixture, FAKE_TEMP, 30);
	assert_int_equal(fixture->n_apart, 0);
	assert_int_equal(fixture->n_blocked, 1);
}

static void swap(struct fixture *fixture, const struct config *config)
{
	struct round *next;

	assert_int_equal(round_new(fixture->board, config, &next), 0);
	round_adopt(next, fixture->round);
	round_free(fixture->round);
	fixture->round = next;
}

/* The call is still away when the map that asked for it is gone. */
static void another_map_takes_over_what_is_away(void **state)
{
	struct fixture *fixture = *state;
	struct fake_config *old = malloc(sizeof(*old));
	struct fake_config next;

	assert_non_null(old);
	*old = fixture->fake;
	old->config.chips = old->chips;
	old->config.sensors = old->sensors;
	swap(fixture, &old->config);
	fixture->collect_us[FAKE_CLIMATE] = SLOW_US;
	(void)take(fixture);
	assert_int_equal(fixture->n_pending, 1);
	next = fixture->fake;
	next.config.chips = next.chips;
	next.config.sensors = next.sensors;
	swap(fixture, &next.config);
	free(old);
	/* nothing else is asked of it meanwhile, and it is not waited for */
	assert_int_equal(take(fixture), 0);
	assert_int_equal(fixture->n_pending, 1);
	assert_nothing(fixture, FAKE_TEMP);
	while (!has_value(fixture, FAKE_TEMP))
		(void)take(fixture);
	assert_value(fixture, FAKE_TEMP, 21.5);
	assert_int_equal(fixture->n_blocked, 1);
	assert_no_event(fixture);
	fixture->round = round_free(fixture->round);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_first_reading_waits_no_longer_than_the_limit),
		test(several_slow_ones_cost_no_more_than_two),
		test(a_slow_value_comes_once_and_delays_nothing),
		test(a_part_of_a_slow_rhythm_is_not_waited_for),
		test(a_stuck_bus_is_tried_apart),
		test(a_fault_of_a_slow_part_is_reported_when_it_is_known),
		test(what_is_due_while_its_part_is_away_is_owed),
		test(filters_see_each_value_once),
		test(an_average_of_a_slow_part_takes_as_many_samples),
		test(what_is_quick_again_is_trusted_after_a_while),
		test(another_map_takes_over_what_is_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
