/* SPDX-License-Identifier: MIT */
/*
 * One chip in rounds, with a scripted part in place of a driver and a clock that only the test
 * moves: so each wait and each back-off is exact.
 */
#include "measure.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CHANNELS = 3, TASKS_MAX = 4, DEADLINE_US = 50000 };

/* The answers of the part, and a log of the calls to it: "o" open, "c" configure, "s1" start of
 * channel 1, "g1" collect, each with the time in us. */
struct part {
	uint64_t now_us;
	int open_error, configure_error, start_error, collect_error[CHANNELS];
	unsigned configure_waits; /* so often it wants to be called again, after configure_us */
	bool has_words;           /* of its own for what collect met */
	unsigned busy;            /* so often collect says so */
	uint32_t configure_us, conversion_us, call_us; /* call: how long start() itself takes */
	double values[CHANNELS], step;                 /* step: added by each collect */
	char log[4096];
	size_t used;
};

struct fixture {
	struct part part;
	struct measure measure;
	struct measure_task tasks[TASKS_MAX];
	struct config_chip config;
};

/* The driver's functions are given no other way to the test. */
static struct part *the_part;

static void note(const char *what, int channel)
{
	struct part *part = the_part;
	size_t room = sizeof(part->log) - part->used;

	if (channel < 0)
		part->used += (size_t)snprintf(part->log + part->used, room, "%s@%llu ", what,
			(unsigned long long)part->now_us);
	else
		part->used += (size_t)snprintf(part->log + part->used, room, "%s%d@%llu ", what,
			channel, (unsigned long long)part->now_us);
	assert_true(part->used < sizeof(part->log));
}

static void assert_log(struct part *part, const char *wanted)
{
	assert_string_equal(part->log, wanted);
	part->used = 0;
	part->log[0] = '\0';
}

static int part_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	(void)chip;
	note("c", -1);
	if (the_part->configure_waits > 0) {
		the_part->configure_waits--;
		*ret_wait_us = the_part->configure_us;
		return -EAGAIN;
	}
	return the_part->configure_error;
}

static int part_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	(void)chip;
	note("s", (int)channel);
	the_part->now_us += the_part->call_us;
	*ret_wait_us = the_part->conversion_us;
	return the_part->start_error;
}

static int part_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	note("g", (int)channel);
	if (the_part->busy > 0) {
		the_part->busy--;
		return -EAGAIN;
	}
	if (the_part->has_words)
		hal_error_set(&chip->words, 0, "channel %u is not what it was", channel);
	if (the_part->collect_error[channel])
		return the_part->collect_error[channel];
	for (size_t i = 0; i < CHANNELS; i++) {
		if (chip->driver->channels_together || i == channel) {
			ret_values[i] = the_part->values[i];
			the_part->values[i] += the_part->step;
		}
	}
	return 0;
}

static const uint8_t ADDRESSES[] = {0x48};
static const struct driver_channel CHANNEL_TABLE[CHANNELS] = {
	{.name = "0", .min = -1000, .max = 1000},
	{.name = "1", .min = -1000, .max = 1000},
	{.name = "2", .min = -1000, .max = 1000},
};

/* clang-format off */
#define PART(together)                                                                             \
	{                                                                                          \
		.name = "part", .bus = DRIVER_BUS_I2C, .addresses = ADDRESSES, .n_addresses = 1,   \
		.channels = CHANNEL_TABLE, .n_channels = CHANNELS,                                 \
		.channels_together = (together), .deadline_us = DEADLINE_US,                       \
		.configure = part_configure, .start = part_start, .collect = part_collect          \
	}
/* clang-format on */

static const struct driver ONE_BY_ONE = PART(false);
static const struct driver TOGETHER = PART(true);

static void close_bus(struct i2c_bus *bus)
{
	free(bus);
}

static const struct i2c_ops BUS_OPS = {.close = close_bus};

static int open_bus(
	struct board *board, const char *path, struct hal_error *error, struct i2c_bus **ret_bus)
{
	struct i2c_bus *bus;

	(void)board;
	(void)path;
	note("o", -1);
	if (the_part->open_error)
		return hal_error_set(error, the_part->open_error, "the words of the board");
	bus = calloc(1, sizeof(*bus));
	assert_non_null(bus);
	bus->ops = &BUS_OPS;
	*ret_bus = bus;
	return 0;
}

static const struct board_ops BOARD_OPS = {.open_i2c = open_bus};

