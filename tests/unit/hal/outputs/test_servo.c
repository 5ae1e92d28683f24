/* SPDX-License-Identifier: MIT */
/* A servo's pulses: how long each angle's is, when they end, and what a failed write leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output_kind.h"
#include <errno.h>
#include <math.h>
#include <string.h>

enum { ON, ANGLE };

struct world {
	struct pwm_output pwm;
	uint32_t steps;
	unsigned n_writes, n_closed;
	int failing; /* writes, from now on */
	void *servo;
};

static int set(struct pwm_output *pwm, uint32_t steps)
{
	struct world *world = (struct world *)pwm;

	world->n_writes++;
	if (world->failing > 0) {
		world->failing--;
		return -EIO;
	}
	world->steps = steps;
	return 0;
}

static void close_pwm(struct pwm_output *pwm)
{
	((struct world *)pwm)->n_closed++;
}

static const struct pwm_ops OPS = {.set = set, .close = close_pwm};

static const struct output_kind *servo(void)
{
	return output_kind_find("servo");
}

/* pulse, angle, release */
struct settings {
	double pulse_us[2], angle[2], release_us;
};

static const struct settings USUAL = {{500, 2400}, {0, 180}, 0};

/* Of a PCA9685 at 50 Hz: 122 x 4096 x 40 ns. */
enum { PERIOD_NS = 19988480, STEPS = 4096 };

static struct world open_world(uint32_t period_ns, uint32_t steps)
{
	return (struct world){.pwm = {.ops = &OPS, .steps = steps, .period_ns = period_ns}};
}

static void open_servo(struct world *world, const struct settings *settings)
{
	const struct output_wire wire = {.pwm = &world->pwm};
	const double params[] = {settings->pulse_us[0], settings->pulse_us[1], settings->angle[0],
		settings->angle[1], settings->release_us};

	assert_int_equal(servo()->n_params, sizeof(params) / sizeof(params[0]));
	assert_int_equal(servo()->open(&wire, params, &world->servo), 0);
}

static int turn(struct world *world, int tenths, uint64_t now_us)
{
	const struct output_values values = {.given = 3, .numbers = {[ON] = 1, [ANGLE] = tenths}};

	return servo()->apply(world->servo, &values, now_us);
}

static bool shows_pulses(const struct world *world)
{
	struct output_values values = {0};

	servo()->observe(world->servo, &values);
	return values.numbers[ON];
}

/* The pulse is from + (to - from) x (angle - first) / (last - first), in steps of its PWM. */
static void each_angle_has_its_pulse(void **state)
{
	static const struct {
		struct settings settings;
		uint32_t period_ns, steps;
		int tenths;
		double pulse_us;
	} ROWS[] = {
		/* a PCA9685 at 50 Hz: 4.88 us a step */
		{{{500, 2400}, {0, 180}, 0}, PERIOD_NS, STEPS, 0, 500},
		{{{500, 2400}, {0, 180}, 0}, PERIOD_NS, STEPS, 900, 1450},
		{{{500, 2400}, {0, 180}, 0}, PERIOD_NS, STEPS, 1800, 2400},
		{{{500, 2400}, {0, 180}, 0}, PERIOD_NS, STEPS, 455, 980.28},
		/* the kernel's PWM at 50 Hz, and angles on both sides of the middle */
		{{{1000, 2000}, {-45, 45}, 0}, 20000000, 65535, 0, 1500},
		{{{1000, 2000}, {-45, 45}, 0}, 20000000, 65535, -450, 1000},
		{{{1000, 2000}, {-45, 45}, 0}, 20000000, 65535, 449, 1998.89},
		/* mounted the other way round */
		{{{2400, 500}, {0, 180}, 0}, PERIOD_NS, STEPS, 0, 2400},
		{{{2400, 500}, {0, 180}, 0}, PERIOD_NS, STEPS, 900, 1450},
		{{{2400, 500}, {0, 180}, 0}, PERIOD_NS, STEPS, 455, 1919.72},
		{{{2400, 500}, {0, 180}, 0}, PERIOD_NS, STEPS, 1800, 500},
		/* software PWM at 100 Hz: 10 us a step */
		{{{500, 2400}, {0, 180}, 0}, 10000000, 1000, 1800, 2400},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct world world = open_world(ROWS[i].period_ns, ROWS[i].steps);
		double step_us = ROWS[i].period_ns / 1e3 / ROWS[i].steps;

		open_servo(&world, &ROWS[i].settings);
		assert_int_equal(turn(&world, ROWS[i].tenths, 0), 0);
		assert_true(fabs(world.steps * step_us - ROWS[i].pulse_us) <= step_us / 2 + 0.01);
		servo()->close(world.servo);
		assert_int_equal(world.steps, 0);
		assert_int_equal(world.n_closed, 1);
	}
}

