/* SPDX-License-Identifier: MIT */
/* The simulated board under several threads: a bus that hangs, and everything beside it. */
#include "clock.h"
#include "sim_internal.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#define BUS       "/dev/i2c-1"
#define OTHER_BUS "/dev/i2c-2"

enum { ADDRESS = 0x40, LONG_US = 3000000, SHORT_US = 20000 };

struct fixture {
	struct board *board;
	struct i2c_bus *bus;
};

static struct i2c_bus *open_bus(struct board *board, const char *path)
{
	struct i2c_bus *bus = NULL;

	assert_int_equal(board_open_i2c(board, path, NULL, &bus), 0);
	return bus;
}

static void add_part(struct fixture *fixture, const char *name, const char *bus)
{
	const struct driver *driver = driver_find("pca9685");

	assert_int_equal(sim_add_part(fixture->board, name, driver, bus, ADDRESS), 0);
}

static void set_up_with(void **state, uint32_t stuck_us)
{
	const struct sim_settings settings = {.stuck_us = stuck_us};
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	*state = fixture;
	assert_int_equal(board_sim_new(&settings, NULL, &fixture->board), 0);
	add_part(fixture, "a", BUS);
	fixture->bus = open_bus(fixture->board, BUS);
}

static int setup_that_hangs_for_long(void **state)
{
	set_up_with(state, LONG_US);
	return 0;
}

static int setup_that_hangs_shortly(void **state)
{
	set_up_with(state, SHORT_US);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	i2c_close(fixture->bus);
	board_close(fixture->board);
	free(fixture);
	return 0;
}

/* One transfer on a thread of its own. */
struct transfer {
	struct i2c_bus *bus;
	atomic_bool done;
	int result;
};

static void *run_transfer(void *argument)
{
	struct transfer *transfer = argument;

	transfer->result = i2c_write_register(transfer->bus, ADDRESS, 0, 0);
	atomic_store(&transfer->done, true);
	return NULL;
}

static struct sim_bus *wire(struct fixture *fixture, const char *name)
{
	struct sim_board *board = sim_board_of(fixture->board);
	struct sim_bus *bus;

	pthread_mutex_lock(&board->lock);
	bus = sim_bus_get(board, name);
	pthread_mutex_unlock(&board->lock);
	assert_non_null(bus);
	return bus;
}

/* Until the transfer is on the wire, or over already. */
static void await_begin(const struct transfer *transfer, struct sim_bus *bus)
{
	while (!atomic_load(&transfer->done) && pthread_mutex_trylock(&bus->turn) == 0) {
		pthread_mutex_unlock(&bus->turn);
		sched_yield();
	}
}

/* While one bus hangs: another bus, a line, a PWM channel and the setting of faults go on. */
static void a_stuck_bus_stops_nothing_else(void **state)
{
	struct fixture *fixture = *state;
	const struct gpio_request line_request = {"GPIO17", "test", .value = false};
	const struct pwm_request pwm_request = {"pwmchip0", 1, .period_ns = 1000000};
	struct transfer transfer = {.bus = fixture->bus};
	struct i2c_bus *other = open_bus(fixture->board, OTHER_BUS);
	struct gpio_line *line = NULL;
	struct pwm_output *pwm = NULL;
	pthread_t thread;

	add_part(fixture, "b", OTHER_BUS);
	assert_int_equal(board_open_line(fixture->board, &line_request, NULL, &line), 0);
	assert_int_equal(board_open_pwm(fixture->board, &pwm_request, NULL, &pwm), 0);
	assert_int_equal(sim_set_fault(fixture->board, BUS, SIM_FAULT_STUCK), 0);
	assert_int_equal(pthread_create(&thread, NULL, run_transfer, &transfer), 0);
	await_begin(&transfer, wire(fixture, BUS));

	assert_int_equal(i2c_write_register(other, ADDRESS, 0, 1), 0);
	assert_int_equal(gpio_line_set(line, true), 0);
	assert_int_equal(pwm_set(pwm, pwm->steps), 0);
	assert_int_equal(sim_set_fault(fixture->board, "a", SIM_FAULT_SHORT), 0);
	assert_int_equal(sim_set_fault(fixture->board, BUS, SIM_FAULT_STUCK), 0);
	assert_false(atomic_load(&transfer.done));

	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(transfer.result, -ETIMEDOUT);
	assert_int_equal(sim_set_fault(fixture->board, BUS, SIM_FAULT_NONE), 0);
	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 0, 1), -EIO);
	gpio_line_close(line);
	pwm_close(pwm);
	i2c_close(other);
}

static void a_stuck_bus_stops_everybody_on_it(void **state)
{
	struct fixture *fixture = *state;
	struct i2c_bus *second = open_bus(fixture->board, BUS);
	struct transfer transfers[2] = {{.bus = fixture->bus}, {.bus = second}};
	pthread_t threads[2];
	uint64_t begin_us = clock_now_us();

	assert_int_equal(sim_set_fault(fixture->board, "a", SIM_FAULT_STUCK), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(threads + i, NULL, run_transfer, transfers + i), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(transfers[i].result, -ETIMEDOUT);
	}
	/* One after the other: the second waited for the first to give up. */
	assert_true(clock_now_us() - begin_us >= UINT64_C(2) * SHORT_US);
	i2c_close(second);
}

static void a_part_may_vanish_while_its_bus_is_slow(void **state)
{
	struct fixture *fixture = *state;
	struct transfer transfer = {.bus = fixture->bus};
	pthread_t thread;

	assert_int_equal(sim_set_fault(fixture->board, BUS, SIM_FAULT_SLOW), 0);
	assert_int_equal(pthread_create(&thread, NULL, run_transfer, &transfer), 0);
	await_begin(&transfer, wire(fixture, BUS));
	assert_int_equal(sim_remove_part(fixture->board, "a"), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	/* Taken away before the 20 ms were over, or after. */
	assert_true(transfer.result == -ENXIO || transfer.result == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_stuck_bus_stops_nothing_else, setup_that_hangs_for_long, teardown),
		cmocka_unit_test_setup_teardown(
			a_stuck_bus_stops_everybody_on_it, setup_that_hangs_shortly, teardown),
		cmocka_unit_test_setup_teardown(a_part_may_vanish_while_its_bus_is_slow,
			setup_that_hangs_shortly, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