static int setup(void **state)
{
	static struct board board = {.ops = &BOARD_OPS};
	static char bus[] = "/dev/i2c-1";
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	*state = fixture;
	the_part = &fixture->part;
	fixture->part.now_us = 1000;
	fixture->part.conversion_us = 100;
	fixture->config = (struct config_chip){
		.name = bus, .driver = &ONE_BY_ONE, .bus = bus, .address = 0x48};
	return measure_init(&fixture->measure, &board, &fixture->config, TASKS_MAX, 0);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < TASKS_MAX; i++)
		samples_fini(&fixture->tasks[i].samples);
	measure_fini(&fixture->measure);
	free(fixture);
	return 0;
}

static struct measure_task *add_task(
	struct fixture *fixture, unsigned channel, unsigned average, uint64_t peak_to_peak_us)
{
	const struct sampling *sampling =
		peak_to_peak_us > 0 ? sampling_find("peak_to_peak") : &sampling_average;
	uint64_t size = peak_to_peak_us > 0 ? peak_to_peak_us : average;
	struct measure *measure = &fixture->measure;
	struct measure_task *task = &fixture->tasks[measure->n_tasks];

	assert_int_equal(samples_init(&task->samples, sampling, size), 0);
	task->channel = channel;
	task->due = true;
	measure->tasks[measure->n_tasks++] = task;
	return task;
}

/* A whole round; the clock moves as the chip asks. */
static void run(struct fixture *fixture)
{
	uint64_t next_us = 0;

	measure_begin(&fixture->measure, fixture->part.now_us);
	for (int i = 0; i < 10000; i++) {
		struct call *call;

		next_us = measure_next(&fixture->measure, fixture->part.now_us, &call);
		if (call) {
			call_make(call);
			measure_took(&fixture->measure);
			continue;
		}
		if (next_us == MEASURE_DONE)
			break;
		if (next_us > fixture->part.now_us)
			fixture->part.now_us = next_us;
	}
	assert_true(next_us == MEASURE_DONE);
	for (size_t i = 0; i < fixture->measure.n_tasks; i++)
		assert_true(fixture->tasks[i].done || !fixture->tasks[i].due);
}

static void assert_value(const struct measure_task *task, double value)
{
	assert_int_equal(task->error, 0);
	assert_true(task->value == value);
}

static void the_first_round_opens_and_configures(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *task = add_task(fixture, 1, 1, 0);

	fixture->part.configure_waits = 2;
	fixture->part.configure_us = 2000;
	fixture->part.values[1] = 23.5;
	run(fixture);
	assert_value(task, 23.5);
	assert_log(&fixture->part, "o@1000 c@1000 c@3000 c@5000 s1@5000 g1@5100 ");
}

static void the_next_round_only_measures(void **state)
{
	struct fixture *fixture = *state;

	(void)add_task(fixture, 1, 1, 0);
	run(fixture);
	assert_log(&fixture->part, "o@1000 c@1000 s1@1000 g1@1100 ");
	fixture->part.now_us = 500000;
	run(fixture);
	assert_log(&fixture->part, "s1@500000 g1@500100 ");
}

/* A slow bus must not make the wait shorter than the part needs. */
static void the_wait_begins_after_the_call(void **state)
{
	struct fixture *fixture = *state;

	(void)add_task(fixture, 0, 1, 0);
	fixture->part.call_us = 20000;
	run(fixture);
	assert_log(&fixture->part, "o@1000 c@1000 s0@1000 g0@21100 ");
}

static void channels_are_measured_one_after_the_other(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *tasks[] = {
		add_task(fixture, 2, 1, 0), add_task(fixture, 0, 2, 0), add_task(fixture, 2, 1, 0)};

	fixture->part.values[0] = 10;
	fixture->part.values[2] = 5;
	fixture->part.step = 1;
	run(fixture);
	assert_value(tasks[0], 5);
	assert_value(tasks[1], 10.5);
	assert_value(tasks[2], 5);
	assert_log(
		&fixture->part, "o@1000 c@1000 s2@1000 g2@1100 s0@1100 g0@1200 s0@1200 g0@1300 ");
}

static void channels_together_are_measured_once(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *tasks[] = {add_task(fixture, 2, 1, 0), add_task(fixture, 0, 1, 0)};

	fixture->config.driver = &TOGETHER;
	fixture->part.values[0] = 10;
	fixture->part.values[2] = 5;
	run(fixture);
	assert_value(tasks[0], 5);
	assert_value(tasks[1], 10);
	assert_log(&fixture->part, "o@1000 c@1000 s2@1000 g2@1100 ");
}