static void pulses_that_are_one_are_no_servo(void **state)
{
	const double params[] = {1500, 1500, 0, 180, 0};
	struct world world = open_world(PERIOD_NS, STEPS);
	const struct output_wire wire = {.pwm = &world.pwm};

	(void)state;
	assert_int_equal(servo()->open(&wire, params, &world.servo), -EINVAL);
	assert_int_equal(world.n_closed, 1);
}

static void the_limits_of_the_angle_are_the_maps(void **state)
{
	const double params[] = {500, 2400, -12.5, 90, 0};
	struct output_range range = output_key_range(servo(), ANGLE, params);

	(void)state;
	assert_int_equal(range.min, -125);
	assert_int_equal(range.max, 900);
}

static void pulses_end_at_release_and_not_before(void **state)
{
	const struct settings settings = {{500, 2400}, {0, 180}, 1e6};
	struct world world = open_world(PERIOD_NS, STEPS);
	uint64_t next_us = 0;

	(void)state;
	open_servo(&world, &settings);
	assert_int_equal(turn(&world, 900, 5000000), 0);
	assert_int_equal(servo()->poll(world.servo, 5999999, &next_us), 0);
	assert_int_equal(next_us, 6000000);
	assert_true(world.steps > 0 && servo()->is_running(world.servo));
	/* another angle begins the time anew */
	assert_int_equal(turn(&world, 450, 5999999), 0);
	assert_int_equal(servo()->poll(world.servo, 6000000, &next_us), 0);
	assert_int_equal(next_us, 6999999);
	assert_int_equal(servo()->poll(world.servo, 6999999, &next_us), 0);
	assert_true(next_us == UINT64_MAX);
	assert_int_equal(world.steps, 0);
	assert_false(servo()->is_running(world.servo));
	assert_false(shows_pulses(&world));
	servo()->close(world.servo);
}

static void without_release_it_holds(void **state)
{
	struct world world = open_world(PERIOD_NS, STEPS);
	uint64_t next_us = 0;

	(void)state;
	open_servo(&world, &USUAL);
	assert_int_equal(turn(&world, 900, 1), 0);
	assert_int_equal(servo()->poll(world.servo, UINT64_MAX - 1, &next_us), 0);
	assert_true(next_us == UINT64_MAX);
	assert_true(servo()->is_running(world.servo) && shows_pulses(&world));
	servo()->close(world.servo);
}

/* The pulse may have come all the same, so its end is written, and again until it is there. */
static void pulses_that_cannot_be_ended_are_tried_again(void **state)
{
	struct world world = open_world(PERIOD_NS, STEPS);
	uint64_t next_us = 0;

	(void)state;
	open_servo(&world, &USUAL);
	assert_int_equal(turn(&world, 900, 1000), 0);
	world.failing = 3;
	assert_int_equal(turn(&world, 450, 2000), -EIO);
	assert_false(servo()->is_running(world.servo));
	assert_true(shows_pulses(&world));
	assert_int_equal(servo()->poll(world.servo, 2000, &next_us), 0);
	assert_true(next_us > 2000 && next_us <= 22000);
	assert_int_equal(servo()->poll(world.servo, next_us, &next_us), -EIO);
	assert_true(next_us != UINT64_MAX);
	assert_int_equal(servo()->poll(world.servo, next_us, &next_us), 0);
	assert_true(next_us == UINT64_MAX);
	assert_int_equal(world.steps, 0);
	assert_false(shows_pulses(&world));
	servo()->close(world.servo);
}

/* As on a PWM that is far too fast: the map is a mistake, and --safe opens it to put it to rest. */
static void a_pulse_that_does_not_fit_is_never_written(void **state)
{
	struct world world = open_world(1000000, STEPS);

	(void)state;
	open_servo(&world, &USUAL);
	assert_int_equal(turn(&world, 900, 0), -EINVAL);
	assert_int_equal(world.n_writes, 0);
	assert_int_equal(servo()->safe(world.servo), 0);
	assert_int_equal(world.n_writes, 1);
	servo()->close(world.servo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_angle_has_its_pulse),
		cmocka_unit_test(pulses_that_are_one_are_no_servo),
		cmocka_unit_test(the_limits_of_the_angle_are_the_maps),
		cmocka_unit_test(pulses_end_at_release_and_not_before),
		cmocka_unit_test(without_release_it_holds),
		cmocka_unit_test(pulses_that_cannot_be_ended_are_tried_again),
		cmocka_unit_test(a_pulse_that_does_not_fit_is_never_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
