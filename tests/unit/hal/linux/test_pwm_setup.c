/* SPDX-License-Identifier: MIT */
#include "pwm_setup.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Carries out one write as the kernel does, see pwm_setup.h. */
static int kernel_write(struct pwm_state *channel, const struct pwm_write *write)
{
	struct pwm_state next = *channel;

	switch (write->file) {
	case PWM_FILE_ENABLE:
		next.enabled = write->value != 0;
		break;
	case PWM_FILE_PERIOD:
		next.period_ns = write->value;
		break;
	case PWM_FILE_DUTY_CYCLE:
		next.duty_cycle_ns = write->value;
		break;
	case PWM_FILE_POLARITY:
		next.inversed = write->value != 0;
		if (channel->enabled && next.inversed != channel->inversed)
			return -EBUSY;
		break;
	}
	if (next.period_ns == 0 || next.duty_cycle_ns > next.period_ns)
		return -EINVAL;
	*channel = next;
	return 0;
}

static const uint64_t PERIODS[] = {0, 1, 50000, 1000000, 20000000};
enum { N_PERIODS = sizeof(PERIODS) / sizeof(PERIODS[0]) };

static void run_setup(struct pwm_state channel, uint64_t period_ns, bool high)
{
	struct pwm_write writes[PWM_WRITES_MAX];
	size_t n_writes = pwm_setup(&channel, period_ns, high, writes);

	assert_true(n_writes <= PWM_WRITES_MAX);
	for (size_t i = 0; i < n_writes; i++) {
		assert_int_equal(kernel_write(&channel, &writes[i]), 0);
		/* Nothing runs on from the first write, unless it is wanted high. */
		if (!high && channel.enabled && !channel.inversed)
			assert_int_equal(channel.duty_cycle_ns, 0);
	}
	assert_true(channel.enabled);
	assert_false(channel.inversed);
	assert_int_equal(channel.period_ns, period_ns);
	assert_int_equal(channel.duty_cycle_ns, high ? period_ns : 0);
}

/* Every state that a predecessor can have left behind: the kernel must take every write. */
static void test_the_kernel_takes_every_write_from_every_state(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 16; bits++) {
		for (size_t old = 0; old < N_PERIODS; old++) {
			struct pwm_state channel = {
				.period_ns = PERIODS[old],
				.duty_cycle_ns = bits & 1 ? PERIODS[old] : PERIODS[old] / 2,
				.enabled = (bits & 2) && PERIODS[old] > 0,
				.inversed = bits & 4,
			};
			for (size_t new = 1; new < N_PERIODS; new ++)
				run_setup(channel, PERIODS[new], bits & 8);
		}
	}
}

static void test_a_fresh_channel_gets_its_period_first(void **state)
{
	(void)state;
	const struct pwm_state fresh = {0};
	struct pwm_write writes[PWM_WRITES_MAX];

	assert_int_equal(pwm_setup(&fresh, 1000000, false, writes), 3);
	assert_int_equal(writes[0].file, PWM_FILE_PERIOD);
	assert_int_equal(writes[1].file, PWM_FILE_DUTY_CYCLE);
	assert_int_equal(writes[2].file, PWM_FILE_ENABLE);
}

static void test_a_running_channel_is_stopped_first(void **state)
{
	(void)state;
	const struct pwm_state running = {
		.period_ns = 20000000, .duty_cycle_ns = 15000000, .enabled = true};
	struct pwm_write writes[PWM_WRITES_MAX];

	(void)pwm_setup(&running, 1000000, false, writes);
	assert_int_equal(writes[0].file, PWM_FILE_DUTY_CYCLE);
	assert_int_equal(writes[0].value, 0);
}

/* An inverted output that is at rest stays there: no write may open it to the full. */
static void test_a_resting_inverted_channel_keeps_its_level(void **state)
{
	(void)state;
	const struct pwm_state resting = {
		.period_ns = 1000000, .duty_cycle_ns = 1000000, .enabled = true};
	struct pwm_state channel = resting;
	struct pwm_write writes[PWM_WRITES_MAX];
	size_t n_writes = pwm_setup(&resting, 1000000, true, writes);

	for (size_t i = 0; i < n_writes; i++) {
		assert_int_equal(kernel_write(&channel, &writes[i]), 0);
		assert_true(channel.enabled);
		assert_int_equal(channel.duty_cycle_ns, channel.period_ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_kernel_takes_every_write_from_every_state),
		cmocka_unit_test(test_a_fresh_channel_gets_its_period_first),
		cmocka_unit_test(test_a_running_channel_is_stopped_first),
		cmocka_unit_test(test_a_resting_inverted_channel_keeps_its_level),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