static void each_takes_as_many_samples_as_it_wants(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *tasks[] = {add_task(fixture, 0, 1, 0), add_task(fixture, 1, 3, 0)};

	fixture->config.driver = &TOGETHER;
	fixture->part.values[0] = 10;
	fixture->part.values[1] = 20;
	fixture->part.step = 1;
	run(fixture);
	assert_value(tasks[0], 10);
	assert_value(tasks[1], 21);
	assert_log(
		&fixture->part, "o@1000 c@1000 s0@1000 g0@1100 s1@1100 g1@1200 s1@1200 g1@1300 ");
}

static void peak_to_peak_does_not_hurry(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *task = add_task(fixture, 0, 1, 2000);

	fixture->part.conversion_us = 0;
	fixture->part.step = 1;
	run(fixture);
	assert_value(task, 4);
	assert_log(&fixture->part,
		"o@1000 c@1000 s0@1000 g0@1000 s0@1500 g0@1500 s0@2000 g0@2000 "
		"s0@2500 g0@2500 s0@3000 g0@3000 ");
}

static void the_window_of_a_channel_begins_with_its_own_first_sample(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *tasks[] = {add_task(fixture, 0, 3, 0), add_task(fixture, 1, 1, 200)};

	fixture->part.step = 1;
	run(fixture);
	assert_value(tasks[0], 1);
	assert_value(tasks[1], 1);
	assert_log(&fixture->part,
		"o@1000 c@1000 s0@1000 g0@1100 s0@1100 g0@1200 s0@1200 g0@1300 "
		"s1@1300 g1@1400 s1@1800 g1@1900 ");
}

static void who_is_not_due_is_not_asked(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *tasks[] = {add_task(fixture, 0, 1, 0), add_task(fixture, 1, 1, 0)};

	tasks[0]->due = false;
	run(fixture);
	assert_log(&fixture->part, "o@1000 c@1000 s1@1000 g1@1100 ");
	tasks[1]->due = false;
	run(fixture);
	assert_log(&fixture->part, "");
}

static void a_busy_part_is_asked_again(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *task = add_task(fixture, 0, 1, 0);

	fixture->part.busy = 2;
	fixture->part.values[0] = 7;
	run(fixture);
	assert_value(task, 7);
	assert_log(&fixture->part, "o@1000 c@1000 s0@1000 g0@1100 g0@1600 g0@2100 ");
}

static void a_part_that_stays_busy_has_failed(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *task = add_task(fixture, 0, 1, 0);

	fixture->part.busy = 1000000;
	run(fixture);
	assert_int_equal(task->error, -ETIMEDOUT);
	assert_true(fixture->part.now_us == 1100 + DEADLINE_US);
	assert_int_equal(measure_retry_ms(&fixture->measure), 1000);
}

static void a_part_that_is_never_configured_has_failed(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *task = add_task(fixture, 0, 1, 0);

	fixture->part.configure_waits = 1000000;
	run(fixture);
	assert_int_equal(task->error, -ETIMEDOUT);
	assert_int_equal(1000000 - fixture->part.configure_waits, MEASURE_CONFIGURE_MAX);
}

static void a_failed_chip_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *task = add_task(fixture, 0, 1, 0);

	run(fixture);
	fixture->part.start_error = -ENXIO;
	fixture->part.now_us = 10000;
	fixture->part.log[fixture->part.used = 0] = '\0';
	run(fixture);
	assert_int_equal(task->error, -ENXIO);
	assert_log(&fixture->part, "s0@10000 ");

	/* its value is null all the time, and nobody waits for it */
	fixture->part.start_error = 0;
	fixture->part.now_us = 1009999;
	run(fixture);
	assert_int_equal(task->error, -ENXIO);
	assert_true(fixture->part.now_us == 1009999);
	assert_log(&fixture->part, "");

	fixture->part.now_us = 1010000;
	run(fixture);
	assert_int_equal(task->error, 0);
	assert_log(&fixture->part, "o@1010000 c@1010000 s0@1010000 g0@1010100 ");
	assert_int_equal(measure_retry_ms(&fixture->measure), 0);
}

