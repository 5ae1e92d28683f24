/* SPDX-License-Identifier: MIT */
/*
 * The real thread on the simulated board. Nothing sleeps: readings and events are waited for, and
 * LIMIT_S only ends a test that has failed anyway.
 */
#include "sampler.h"

#include "board_sim.h"
#include "clock.h"
#include "fake_config.h"
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT_S = 20, HOUR_MS = 3600000, STUCK_US = 20000, SLOW_US = 2000000 };

#define LIMIT_US ((uint64_t)LIMIT_S * 1000000)

struct fixture {
	struct fake_config fake;
	struct board *board;
	struct queue *events;
	struct sampler *sampler;
	sem_t entered; /* a reading is handed over */
	sem_t gate, at_gate;
	atomic_bool is_gate_open;
	pid_t thread;
	/* The newest reading. */
	pthread_mutex_t mutex;
	pthread_cond_t arrived;
	unsigned count;
	uint64_t at_us, taken_ms;
	const struct config *config;
	double values[FAKE_SENSORS];
};

struct taken {
	unsigned count;
	uint64_t at_us, taken_ms;
	const struct config *config;
	double values[FAKE_SENSORS];
};

static void on_reading(void *userdata, const struct config *config, const struct reading *reading)
{
	struct fixture *fixture = userdata;

	fixture->thread = gettid();
	(void)sem_post(&fixture->entered);
	(void)pthread_mutex_lock(&fixture->mutex);
	fixture->count++;
	fixture->at_us = clock_now_us();
	fixture->taken_ms = reading->taken_ms;
	fixture->config = config;
	memcpy(fixture->values, reading->values, reading->n_values * sizeof(*reading->values));
	(void)pthread_cond_signal(&fixture->arrived);
	(void)pthread_mutex_unlock(&fixture->mutex);
}

/* The first reading for which is_wanted() holds, from the newest one on. */
static struct taken await_reading(struct fixture *fixture,
	bool (*is_wanted)(const struct fixture *fixture, double argument), double argument)
{
	struct timespec limit;
	struct taken taken;
	int r = 0;

	(void)clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += LIMIT_S;
	(void)pthread_mutex_lock(&fixture->mutex);
	while (r == 0 && !is_wanted(fixture, argument))
		r = pthread_cond_timedwait(&fixture->arrived, &fixture->mutex, &limit);
	taken = (struct taken){.count = fixture->count,
		.at_us = fixture->at_us,
		.taken_ms = fixture->taken_ms,
		.config = fixture->config};
	memcpy(taken.values, fixture->values, sizeof(taken.values));
	(void)pthread_mutex_unlock(&fixture->mutex);
	assert_int_equal(r, 0);
	return taken;
}

static bool has_count(const struct fixture *fixture, double count)
{
	return fixture->count >= count;
}

static bool has_null_temp(const struct fixture *fixture, double after)
{
	return fixture->count > after && isnan(fixture->values[FAKE_TEMP]);
}

static bool has_temp(const struct fixture *fixture, double after)
{
	return fixture->count > after && !isnan(fixture->values[FAKE_TEMP]);
}

static struct taken await_count(struct fixture *fixture, unsigned count)
{
	return await_reading(fixture, has_count, count);
}

static struct sampler_event await_event(struct fixture *fixture)
{
	struct pollfd pollfd = {.fd = queue_fd(fixture->events), .events = POLLIN};
	struct sampler_event event;
	const void *record;
	size_t size = 0;

