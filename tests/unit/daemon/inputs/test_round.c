/* SPDX-License-Identifier: MIT */
/* The real drivers on the simulated board, with a clock that only the test moves. */
#include "round.h"

#include "board_sim.h"
#include "fake_config.h"
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WALL_MS    UINT64_C(1795360000123)
#define SECOND_US  UINT64_C(1000000)
#define LIMIT_US   UINT64_C(100000)
#define CLIMATE_AT "bme280 at 0x77 on /dev/i2c-1: "

struct fixture {
	struct fake_config fake;
	struct board *board;
	struct round *round;
	uint64_t now_us, wall_ms;
	struct reading reading; /* the last one */
};

static uint64_t fake_now_us(void *userdata)
{
	return ((struct fixture *)userdata)->now_us;
}

static void add_part(struct fixture *fixture, size_t chip)
{
	const struct config_chip *config = &fixture->fake.chips[chip];

	assert_int_equal(sim_add_part(fixture->board, config->name, config->driver, config->bus,
				 config->address),
		0);
}

static void show(struct fixture *fixture, const char *part, unsigned channel, double value)
{
	const struct sim_wave wave = {.kind = SIM_WAVE_CONSTANT, .min = value, .max = value};

	assert_int_equal(sim_set_wave(fixture->board, part, channel, &wave), 0);
}