static void the_waits_double_up_to_a_minute(void **state)
{
	static const uint32_t WAITS_MS[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	struct fixture *fixture = *state;
	struct measure_task *task = add_task(fixture, 0, 1, 0);

	fixture->part.configure_error = -ENXIO;
	for (size_t i = 0; i < sizeof(WAITS_MS) / sizeof(WAITS_MS[0]); i++) {
		run(fixture);
		assert_int_equal(task->error, -ENXIO);
		assert_int_equal(measure_retry_ms(&fixture->measure), WAITS_MS[i]);
		fixture->part.log[fixture->part.used = 0] = '\0';
		fixture->part.now_us += UINT64_C(1000) * WAITS_MS[i] - 1;
		run(fixture);
		assert_log(&fixture->part, "");
		fixture->part.now_us += 1;
	}
	/* a measurement, not only an answer, makes it a good chip again */
	fixture->part.configure_error = 0;
	fixture->part.collect_error[0] = -EIO;
	run(fixture);
	assert_int_equal(measure_retry_ms(&fixture->measure), 60000);
	fixture->part.collect_error[0] = 0;
	fixture->part.now_us += 60000000;
	run(fixture);
	assert_int_equal(task->error, 0);
	fixture->part.start_error = -ENXIO;
	run(fixture);
	assert_int_equal(measure_retry_ms(&fixture->measure), 1000);
}

static void what_was_measured_before_a_failure_counts(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *tasks[] = {
		add_task(fixture, 0, 1, 0), add_task(fixture, 1, 1, 0), add_task(fixture, 2, 1, 0)};

	fixture->part.values[0] = 5;
	fixture->part.collect_error[1] = -ENXIO;
	run(fixture);
	assert_value(tasks[0], 5);
	assert_int_equal(tasks[1]->error, -ENXIO);
	assert_int_equal(tasks[2]->error, -ENXIO);
}

static void a_wrong_checksum_costs_one_value(void **state)
{
	static const int ERRORS[] = {-EBADMSG, -ERANGE, -EOPNOTSUPP};
	struct fixture *fixture = *state;
	struct measure_task *tasks[] = {add_task(fixture, 0, 1, 0), add_task(fixture, 1, 1, 0)};

	fixture->part.conversion_us = 0;
	fixture->part.values[1] = 5;
	run(fixture);
	for (size_t i = 0; i < sizeof(ERRORS) / sizeof(ERRORS[0]); i++) {
		fixture->part.log[fixture->part.used = 0] = '\0';
		fixture->part.collect_error[0] = ERRORS[i];
		run(fixture);
		assert_int_equal(tasks[0]->error, ERRORS[i]);
		assert_value(tasks[1], 5);
		assert_log(&fixture->part, "s0@1000 g0@1000 s1@1000 g1@1000 ");
		assert_int_equal(measure_retry_ms(&fixture->measure), 0);

		/* configured again with the next reading, on the same bus */
		fixture->part.collect_error[0] = 0;
		run(fixture);
		assert_value(tasks[0], 0);
		assert_log(&fixture->part, "c@1000 s0@1000 g0@1000 s1@1000 g1@1000 ");
	}
}

static void a_value_that_the_part_cannot_show_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *task = add_task(fixture, 0, 1, 0);

	fixture->part.values[0] = 1001;
	run(fixture);
	assert_int_equal(task->error, -ERANGE);
}

static void a_channel_that_the_kernel_cannot_read_costs_one_value(void **state)
{
	static const struct driver of_the_kernel = {
		.name = "part",
		.bus = DRIVER_BUS_ATTRIBUTES,
		.channels = CHANNEL_TABLE,
		.n_channels = CHANNELS,
		.configure = part_configure,
		.start = part_start,
		.collect = part_collect,
	};
	struct fixture *fixture = *state;
	struct measure_task *tasks[] = {add_task(fixture, 0, 1, 0), add_task(fixture, 1, 1, 0)};

	run(fixture);
	fixture->config.driver = &of_the_kernel;
	fixture->part.values[1] = 5;
	fixture->part.collect_error[0] = -EIO;
	run(fixture);
	assert_int_equal(tasks[0]->error, -EIO);
	assert_value(tasks[1], 5);
	assert_int_equal(measure_retry_ms(&fixture->measure), 0);
}