	assert_int_equal(poll(&pollfd, 1, LIMIT_S * 1000), 1);
	record = queue_peek(fixture->events, &size);
	assert_int_equal(size, sizeof(event));
	memcpy(&event, record, sizeof(event));
	queue_pop(fixture->events);
	return event;
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

static int set_up_with(void **state, size_t queue_bytes)
{
	const struct sim_settings settings = {.stuck_us = STUCK_US};
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	*state = fixture;
	fake_config_init(&fixture->fake);
	(void)pthread_mutex_init(&fixture->mutex, NULL);
	(void)pthread_cond_init(&fixture->arrived, NULL);
	(void)sem_init(&fixture->entered, 0, 0);
	assert_int_equal(board_sim_new(&settings, NULL, &fixture->board), 0);
	assert_int_equal(queue_new(queue_bytes, &fixture->events), 0);
	add_part(fixture, FAKE_CLIMATE);
	add_part(fixture, FAKE_ADC);
	show(fixture, "climate", 0, 21.5);
	show(fixture, "climate", 1, 45);
	show(fixture, "adc", 1, 100);
	show(fixture, "adc", 2, 812);
	return 0;
}

static int setup(void **state)
{
	return set_up_with(state, 65536);
}

static int setup_with_room_for_one_event(void **state)
{
	return set_up_with(state, sizeof(struct sampler_event) + 32);
}

static int teardown_all_but_memory(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(sampler_close(fixture->sampler, LIMIT_US), 0);
	queue_free(fixture->events);
	board_close(fixture->board);
	(void)sem_destroy(&fixture->entered);
	(void)pthread_cond_destroy(&fixture->arrived);
	(void)pthread_mutex_destroy(&fixture->mutex);
	return 0;
}

static int teardown(void **state)
{
	(void)teardown_all_but_memory(state);
	free(*state);
	return 0;
}

/* That a detached thread has ended, no sanitizer knows: what it has read stays. */
static int teardown_after_detached(void **state)
{
	static void *kept;

	kept = *state;
	return teardown_all_but_memory(&kept);
}

static void close_sampler(struct fixture *fixture)
{
	assert_int_equal(sampler_close(fixture->sampler, LIMIT_US), 0);
	fixture->sampler = NULL;
}

static void start(struct fixture *fixture, uint32_t interval_ms)
{
	const struct sampler_settings settings = {
		.board = fixture->board,
		.config = &fixture->fake.config,
		.interval_ms = interval_ms,
		.events = fixture->events,
		.on_reading = on_reading,
		.userdata = fixture,
	};

	assert_int_equal(sampler_new(&settings, &fixture->sampler), 0);
}

static void assert_near(double got, double wanted)
{
	assert_true(fabs(got - wanted) < 0.1);
}

static void the_first_reading_comes_at_once(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before_ms = clock_wall_ms();
	struct taken taken;

	start(fixture, HOUR_MS);
	taken = await_count(fixture, 1);
	assert_near(taken.values[FAKE_TEMP], 21.5);
	assert_near(taken.values[FAKE_HUMI], 45);
	assert_near(taken.values[FAKE_CDS], 812);
	assert_near(taken.values[FAKE_SOUND], 100);
	assert_ptr_equal(taken.config, &fixture->fake.config);
	assert_true(taken.taken_ms >= before_ms && taken.taken_ms <= clock_wall_ms());
}

static void a_reading_comes_each_interval(void **state)
{
	struct fixture *fixture = *state;
	struct taken first, last;
	struct sampler_counts counts;

	start(fixture, 20);
	first = await_count(fixture, 1);
	last = await_count(fixture, first.count + 10);
	/* the first one may have come late, by not more than an interval */
	assert_true(last.at_us - first.at_us >= 9 * 20000);
	counts = sampler_counts(fixture->sampler);
	assert_true(counts.readings >= last.count);
}

static void a_new_interval_counts_from_its_change(void **state)
{
	struct fixture *fixture = *state;
	struct taken first, second;
	uint64_t changed_us;

	start(fixture, HOUR_MS);
	first = await_count(fixture, 1);
	changed_us = clock_now_us();
	sampler_set_interval(fixture->sampler, 50);
	second = await_count(fixture, first.count + 1);
	assert_true(second.at_us - changed_us >= 50000);
	(void)await_count(fixture, second.count + 2);
}

static void the_last_of_several_intervals_wins(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, HOUR_MS);
	(void)await_count(fixture, 1);
	for (uint32_t i = 0; i < 1000; i++)
		sampler_set_interval(fixture->sampler, HOUR_MS + i);
	sampler_set_interval(fixture->sampler, 20);
	(void)await_count(fixture, 3);
}

