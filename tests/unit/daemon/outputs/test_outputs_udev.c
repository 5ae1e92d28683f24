/* SPDX-License-Identifier: MIT */
/* A PWM channel of the kernel may wait for udev as long as nothing runs: a stop is never late. */
#include "outputs_fixture.h"
#include <errno.h>

#define LED "leds: [{pwm: pwmchip0.1}]\n"

static struct {
	const struct board_ops *ops; /* of the simulated board */
	unsigned n_may_wait, n_looks;
	bool is_opened; /* by udev */
} udev;

static int open_pwm(struct board *board, const struct pwm_request *request, struct hal_error *error,
	struct pwm_output **ret_output)
{
	udev.n_may_wait += request->may_wait;
	udev.n_looks += !request->may_wait;
	if (!request->may_wait && !udev.is_opened)
		return hal_error_set(error, -EAGAIN, "not opened by udev yet");
	return udev.ops->open_pwm(board, request, error, ret_output);
}

/* The outputs of the map, on a board whose channels wait for udev. */
static void open_slow(struct fixture *f, const char *map, bool safe_only)
{
	static struct board_ops ops;

	*f = (struct fixture){.n_states = 0};
	map_rig_open(&f->rig, map);
	memset(&udev, 0, sizeof(udev));
	udev.ops = f->rig.board->ops;
	ops = *udev.ops;
	ops.open_pwm = open_pwm;
	f->rig.board->ops = &ops;
	open_outputs(f, safe_only);
}

static void a_start_waits(void **state)
{
	struct fixture f;

	(void)state;
	open_slow(&f, LED, false);
	assert_int_equal(udev.n_may_wait, 1);
	assert_int_equal(udev.n_looks, 0);
	assert_true(get(&f, "led", 0).ok);
	close_all(&f);
}

static void so_does_what_only_makes_safe(void **state)
{
	struct fixture f;

	(void)state;
	open_slow(&f, "motors: [{forward: GPIO20, backward: GPIO21, enable: pwmchip0.1}]\n", true);
	assert_int_equal(udev.n_may_wait, 1);
	assert_int_equal(outputs_safe(f.outputs), 0);
	close_all(&f);
}

static void a_reload_and_a_retry_do_not(void **state)
{
	struct fixture f;

	(void)state;
	open_slow(&f, PUMP, false);
	reload(&f, PUMP LED);
	assert_int_equal(udev.n_looks, 1);
	assert_string_equal(get(&f, "led", 0).error, "not opened by udev yet");
	(void)outputs_poll(f.outputs, clock_now_us() + UINT64_C(1000) * BACKOFF_FIRST_MS);
	assert_int_equal(udev.n_looks, 2);
	udev.is_opened = true;
	poll_much_later(&f);
	assert_true(get(&f, "led", 0).ok);
	assert_int_equal(udev.n_looks, 3);
	assert_int_equal(udev.n_may_wait, 0);
	close_all(&f);
}

static void nor_does_an_action(void **state)
{
	struct fixture f;

	(void)state;
	open_slow(&f, PUMP, false);
	reload(&f, PUMP LED);
	assert_int_equal(set(&f, "led", 0, true, 0), -EAGAIN);
	udev.is_opened = true;
	assert_int_equal(set(&f, "led", 0, true, 0), 0);
	assert_true(is_on(&f, "led", 0));
	assert_int_equal(udev.n_looks, 3);
	assert_int_equal(udev.n_may_wait, 0);
	close_all(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_waits),
		cmocka_unit_test(so_does_what_only_makes_safe),
		cmocka_unit_test(a_reload_and_a_retry_do_not),
		cmocka_unit_test(nor_does_an_action),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