static void each_task_is_told_in_the_words_of_its_own_channel(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *tasks[] = {
		add_task(fixture, 0, 1, 0), add_task(fixture, 1, 1, 0), add_task(fixture, 2, 1, 0)};
	char text[192];

	fixture->part.has_words = true;
	fixture->part.values[1] = 5;
	fixture->part.collect_error[0] = fixture->part.collect_error[2] = -EOPNOTSUPP;
	run(fixture);
	assert_value(tasks[1], 5);
	measure_describe(&fixture->measure, tasks[0], text, sizeof(text));
	assert_string_equal(text, "part at 0x48 on /dev/i2c-1: channel 0 is not what it was");
	measure_describe(&fixture->measure, tasks[2], text, sizeof(text));
	assert_string_equal(text, "part at 0x48 on /dev/i2c-1: channel 2 is not what it was");

	/* And while it rests, those of its failure. */
	fixture->part.collect_error[0] = -EIO;
	run(fixture);
	run(fixture);
	measure_describe(&fixture->measure, tasks[1], text, sizeof(text));
	assert_string_equal(text, "part at 0x48 on /dev/i2c-1: channel 0 is not what it was");

	fixture->part.has_words = false;
	fixture->part.now_us += 1000000;
	run(fixture);
	measure_describe(&fixture->measure, tasks[1], text, sizeof(text));
	assert_string_equal(text, "part at 0x48 on /dev/i2c-1: the transfer failed");
}

static void a_failure_is_told_in_words(void **state)
{
	struct fixture *fixture = *state;
	struct measure_task *task = add_task(fixture, 0, 1, 0);
	char text[192];

	fixture->part.open_error = -ENOENT;
	run(fixture);
	assert_int_equal(task->error, -ENOENT);
	measure_describe(&fixture->measure, task, text, sizeof(text));
	assert_string_equal(text, "part at 0x48 on /dev/i2c-1: the words of the board");

	fixture->part.open_error = 0;
	fixture->part.configure_error = -ENXIO;
	fixture->part.now_us += 1000000;
	run(fixture);
	assert_int_equal(task->error, -ENXIO);
	measure_describe(&fixture->measure, task, text, sizeof(text));
	assert_string_equal(text, "part at 0x48 on /dev/i2c-1: no answer");
}

static void another_map_takes_over_a_chip_with_what_is_known_of_it(void **state)
{
	struct fixture *fixture = *state;
	struct measure next;
	struct measure_task *task = add_task(fixture, 0, 1, 0);

	run(fixture);
	assert_int_equal(
		measure_init(&next, fixture->measure.board, &fixture->config, TASKS_MAX, 0), 0);
	next.tasks[next.n_tasks++] = task;
	measure_adopt(&next, &fixture->measure);
	measure_fini(&fixture->measure);
	fixture->measure = next;
	fixture->part.log[fixture->part.used = 0] = '\0';
	run(fixture);
	assert_log(&fixture->part, "s0@1100 g0@1200 ");

	fixture->part.start_error = -ENXIO;
	run(fixture);
	assert_int_equal(
		measure_init(&next, fixture->measure.board, &fixture->config, TASKS_MAX, 0), 0);
	next.tasks[next.n_tasks++] = task;
	measure_adopt(&next, &fixture->measure);
	measure_fini(&fixture->measure);
	fixture->measure = next;
	fixture->part.log[fixture->part.used = 0] = '\0';
	run(fixture);
	assert_int_equal(task->error, -ENXIO);
	assert_int_equal(measure_retry_ms(&fixture->measure), 1000);
	assert_log(&fixture->part, "");
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_first_round_opens_and_configures),
		test(the_next_round_only_measures),
		test(the_wait_begins_after_the_call),
		test(channels_are_measured_one_after_the_other),
		test(channels_together_are_measured_once),
		test(each_takes_as_many_samples_as_it_wants),
		test(peak_to_peak_does_not_hurry),
		test(the_window_of_a_channel_begins_with_its_own_first_sample),
		test(who_is_not_due_is_not_asked),
		test(a_busy_part_is_asked_again),
		test(a_part_that_stays_busy_has_failed),
		test(a_part_that_is_never_configured_has_failed),
		test(a_failed_chip_is_left_alone),
		test(the_waits_double_up_to_a_minute),
		test(what_was_measured_before_a_failure_counts),
		test(a_wrong_checksum_costs_one_value),
		test(a_value_that_the_part_cannot_show_is_refused),
		test(each_task_is_told_in_the_words_of_its_own_channel),
		test(a_channel_that_the_kernel_cannot_read_costs_one_value),
		test(a_failure_is_told_in_words),
		test(another_map_takes_over_a_chip_with_what_is_known_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