static void a_reading_may_be_asked_for_beside_the_grid(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, HOUR_MS);
	(void)await_count(fixture, 1);
	for (unsigned count = 2; count < 5; count++) {
		sampler_read_now(fixture->sampler);
		assert_int_equal(await_count(fixture, count).count, count);
	}
	assert_int_equal(sampler_counts(fixture->sampler).missed, 0);
}

static void a_stuck_bus_costs_only_its_own_values(void **state)
{
	struct fixture *fixture = *state;
	struct sampler_event temp, humi;
	struct taken taken;

	start(fixture, 20);
	taken = await_count(fixture, 1);
	assert_int_equal(sim_set_fault(fixture->board, "/dev/i2c-1", SIM_FAULT_STUCK), 0);
	taken = await_reading(fixture, has_null_temp, taken.count);
	assert_true(isnan(taken.values[FAKE_HUMI]));
	assert_near(taken.values[FAKE_CDS], 812);
	temp = await_event(fixture);
	humi = await_event(fixture);
	assert_int_equal(temp.kind, SAMPLER_EVENT_SENSOR);
	assert_int_equal(temp.sensor, FAKE_TEMP);
	assert_int_equal(humi.sensor, FAKE_HUMI);
	assert_int_equal(temp.error, -ETIMEDOUT);
	assert_int_equal(temp.retry_ms, 1000);
	assert_ptr_equal(temp.config, &fixture->fake.config);
	assert_non_null(strstr(temp.text, "bme280 at 0x77 on /dev/i2c-1: "));

	/* the others go on while the chip is left alone, and then it works again */
	taken = await_count(fixture, taken.count + 5);
	assert_true(isnan(taken.values[FAKE_TEMP]));
	assert_near(taken.values[FAKE_CDS], 812);
	assert_int_equal(sim_set_fault(fixture->board, "/dev/i2c-1", SIM_FAULT_NONE), 0);
	taken = await_reading(fixture, has_temp, taken.count);
	assert_near(taken.values[FAKE_TEMP], 21.5);
	temp = await_event(fixture);
	assert_int_equal(temp.sensor, FAKE_TEMP);
	assert_int_equal(temp.error, 0);
	humi = await_event(fixture);
	assert_int_equal(humi.sensor, FAKE_HUMI);
	assert_int_equal(humi.error, 0);
}

static void swap(struct sampler *sampler, const struct config *config)
{
	struct round *round;

	assert_int_equal(sampler_prepare(sampler, config, &round), 0);
	sampler_swap(sampler, round);
}

/* One transfer takes longer than all the readings that are waited for meanwhile. */
static void a_slow_bus_delays_no_reading(void **state)
{
	struct fixture *fixture = *state;
	uint64_t begin_us;
	struct taken taken;

	start(fixture, 20);
	taken = await_count(fixture, 1);
	begin_us = clock_now_us();
	assert_int_equal(sim_set_slow(fixture->board, "/dev/i2c-1", SLOW_US), 0);
	taken = await_reading(fixture, has_null_temp, taken.count);
	taken = await_count(fixture, taken.count + 20);
	assert_true(clock_now_us() - begin_us < SLOW_US);
	assert_near(taken.values[FAKE_CDS], 812);
	/* the bus may still hang when it is mended: what is in flight ends as it began */
	assert_int_equal(sim_set_fault(fixture->board, "/dev/i2c-1", SIM_FAULT_NONE), 0);
	taken = await_reading(fixture, has_temp, taken.count);
	assert_near(taken.values[FAKE_TEMP], 21.5);
}

