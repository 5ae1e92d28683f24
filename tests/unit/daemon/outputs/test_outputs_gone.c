/* SPDX-License-Identifier: MIT */
/* Maps, lines and power that go while outputs are in use: what runs can be stopped. */
#include "outputs_fixture.h"
#include <errno.h>

#define TOP  "top: {driver: switch, line: GPIO24}"
#define PART "board: {driver: pca9685, bus: /dev/i2c-1, address: 0x40}"
#define REST "leds: [{pwm: board.3}]\nmotors: [{forward: board.0, backward: board.1"

/* Then nothing was changed, and above all what runs can be stopped. */
static void a_reload_that_fails_changes_nothing(void **state)
{
	const struct output_values forward = motor_values(WORD_FORWARD, 0),
				   stop = motor_values(WORD_STOP, 0);
	struct fixture f;
	struct config *config;

	(void)state;
	open_map(&f, "chips: {" PART "}\n" REST "}]\n");
	assert_int_equal(set(&f, "led", 0, true, 0), 0);
	assert_int_equal(outputs_apply(f.outputs, output_index(f.rig.config, "motor", 0),
				 &(const struct output_request){.values = forward}, NULL),
		0);
	config = map_load("chips: {" PART ", " TOP "}\n" REST ", limits: {forward: top}}]\n");
	for (size_t i = 0; i < config->n_chips; i++) {
		struct config_chip *chip = &config->chips[i];

		if (!chip->is_limit)
			continue;
		free(chip->bus);
		chip->bus = malloc(256);
		memset(chip->bus, 'x', 255);
		chip->bus[255] = '\0';
	}
	assert_int_equal(outputs_reload(f.outputs, config, false), -EINVAL);
	config_free(config);
	poll_much_later(&f);
	assert_true(map_rig_output(&f.rig, "board.0") == 1.0);
	assert_int_equal(outputs_apply(f.outputs, output_index(f.rig.config, "motor", 0),
				 &(const struct output_request){.values = stop}, NULL),
		0);
	assert_true(map_rig_output(&f.rig, "board.0") == 0.0);
	close_all(&f);
}

/* As long as the map takes it. */
static void a_limit_may_have_the_longest_name(void **state)
{
	static const char map[] =
		"chips: {top: {driver: switch, line: "
		"'a-chip-with-a-label-of-sixty-three-bytes-that-no-kernel-has-yet:65535'}}\n"
		"motors: [{forward: GPIO5, backward: GPIO6, limits: {forward: top}}]\n";
	struct fixture f;

	(void)state;
	open_map(&f, map);
	reload(&f, PUMP);
	reload(&f, map);
	close_all(&f);
}

/* --- lines that are gone, as those of an expander on USB --- */

static int drive(struct fixture *f, int direction)
{
	const struct output_request request = {.values = motor_values(direction, 0)};

	return outputs_apply(f->outputs, output_index(f->rig.config, "motor", 0), &request, NULL);
}

/* The part is back, and set up for a motor that has failed: it is closed over that. */
static void a_line_that_goes_as_a_part_comes(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, BOARD "motors: [{forward: GPIO22, backward: GPIO23, enable: board.2}]\n");
	assert_int_equal(drive(&f, WORD_FORWARD), 0);
	set_fault(&f, "board", SIM_FAULT_NO_ANSWER);
	assert_true(drive(&f, WORD_STOP) < 0);
	set_fault(&f, "board", SIM_FAULT_NONE);
	set_fault(&f, "GPIO22", SIM_FAULT_NO_ANSWER);
	poll_much_later(&f);
	assert_false(get(&f, "motor", 0).ok);
	assert_int_equal(outputs_safe(f.outputs), 0);
	assert_false(outputs_safe_again(f.outputs));
	set_fault(&f, "GPIO22", SIM_FAULT_NONE);
	assert_true(outputs_safe_again(f.outputs));
	assert_true(get(&f, "motor", 0).ok);
	close_all(&f);
}

