/* SPDX-License-Identifier: MIT */
#include "pwm.h"
#include "trace_log.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct fake_output {
	struct pwm_output base;
	int result;
	unsigned sets, closes;
	uint32_t electrical;
};

static int fake_set(struct pwm_output *base, uint32_t duty_steps)
{
	struct fake_output *output = (struct fake_output *)base;

	output->sets++;
	output->electrical = duty_steps;
	return output->result;
}

static void fake_close(struct pwm_output *base)
{
	((struct fake_output *)base)->closes++;
}

static const struct pwm_ops FAKE_OPS = {.set = fake_set, .close = fake_close};

static struct fake_output fake(bool inverted)
{
	return (struct fake_output){
		.base = {.ops = &FAKE_OPS, .steps = 1000, .inverted = inverted, .name = "board.3"}};
}

static void test_the_backend_sees_the_electrical_duty(void **state)
{
	(void)state;
	static const uint32_t duties[] = {0, 1, 500, 999, 1000};
	struct fake_output straight = fake(false), inverted = fake(true);

	for (size_t i = 0; i < sizeof(duties) / sizeof(duties[0]); i++) {
		assert_int_equal(pwm_set(&straight.base, duties[i]), 0);
		assert_int_equal(straight.electrical, duties[i]);
		assert_int_equal(pwm_set(&inverted.base, duties[i]), 0);
		assert_int_equal(inverted.electrical, 1000 - duties[i]);
	}
}

static void test_above_the_steps_is_refused(void **state)
{
	(void)state;
	struct fake_output output = fake(true);

	assert_int_equal(pwm_set(&output.base, 1001), -EINVAL);
	assert_int_equal(pwm_set(&output.base, UINT32_MAX), -EINVAL);
	assert_int_equal(pwm_set(NULL, 0), -EINVAL);
	assert_int_equal(output.sets, 0);
}

static void test_set_is_traced(void **state)
{
	(void)state;
	struct trace_log log = {""};
	struct hal_trace trace = trace_log_observer(&log);
	struct fake_output output = fake(false);

	output.base.trace = &trace;
	assert_int_equal(pwm_set(&output.base, 250), 0);
	output.base.inverted = true;
	output.result = -ENXIO;
	assert_int_equal(pwm_set(&output.base, 250), -ENXIO);
	assert_string_equal(log.text,
		"board.3: duty 250/1000 ok\n"
		"board.3: duty 250/1000 inverted no answer\n");
}

static void test_close_takes_null_and_returns_null(void **state)
{
	(void)state;
	struct fake_output output = fake(false);

	assert_null(pwm_close(NULL));
	assert_null(pwm_close(&output.base));
	assert_int_equal(output.closes, 1);
	assert_int_equal(output.sets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_backend_sees_the_electrical_duty),
		cmocka_unit_test(test_above_the_steps_is_refused),
		cmocka_unit_test(test_set_is_traced),
		cmocka_unit_test(test_close_takes_null_and_returns_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