static void a_map_that_swaps_while_a_bus_is_slow_does_not_wait(void **state)
{
	static char another[] = "another";
	struct fixture *fixture = *state;
	uint64_t begin_us = clock_now_us();
	struct fake_config other;
	struct taken taken;

	start(fixture, 20);
	taken = await_count(fixture, 1);
	assert_int_equal(sim_set_slow(fixture->board, "/dev/i2c-1", SLOW_US), 0);
	(void)await_reading(fixture, has_null_temp, taken.count);
	for (int i = 0; i < 3; i++) {
		fake_config_init(&other);
		/* each second time it is another chip, and nobody waits for the call any more */
		if (i % 2)
			other.chips[FAKE_CLIMATE].fingerprint = another;
		swap(fixture->sampler, &other.config);
		assert_int_equal(await_event(fixture).kind, SAMPLER_EVENT_SWAPPED);
		swap(fixture->sampler, &fixture->fake.config);
		assert_int_equal(await_event(fixture).kind, SAMPLER_EVENT_SWAPPED);
	}
	assert_true(clock_now_us() - begin_us < SLOW_US);
}

static void another_map_takes_over_between_two_readings(void **state)
{
	struct fixture *fixture = *state;
	struct fake_config *old = calloc(1, sizeof(*old));
	struct sampler_event event;
	struct taken taken;

	assert_non_null(old);
	fake_config_init(old);
	start(fixture, 20);
	(void)await_count(fixture, 1);
	swap(fixture->sampler, &old->config);
	event = await_event(fixture);
	assert_int_equal(event.kind, SAMPLER_EVENT_SWAPPED);
	assert_ptr_equal(event.config, &old->config);

	fixture->fake.sensors[FAKE_CDS].scale = 2;
	swap(fixture->sampler, &fixture->fake.config);
	event = await_event(fixture);
	assert_int_equal(event.kind, SAMPLER_EVENT_SWAPPED);
	assert_ptr_equal(event.config, &fixture->fake.config);
	/* nobody reads the old one any more: a sanitizer would tell */
	free(old);
	taken = await_count(fixture, 1);
	taken = await_count(fixture, taken.count + 2);
	assert_ptr_equal(taken.config, &fixture->fake.config);
	assert_near(taken.values[FAKE_CDS], 1624);
}

static void a_swap_does_not_wait_for_the_next_reading(void **state)
{
	struct fixture *fixture = *state;
	struct fake_config other;

	fake_config_init(&other);
	start(fixture, HOUR_MS);
	(void)await_count(fixture, 1);
	swap(fixture->sampler, &other.config);
	assert_int_equal(await_event(fixture).kind, SAMPLER_EVENT_SWAPPED);
	close_sampler(fixture);
}

static void a_ping_is_answered_while_nothing_is_due(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, HOUR_MS);
	(void)await_count(fixture, 1);
	for (int i = 0; i < 3; i++) {
		sampler_ping(fixture->sampler);
		assert_int_equal(await_event(fixture).kind, SAMPLER_EVENT_PONG);
	}
}

static void what_finds_no_room_is_told_later(void **state)
{
	struct fixture *fixture = *state;
	bool told[FAKE_SENSORS] = {false}, answered = false;

	assert_int_equal(sim_set_fault(fixture->board, "climate", SIM_FAULT_NO_ANSWER), 0);
	assert_int_equal(sim_set_fault(fixture->board, "adc", SIM_FAULT_NO_ANSWER), 0);
	start(fixture, HOUR_MS);
	(void)await_count(fixture, 1);
	sampler_ping(fixture->sampler);
	for (int i = 0; i < FAKE_SENSORS + 1; i++) {
		struct sampler_event event = await_event(fixture);

		if (event.kind == SAMPLER_EVENT_PONG)
			answered = true;
		else
			told[event.sensor] = true;
	}
	assert_true(answered);
	for (int i = 0; i < FAKE_SENSORS; i++)
		assert_true(told[i]);
}

static void a_map_without_sensors_makes_no_readings(void **state)
{
	struct fixture *fixture = *state;

	fixture->fake.config.n_sensors = 0;
	start(fixture, 20);
	for (int i = 0; i < 10; i++) {
		sampler_ping(fixture->sampler);
		assert_int_equal(await_event(fixture).kind, SAMPLER_EVENT_PONG);
	}
	close_sampler(fixture);
	assert_int_equal(fixture->count, 0);
}