/* The limit is found in a step of the motor itself, and stopping it closes it. */
static void a_line_that_goes_as_a_limit_is_reached(void **state)
{
	struct fixture f;
	uint64_t now_us;

	(void)state;
	open_map(&f,
		"chips: {top: {driver: switch, line: GPIO24}}\n"
		"motors: [{forward: GPIO20, backward: GPIO21, limits: {forward: top}}]\n");
	assert_int_equal(drive(&f, WORD_FORWARD), 0);
	now_us = clock_now_us() + 1000000;
	(void)outputs_poll(f.outputs, now_us);
	assert_int_equal(sim_drive_line(f.rig.board, "GPIO24", true), 0);
	set_fault(&f, "GPIO20", SIM_FAULT_NO_ANSWER);
	(void)outputs_poll(f.outputs, now_us + 10000);
	assert_false(get(&f, "motor", 0).ok);
	set_fault(&f, "GPIO20", SIM_FAULT_NONE);
	poll_much_later(&f);
	assert_true(get(&f, "motor", 0).ok);
	assert_true(map_rig_output(&f.rig, "GPIO20") == 0.0);
	close_all(&f);
}

/* --- a PWM part that has lost its power --- */

#define LOW                                                                                        \
	"leds: [{pwm: board.3, active_low: true}, {pwm: board.4, active_low: true},"               \
	" {pwm: board.5, active_low: true}]\n"

static void lose_power(struct fixture *f)
{
	set_fault(f, "board", SIM_FAULT_NO_ANSWER);
	set_fault(f, "board", SIM_FAULT_NONE);
}

/* All its outputs are low then, and on is what is on when it is low. */
static void it_is_noticed_though_nothing_was_on(void **state)
{
	static const char *const MAPS[] = {
		BOARD LOW,
		"chips: {board: {driver: pca9685, bus: /dev/i2c-1, address: 0x40, inverted: "
		"true}}\n"
		"leds: [{pwm: board.3}, {pwm: board.4}, {pwm: board.5}]\n",
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(MAPS) / sizeof(*MAPS); i++) {
		open_map(&f, MAPS[i]);
		assert_true(map_rig_output(&f.rig, "board.3") == 1.0);
		lose_power(&f);
		assert_true(map_rig_output(&f.rig, "board.3") == 0.0);
		poll_much_later(&f);
		assert_true(map_rig_output(&f.rig, "board.3") == 1.0);
		assert_non_null(strstr(f.health, "led.led0: pca9685 at 0x40"));
		assert_non_null(strstr(f.health, "led.led0: works"));
		close_all(&f);
	}
}

/* A motor of that kind runs, and its state says that it stands. */
static void nor_does_a_motor_run_on(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, BOARD "motors: [{enable: board.0, active_low: true}]\n");
	lose_power(&f);
	assert_true(map_rig_output(&f.rig, "board.0") == 0.0);
	poll_much_later(&f);
	assert_true(map_rig_output(&f.rig, "board.0") == 1.0);
	assert_non_null(strstr(f.health, "motor.motor0: works"));
	close_all(&f);
}

/* A single transfer fails, behind that many others. */
struct glitch {
	struct board *board;
	unsigned left; /* 0: none */
};

static void count_down(void *userdata, const char *object, const char *text)
{
	struct glitch *glitch = userdata;

	(void)object;
	(void)text;
	if (glitch->left == 0 || --glitch->left > 1)
		return;
	assert_int_equal(sim_set_fault(glitch->board, "board",
				 glitch->left == 1 ? SIM_FAULT_SHORT : SIM_FAULT_NONE),
		0);
}

/* At each of the transfers with which a part is set up, and its outputs are written. */
static void one_that_could_not_be_turned_off_is_tried_again(void **state)
{
	static const char *const OUTPUTS[] = {"board.3", "board.4", "board.5"};

	(void)state;
	for (unsigned transfers = 2; transfers <= 40; transfers++) {
		struct glitch glitch = {NULL, 0};
		const struct hal_trace trace = {.operation = count_down, .userdata = &glitch};
		struct fixture f;

		open_traced(&f, BOARD LOW, &trace);
		lose_power(&f);
		glitch = (struct glitch){f.rig.board, transfers};
		(void)set(&f, "led", 1, false, 0);
		glitch.left = 0;
		set_fault(&f, "board", SIM_FAULT_NONE);
		poll_much_later(&f);
		for (size_t i = 0; i < 3; i++) {
			assert_true(get(&f, "led", i).ok);
			assert_true(map_rig_output(&f.rig, OUTPUTS[i]) == 1.0);
		}
		close_all(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reload_that_fails_changes_nothing),
		cmocka_unit_test(a_limit_may_have_the_longest_name),
		cmocka_unit_test(a_line_that_goes_as_a_part_comes),
		cmocka_unit_test(a_line_that_goes_as_a_limit_is_reached),
		cmocka_unit_test(it_is_noticed_though_nothing_was_on),
		cmocka_unit_test(nor_does_a_motor_run_on),
		cmocka_unit_test(one_that_could_not_be_turned_off_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