static void set_fault(struct fixture *fixture, const char *target, enum sim_fault fault)
{
	assert_int_equal(sim_set_fault(fixture->board, target, fault), 0);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct sim_settings settings = {.now_us = fake_now_us, .userdata = fixture, .stuck_us = 1};

	assert_non_null(fixture);
	*state = fixture;
	fixture->now_us = 1000;
	fixture->wall_ms = WALL_MS;
	fake_config_init(&fixture->fake);
	assert_int_equal(board_sim_new(&settings, NULL, &fixture->board), 0);
	add_part(fixture, FAKE_CLIMATE);
	add_part(fixture, FAKE_ADC);
	show(fixture, "climate", 0, 21.5);
	show(fixture, "climate", 1, 45);
	show(fixture, "adc", 1, 100);
	show(fixture, "adc", 2, 812);
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

static void make_round(struct fixture *fixture)
{
	assert_int_equal(round_new(fixture->board, &fixture->fake.config, &fixture->round), 0);
}

/* Takes a reading now, and returns how long it took. */
static uint64_t take(struct fixture *fixture)
{
	uint64_t begin_us = fixture->now_us, next_us = 0;
	bool is_done = false;

	round_begin(fixture->round, begin_us, begin_us, fixture->wall_ms, LIMIT_US);
	for (int i = 0; i < 100000 && !is_done; i++) {
		struct call *call;

		next_us = round_next(fixture->round, fixture->now_us, &call);
		if (call) {
			call_make(call);
			round_took(fixture->round, call, fixture->now_us);
			continue;
		}
		is_done = round_is_done(fixture->round);
		if (!is_done && next_us > fixture->now_us)
			fixture->now_us = next_us;
	}
	assert_true(is_done);
	fixture->reading = round_finish(fixture->round);
	return fixture->now_us - begin_us;
}

static void pass(struct fixture *fixture, uint64_t time_us)
{
	fixture->now_us += time_us;
	fixture->wall_ms += time_us / 1000;
}

static void assert_value(const struct fixture *fixture, size_t sensor, double wanted)
{
	assert_int_equal(fixture->reading.due[sensor], 1);
	if (!(fabs(fixture->reading.values[sensor] - wanted) < 0.1))
		fail_msg("%g is not %g", fixture->reading.values[sensor], wanted);
}

static void assert_no_value(const struct fixture *fixture, size_t sensor)
{
	assert_true(isnan(fixture->reading.values[sensor]));
}

static struct sampler_event next_event(struct fixture *fixture)
{
	struct sampler_event event;

	assert_true(round_unreported(fixture->round, &event));
	round_reported(fixture->round, &event);
	assert_int_equal(event.kind, SAMPLER_EVENT_SENSOR);
	assert_ptr_equal(event.config, &fixture->fake.config);
	return event;
}

static void assert_event(
	struct fixture *fixture, size_t sensor, int error, uint32_t retry_ms, const char *text)
{
	struct sampler_event event = next_event(fixture);

	assert_int_equal(event.sensor, sensor);
	assert_int_equal(event.error, error);
	assert_int_equal(event.retry_ms, retry_ms);
	assert_string_equal(event.text, text);
	assert_true(event.since_ms == fixture->wall_ms);
}

static void assert_no_event(struct fixture *fixture)
{
	struct sampler_event event;

	if (round_unreported(fixture->round, &event))
		fail_msg("%zu: %s", event.sensor, event.text);
}

static void a_reading_has_all_sensors_of_the_map(void **state)
{
	struct fixture *fixture = *state;

	make_round(fixture);
	(void)take(fixture);
	assert_true(fixture->reading.taken_ms == WALL_MS);
	assert_int_equal(fixture->reading.n_values, FAKE_SENSORS);
	assert_value(fixture, FAKE_TEMP, 21.5);
	assert_value(fixture, FAKE_HUMI, 45);
	assert_value(fixture, FAKE_CDS, 812);
	assert_value(fixture, FAKE_SOUND, 100);
	assert_no_event(fixture);
}

/* 9.3 ms is the BME280's own conversion; the window of 50 ms runs beside it. */
static void chips_convert_at_the_same_time(void **state)
{
	struct fixture *fixture = *state;

	make_round(fixture);
	(void)take(fixture);
	pass(fixture, SECOND_US);
	assert_int_equal(take(fixture), 9300);
	round_free(fixture->round);
	fixture->fake.sensors[FAKE_SOUND].sampling = sampling_find("peak_to_peak");
	fixture->fake.sensors[FAKE_SOUND].sampling_size = 50000;
	make_round(fixture);
	(void)take(fixture);
	pass(fixture, SECOND_US);
	assert_int_equal(take(fixture), 50000);
	assert_value(fixture, FAKE_TEMP, 21.5);
}

static void peak_to_peak_measures_a_wave(void **state)
{
	const struct sim_wave wave = {
		.kind = SIM_WAVE_STEP, .min = 300, .max = 700, .period_us = 20000};
	struct fixture *fixture = *state;

	assert_int_equal(sim_set_wave(fixture->board, "adc", 1, &wave), 0);
	fixture->fake.sensors[FAKE_SOUND].sampling = sampling_find("peak_to_peak");
	fixture->fake.sensors[FAKE_SOUND].sampling_size = 50000;
	make_round(fixture);
	(void)take(fixture);
	assert_value(fixture, FAKE_SOUND, 400);
	assert_value(fixture, FAKE_CDS, 812);
}

static void a_missing_part_is_null_and_is_reported_once(void **state)
{
	struct fixture *fixture = *state;

	make_round(fixture);
	(void)take(fixture);
	set_fault(fixture, "climate", SIM_FAULT_NO_ANSWER);
	pass(fixture, SECOND_US);
	(void)take(fixture);
	assert_no_value(fixture, FAKE_TEMP);
	assert_no_value(fixture, FAKE_HUMI);
	assert_int_equal(fixture->reading.due[FAKE_TEMP], 1);
	assert_value(fixture, FAKE_CDS, 812);
	assert_event(fixture, FAKE_TEMP, -ENXIO, 1000, CLIMATE_AT "no answer");
	assert_event(fixture, FAKE_HUMI, -ENXIO, 1000, CLIMATE_AT "no answer");

	for (int i = 0; i < 10; i++) {
		pass(fixture, SECOND_US);
		(void)take(fixture);
		assert_no_value(fixture, FAKE_TEMP);
		assert_no_event(fixture);
	}
}

static void a_part_that_comes_back_is_configured_and_reported(void **state)
{
	struct fixture *fixture = *state;

	set_fault(fixture, "climate", SIM_FAULT_NO_ANSWER);
	make_round(fixture);
	(void)take(fixture);
	(void)next_event(fixture);
	(void)next_event(fixture);
	set_fault(fixture, "climate", SIM_FAULT_NONE);
	pass(fixture, SECOND_US / 2);
	(void)take(fixture);
	assert_no_value(fixture, FAKE_TEMP);
	pass(fixture, SECOND_US / 2);
	(void)take(fixture);
	assert_value(fixture, FAKE_TEMP, 21.5);
	assert_event(fixture, FAKE_TEMP, 0, 0, "");
	assert_event(fixture, FAKE_HUMI, 0, 0, "");
	assert_no_event(fixture);
}

static void another_reason_is_reported(void **state)
{
	struct fixture *fixture = *state;

	set_fault(fixture, "climate", SIM_FAULT_NO_ANSWER);
	make_round(fixture);
	(void)take(fixture);
	(void)next_event(fixture);
	(void)next_event(fixture);
	set_fault(fixture, "/dev/i2c-1", SIM_FAULT_STUCK);
	pass(fixture, SECOND_US);
	(void)take(fixture);
	assert_event(fixture, FAKE_TEMP, -ETIMEDOUT, 2000,
		CLIMATE_AT "timed out: the bus is stuck or the part stays busy");
	assert_int_equal(next_event(fixture).sensor, FAKE_HUMI);
	assert_no_event(fixture);
}

/* One limit alone is told alone. */
static void one_limit_is_told_without_the_other(void **state)
{
	struct fixture *fixture = *state;

	fixture->fake.sensors[FAKE_CDS].max = 4000;
	show(fixture, "adc", 2, 4095);
	make_round(fixture);
	(void)take(fixture);
	assert_event(fixture, FAKE_CDS, -ERANGE, 0, "4095 is above 4000");
	fixture->fake.sensors[FAKE_SOUND].min = 200;
	pass(fixture, SECOND_US);
	(void)take(fixture);
	assert_event(fixture, FAKE_SOUND, -ERANGE, 0, "100 is below 200");
}

static void an_implausible_value_is_a_failed_read(void **state)
{
	struct fixture *fixture = *state;

	fixture->fake.sensors[FAKE_CDS].min = 0;
	fixture->fake.sensors[FAKE_CDS].max = 4000;
	show(fixture, "adc", 2, 4095);
	make_round(fixture);
	(void)take(fixture);
	assert_no_value(fixture, FAKE_CDS);
	assert_value(fixture, FAKE_SOUND, 100);
	assert_event(fixture, FAKE_CDS, -ERANGE, 0, "4095 is outside 0..4000");

	/* another value, the same fault */
	show(fixture, "adc", 2, 4094);
	pass(fixture, SECOND_US);
	(void)take(fixture);
	assert_no_value(fixture, FAKE_CDS);
	assert_no_event(fixture);

	show(fixture, "adc", 2, 4000);
	pass(fixture, SECOND_US);
	(void)take(fixture);
	assert_value(fixture, FAKE_CDS, 4000);
	assert_event(fixture, FAKE_CDS, 0, 0, "");
}

/* A value around its limit: null when it is outside, but told only once. */
static void a_value_that_flaps_is_told_once(void **state)
{
	struct fixture *fixture = *state;

	fixture->fake.sensors[FAKE_CDS].max = 4000;
	show(fixture, "adc", 2, 4095);
	make_round(fixture);
	(void)take(fixture);
	assert_event(fixture, FAKE_CDS, -ERANGE, 0, "4095 is above 4000");
	for (int i = 0; i < 10; i++) {
		show(fixture, "adc", 2, i % 2 ? 4095 : 3000);
		pass(fixture, SECOND_US / 50);
		(void)take(fixture);
		if (i % 2)
			assert_no_value(fixture, FAKE_CDS);
		else
			assert_value(fixture, FAKE_CDS, 3000);
		assert_no_event(fixture);
	}
	show(fixture, "adc", 2, 3000);
	pass(fixture, SECOND_US);
	(void)take(fixture);
	assert_event(fixture, FAKE_CDS, 0, 0, "");
}

static void values_pass_the_filters_in_the_maps_order(void **state)
{
	static struct config_point points[] = {{0, 0}, {1000, 100}};
	struct fixture *fixture = *state;
	struct config_sensor *cds = &fixture->fake.sensors[FAKE_CDS];

	cds->calibrate = points;
	cds->n_calibrate = 2;
	cds->scale = 2;
	cds->offset = 1;
	cds->max = 200;
	cds->ema = 0.5;
	make_round(fixture);
	show(fixture, "adc", 2, 500);
	(void)take(fixture);
	assert_value(fixture, FAKE_CDS, 101);
	/* what is implausible leaves no trace in the smoothing */
	show(fixture, "adc", 2, 1000);
	(void)take(fixture);
	assert_no_value(fixture, FAKE_CDS);
	show(fixture, "adc", 2, 600);
	(void)take(fixture);
	assert_value(fixture, FAKE_CDS, 111);
}

static void a_slower_sensor_is_asked_in_its_own_rhythm(void **state)
{
	struct fixture *fixture = *state;

	fixture->fake.sensors[FAKE_TEMP].every_us = 2500000;
	make_round(fixture);
	for (int i = 0; i < 9; i++) {
		uint64_t begin_us = fixture->now_us;

		(void)take(fixture);
		assert_int_equal(fixture->reading.due[FAKE_TEMP], i % 3 == 0);
		if (i % 3 == 0)
			assert_value(fixture, FAKE_TEMP, 21.5);
		else
			assert_no_value(fixture, FAKE_TEMP);
		assert_value(fixture, FAKE_HUMI, 45);
		fixture->now_us = begin_us + SECOND_US;
	}
	assert_no_event(fixture);
}

static void swap(struct fixture *fixture, const struct config *config)
{
	struct round *next;

	assert_int_equal(round_new(fixture->board, config, &next), 0);
	round_adopt(next, fixture->round);
	round_free(fixture->round);
	fixture->round = next;
}

static void another_map_goes_on_where_the_sensors_are_the_same(void **state)
{
	static char other[] = "another";
	struct fixture *fixture = *state;
	struct fake_config next;

	fixture->fake.sensors[FAKE_CDS].ema = 0.5;
	fixture->fake.sensors[FAKE_SOUND].ema = 0.5;
	next = fixture->fake;
	next.config.sensors = next.sensors;
	next.sensors[FAKE_SOUND].fingerprint = other;
	make_round(fixture);
	(void)take(fixture);
	swap(fixture, &next.config);
	show(fixture, "adc", 1, 200);
	show(fixture, "adc", 2, 912);
	pass(fixture, SECOND_US);
	/* not configured again: the conversion alone */
	assert_int_equal(take(fixture), 9300);
	assert_value(fixture, FAKE_CDS, 862);
	assert_value(fixture, FAKE_SOUND, 200);
	fixture->round = round_free(fixture->round);
}

static void another_map_hears_what_still_fails(void **state)
{
	struct fixture *fixture = *state;

	set_fault(fixture, "climate", SIM_FAULT_NO_ANSWER);
	make_round(fixture);
	(void)take(fixture);
	assert_event(fixture, FAKE_TEMP, -ENXIO, 1000, CLIMATE_AT "no answer");
	assert_int_equal(next_event(fixture).sensor, FAKE_HUMI);
	swap(fixture, &fixture->fake.config);
	assert_event(fixture, FAKE_TEMP, -ENXIO, 1000, CLIMATE_AT "no answer");
	assert_int_equal(next_event(fixture).sensor, FAKE_HUMI);
	assert_no_event(fixture);
	/* and the chip is still left alone */
	set_fault(fixture, "climate", SIM_FAULT_NONE);
	pass(fixture, SECOND_US / 2);
	(void)take(fixture);
	assert_no_value(fixture, FAKE_TEMP);
	assert_no_event(fixture);
}

static int open_wordily(
	struct board *board, const char *path, struct hal_error *error, struct i2c_bus **ret_bus)
{
	(void)board;
	(void)path;
	(void)ret_bus;
	return hal_error_set(error, -ENOENT, "%0*d", HAL_ERROR_BYTES - 1, 7);
}

static int open_spi_in_vain(struct board *board, const char *path,
	const struct spi_settings *settings, struct hal_error *error,
	struct spi_device **ret_device)
{
	(void)board;
	(void)path;
	(void)settings;
	(void)error;
	(void)ret_device;
	return -ENOENT;
}

static void the_longest_words_are_told_whole(void **state)
{
	static const struct board_ops ops = {
		.open_i2c = open_wordily, .open_spi = open_spi_in_vain};
	struct board board = {.ops = &ops};
	struct fixture *fixture = *state;

	assert_int_equal(round_new(&board, &fixture->fake.config, &fixture->round), 0);
	(void)take(fixture);
	struct sampler_event event = next_event(fixture);
	assert_int_equal(strncmp(event.text, CLIMATE_AT, strlen(CLIMATE_AT)), 0);
	assert_int_equal(strlen(event.text), strlen(CLIMATE_AT) + HAL_ERROR_BYTES - 1);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_reading_has_all_sensors_of_the_map),
		test(chips_convert_at_the_same_time),
		test(peak_to_peak_measures_a_wave),
		test(a_missing_part_is_null_and_is_reported_once),
		test(a_part_that_comes_back_is_configured_and_reported),
		test(another_reason_is_reported),
		test(one_limit_is_told_without_the_other),
		test(an_implausible_value_is_a_failed_read),
		test(a_value_that_flaps_is_told_once),
		test(values_pass_the_filters_in_the_maps_order),
		test(a_slower_sensor_is_asked_in_its_own_rhythm),
		test(another_map_goes_on_where_the_sensors_are_the_same),
		test(another_map_hears_what_still_fails),
		test(the_longest_words_are_told_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