static void the_end_does_not_wait_for_the_next_reading(void **state)
{
	struct fixture *fixture = *state;
	uint64_t begin_us;

	start(fixture, HOUR_MS);
	(void)await_count(fixture, 1);
	begin_us = clock_now_us();
	close_sampler(fixture);
	assert_true(clock_now_us() - begin_us < UINT64_C(1000000) * LIMIT_S);
}

/* The window keeps the first round running. */
static void the_end_does_not_wait_for_a_running_round(void **state)
{
	struct fixture *fixture = *state;

	fixture->fake.sensors[FAKE_SOUND].sampling = sampling_find("peak_to_peak");
	fixture->fake.sensors[FAKE_SOUND].sampling_size = UINT64_C(1000) * HOUR_MS;
	start(fixture, HOUR_MS);
	sampler_ping(fixture->sampler);
	assert_int_equal(await_event(fixture).kind, SAMPLER_EVENT_PONG);
	close_sampler(fixture);
	assert_int_equal(fixture->count, 0);
}

/* A thread that is detached can only be looked for. */
static void await_end_of(pid_t thread)
{
	uint64_t limit_us = clock_now_us() + LIMIT_US;

	while (tgkill(getpid(), thread, 0) == 0 && clock_now_us() < limit_us)
		(void)sched_yield();
	assert_int_equal(errno, ESRCH);
}

/* A thread that the kernel keeps: it comes back when the test lets go of the mutex. */
static void a_stuck_thread_is_left_behind(void **state)
{
	struct fixture *fixture = *state;
	uint64_t begin_us;

	(void)pthread_mutex_lock(&fixture->mutex);
	start(fixture, HOUR_MS);
	assert_int_equal(sem_wait(&fixture->entered), 0);
	begin_us = clock_now_us();
	assert_int_equal(sampler_close(fixture->sampler, 50000), -ETIMEDOUT);
	assert_true(clock_now_us() - begin_us >= 50000);
	fixture->sampler = NULL;
	(void)pthread_mutex_unlock(&fixture->mutex);
	/* It uses the board to its end, and frees itself. */
	await_end_of(fixture->thread);
	(void)await_count(fixture, 1);
	assert_int_equal(fixture->count, 1);
}

static void a_round_that_is_longer_than_the_interval_misses_deadlines(void **state)
{
	struct fixture *fixture = *state;

	fixture->fake.sensors[FAKE_SOUND].sampling = sampling_find("peak_to_peak");
	fixture->fake.sensors[FAKE_SOUND].sampling_size = 50000;
	start(fixture, 20);
	(void)await_count(fixture, 3);
	/* of the first two, whose ends came before the third: 20 and 40 ms each */
	assert_true(sampler_counts(fixture->sampler).missed >= 4);
}

/* The sampler's thread waits in the first event that it hands over until the gate is open. */
static void on_event(void *userdata, const struct input_event *event)
{
	struct fixture *fixture = userdata;

	(void)event;
	if (!atomic_load(&fixture->is_gate_open)) {
		(void)sem_post(&fixture->at_gate);
		(void)sem_wait(&fixture->gate);
	}
}

/* More edges than are kept come while nobody fetches them. */
static void lose_edges(struct fixture *fixture)
{
	uint64_t before = sampler_counts(fixture->sampler).edges_lost;
	uint64_t limit_us = clock_now_us() + LIMIT_US;

	atomic_store(&fixture->is_gate_open, false);
	assert_int_equal(sim_drive_line(fixture->board, "GPIO23", true), 0);
	(void)sem_wait(&fixture->at_gate);
	for (int i = 0; i < 1500; i++)
		assert_int_equal(sim_drive_line(fixture->board, "GPIO23", i % 2 == 1), 0);
	assert_int_equal(sim_drive_line(fixture->board, "GPIO23", false), 0);
	atomic_store(&fixture->is_gate_open, true);
	(void)sem_post(&fixture->gate);
	while (sampler_counts(fixture->sampler).edges_lost == before && clock_now_us() < limit_us)
		(void)usleep(1000);
	assert_true(sampler_counts(fixture->sampler).edges_lost > before);
}

static void add_door(struct fixture *fixture, struct config_chip *ret_door)
{
	static char name[] = "door", line[] = "GPIO23";
	static double params[16];

	*ret_door = (struct config_chip){.name = name,
		.driver = driver_find("switch"),
		.bus = line,
		.params = params,
		.fingerprint = name};
	for (size_t i = 0; i < ret_door->driver->n_params; i++)
		ret_door->params[i] = ret_door->driver->params[i].default_value;
	assert_int_equal(sim_add_part(fixture->board, name, ret_door->driver, line, 0), 0);
}

static void swap_to(struct fixture *fixture, const struct config *config)
{
	unsigned count;

	swap(fixture->sampler, config);
	assert_int_equal(await_event(fixture).kind, SAMPLER_EVENT_SWAPPED);
	count = await_count(fixture, 1).count;
	(void)await_count(fixture, count + 2);
}

static void lost_edges_are_counted_over_a_map_without_inputs(void **state)
{
	struct fixture *fixture = *state;
	struct config_chip chips[FAKE_CHIPS + 1];
	struct config with_door = fixture->fake.config;
	const struct sampler_settings settings = {
		.board = fixture->board,
		.config = &with_door,
		.interval_ms = 20,
		.events = fixture->events,
		.on_reading = on_reading,
		.on_event = on_event,
		.userdata = fixture,
	};
	uint64_t lost;

	(void)sem_init(&fixture->gate, 0, 0);
	(void)sem_init(&fixture->at_gate, 0, 0);
	atomic_store(&fixture->is_gate_open, true);
	memcpy(chips, fixture->fake.chips, sizeof(fixture->fake.chips));
	add_door(fixture, &chips[FAKE_CHIPS]);
	with_door.chips = chips;
	with_door.n_chips = FAKE_CHIPS + 1;
	assert_int_equal(sampler_new(&settings, &fixture->sampler), 0);
	(void)await_count(fixture, 2);
	lose_edges(fixture);
	lost = sampler_counts(fixture->sampler).edges_lost;
	swap_to(fixture, &fixture->fake.config);
	swap_to(fixture, &with_door);
	assert_true(sampler_counts(fixture->sampler).edges_lost >= lost);
	lose_edges(fixture);
	assert_true(sampler_counts(fixture->sampler).edges_lost > lost);
	close_sampler(fixture);
	(void)sem_destroy(&fixture->gate);
	(void)sem_destroy(&fixture->at_gate);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(lost_edges_are_counted_over_a_map_without_inputs),
		test(the_first_reading_comes_at_once),
		test(a_reading_comes_each_interval),
		test(a_new_interval_counts_from_its_change),
		test(the_last_of_several_intervals_wins),
		test(a_reading_may_be_asked_for_beside_the_grid),
		test(a_stuck_bus_costs_only_its_own_values),
		test(a_slow_bus_delays_no_reading),
		test(a_map_that_swaps_while_a_bus_is_slow_does_not_wait),
		test(another_map_takes_over_between_two_readings),
		test(a_swap_does_not_wait_for_the_next_reading),
		test(a_ping_is_answered_while_nothing_is_due),
		cmocka_unit_test_setup_teardown(
			what_finds_no_room_is_told_later, setup_with_room_for_one_event, teardown),
		test(a_map_without_sensors_makes_no_readings),
		test(the_end_does_not_wait_for_the_next_reading),
		test(the_end_does_not_wait_for_a_running_round),
		cmocka_unit_test_setup_teardown(
			a_stuck_thread_is_left_behind, setup, teardown_after_detached),
		test(a_round_that_is_longer_than_the_interval_misses_deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
