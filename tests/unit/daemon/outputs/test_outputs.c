/* SPDX-License-Identifier: MIT */
#include "backoff.h"
#include "clock.h"
#include "map_rig.h"
#include "output_words.h"
#include "outputs.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHIPS "chips: {board: {driver: pca9685, bus: /dev/i2c-1, address: 0x40}}\n"
#define RED   "{name: red, line: GPIO17}"
#define GREEN "{name: green, pwm: board.3, min_duty: 0%, gamma: 1}"
#define BLUE  "{name: blue, pwm: pwmchip0.1, min_duty: 0%, gamma: 1}"
#define MOTOR "{forward: GPIO5, backward: GPIO6, enable: board.0, reverse_pause: 20ms}"
#define BUS   "/dev/i2c-1"

static const char MAP[] = CHIPS "leds: [" RED ", " GREEN ", " BLUE "]\nmotors: [" MOTOR "]\n";

/* The reports to the listener, one after the other. */
struct told {
	char health[1024];
	unsigned states;
};

struct fixture {
	struct map_rig rig;
	struct told told;
	struct outputs *outputs;
	uint64_t time_us; /* of the last poll_much_later() */
};

static void on_health(void *userdata, const char *object, const char *error)
{
	struct told *told = userdata;
	size_t used = strlen(told->health);

	snprintf(told->health + used, sizeof(told->health) - used, "%s: %s\n", object,
		error ? error : "works");
}

static void on_state(void *userdata)
{
	struct told *told = userdata;

	told->states++;
}

static void open_outputs(struct fixture *fixture, bool safe_only)
{
	struct outputs_settings settings = {
		.board = fixture->rig.board,
		.config = fixture->rig.config,
		.listener = {on_health, on_state, &fixture->told},
		.safe_only = safe_only,
	};

	assert_int_equal(outputs_new(&settings, &fixture->outputs), 0);
}

static void open_map(struct fixture *fixture, const char *map)
{
	*fixture = (struct fixture){0};
	map_rig_open(&fixture->rig, map);
	open_outputs(fixture, false);
}

static void close_all(struct fixture *fixture)
{
	outputs_free(fixture->outputs);
	map_rig_close(&fixture->rig);
}

static void assert_wires(struct fixture *fixture, const char *expected)
{
	char *wires = map_rig_wires(&fixture->rig);

	assert_string_equal(wires, expected);
	free(wires);
}

static void forget_wires(struct fixture *fixture)
{
	free(map_rig_wires(&fixture->rig));
}

/* Lets the time of every retry come, some times. */
static void poll_much_later(struct fixture *fixture)
{
	if (!fixture->time_us)
		fixture->time_us = clock_now_us();
	for (int i = 0; i < 4; i++) {
		fixture->time_us += UINT64_C(1000) * BACKOFF_MAX_MS;
		outputs_poll(fixture->outputs, fixture->time_us);
		outputs_poll(fixture->outputs, fixture->time_us);
		outputs_poll(fixture->outputs, fixture->time_us);
	}
}

static int set_led(struct fixture *f, size_t index, bool on, int bright, struct hal_error *error)
{
	const struct output_request request = {.values = led_values(on, bright)};

	return outputs_apply(
		f->outputs, output_index(f->rig.config, "led", index), &request, error);
}

static int set_motor(
	struct fixture *f, size_t index, int direction, int speed, struct hal_error *error)
{
	const struct output_request request = {.values = motor_values(direction, speed)};

	return outputs_apply(
		f->outputs, output_index(f->rig.config, "motor", index), &request, error);
}

static struct outputs_status get(struct fixture *f, const char *word, size_t index)
{
	return outputs_get(f->outputs, output_index(f->rig.config, word, index));
}

static int value(struct fixture *f, const char *word, size_t index, const char *key)
{
	const struct outputs_status status = get(f, word, index);

	return output_value(word, &status.values, key);
}

static void test_opens_everything_inactive(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, MAP);
	assert_true(map_rig_output(&f.rig, "GPIO17") == 0.0);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_true(map_rig_output(&f.rig, "GPIO6") == 0.0);
	assert_true(map_rig_output(&f.rig, "board.0") == 0.0);
	assert_true(map_rig_output(&f.rig, "board.3") == 0.0);
	assert_true(map_rig_output(&f.rig, "pwmchip0.1") == 0.0);
	assert_string_equal(f.told.health, "");
	close_all(&f);
}

static void test_drives_each_kind_of_led(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, MAP);
	assert_int_equal(set_led(&f, 0, true, 10, NULL), 0);
	assert_int_equal(set_led(&f, 1, true, 5, NULL), 0);
	assert_int_equal(set_led(&f, 2, true, 10, NULL), 0);
	assert_true(map_rig_output(&f.rig, "GPIO17") == 1.0);
	assert_true(map_rig_output(&f.rig, "board.3") == 0.5);
	assert_true(map_rig_output(&f.rig, "pwmchip0.1") == 1.0);
	assert_int_equal(value(&f, "led", 1, "bright"), 5);
	assert_int_equal(set_led(&f, 1, false, 5, NULL), 0);
	assert_true(map_rig_output(&f.rig, "board.3") == 0.0);
	assert_false(value(&f, "led", 1, "on"));
	close_all(&f);
}

static void test_reversal_passes_through_stop(void **state)
{
	struct fixture f;
	uint64_t next_us;

	(void)state;
	open_map(&f, MAP);
	assert_int_equal(set_motor(&f, 0, WORD_FORWARD, 10, NULL), 0);
	assert_true(outputs_running(f.outputs, false));
	forget_wires(&f);
	assert_int_equal(set_motor(&f, 0, WORD_BACKWARD, 10, NULL), 0);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_true(map_rig_output(&f.rig, "GPIO6") == 0.0);
	assert_true(map_rig_output(&f.rig, "board.0") == 0.0);
	next_us = outputs_poll(f.outputs, clock_now_us());
	assert_true(next_us != UINT64_MAX);
	outputs_poll(f.outputs, next_us);
	assert_wires(&f, "line GPIO5 0\npwm board.0 0.0000\nline GPIO6 1\npwm board.0 1.0000\n");
	close_all(&f);
}

static void test_a_part_that_is_away_is_told_once_and_comes_back(void **state)
{
	struct fixture f = {0};

	(void)state;
	map_rig_open(&f.rig, MAP);
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NO_ANSWER), 0);
	open_outputs(&f, false);
	assert_string_equal(f.told.health,
		"motor.motor0: pca9685 at 0x40 on /dev/i2c-1: no answer\n"
		"led.green: pca9685 at 0x40 on /dev/i2c-1: no answer\n");
	assert_false(get(&f, "led", 1).ok);
	poll_much_later(&f);
	f.told.health[0] = '\0';
	poll_much_later(&f);
	assert_string_equal(f.told.health, "");
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NONE), 0);
	poll_much_later(&f);
	assert_string_equal(f.told.health, "motor.motor0: works\nled.green: works\n");
	assert_true(get(&f, "led", 1).ok);
	close_all(&f);
}

static void test_a_failed_write_says_the_device_and_the_cause(void **state)
{
	struct fixture f;
	struct hal_error error;

	(void)state;
	open_map(&f, MAP);
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NO_ANSWER), 0);
	assert_int_equal(set_led(&f, 1, true, 5, &error), -ENXIO);
	assert_string_equal(error.text, "pca9685 at 0x40 on /dev/i2c-1 channel 3: no answer");
	assert_false(value(&f, "led", 1, "on"));
	assert_string_equal(
		f.told.health, "led.green: pca9685 at 0x40 on /dev/i2c-1 channel 3: no answer\n");
	close_all(&f);
}

static void test_a_command_does_not_wait_for_the_retry(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, MAP);
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NO_ANSWER), 0);
	assert_int_equal(set_led(&f, 1, true, 5, NULL), -ENXIO);
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NONE), 0);
	assert_int_equal(set_led(&f, 1, true, 10, NULL), 0);
	assert_true(map_rig_output(&f.rig, "board.3") == 1.0);
	close_all(&f);
}

static void test_a_part_that_lost_its_power_is_set_up_within_the_command(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, MAP);
	/*
	 * Unplugged and plugged again with nobody looking: it answers, but all its registers are as
	 * after power-on.
	 */
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NO_ANSWER), 0);
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NONE), 0);
	assert_int_equal(set_led(&f, 1, true, 10, NULL), 0);
	assert_true(map_rig_output(&f.rig, "board.3") == 1.0);
	assert_string_equal(f.told.health, "");
	close_all(&f);
}

static void test_leds_are_restored_and_motors_are_not(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f,
		CHIPS "leds: [" GREEN
		      ", {name: white, pwm: board.4, min_duty: 0%, gamma: 1}]\nmotors: [" MOTOR
		      "]\n");
	assert_int_equal(set_led(&f, 0, true, 10, NULL), 0);
	assert_int_equal(set_motor(&f, 0, WORD_FORWARD, 10, NULL), 0);
	/* The part loses its power: the next write fails, and then it is set up from scratch. */
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NO_ANSWER), 0);
	assert_int_equal(set_led(&f, 1, true, 10, NULL), -ENXIO);
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NONE), 0);
	poll_much_later(&f);
	assert_true(map_rig_output(&f.rig, "board.3") == 1.0);
	assert_true(map_rig_output(&f.rig, "board.0") == 0.0);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_int_equal(value(&f, "motor", 0, "direction"), WORD_STOP);
	assert_false(outputs_running(f.outputs, false));
	close_all(&f);
}

/* The bus goes away behind that many transfers. */
struct countdown {
	struct board *board;
	unsigned left; /* 0: it stays */
};

static void count_down(void *userdata, const char *object, const char *text)
{
	struct countdown *countdown = userdata;

	(void)object;
	(void)text;
	if (countdown->left > 0 && --countdown->left == 0)
		assert_int_equal(sim_set_fault(countdown->board, "board", SIM_FAULT_NO_ANSWER), 0);
}

/*
 * The part loses its power once more while it is set up anew and its LEDs are restored, at each of
 * the transfers that this takes: whatever is dark then says so, and all come back.
 */
static void test_an_led_that_could_not_be_restored_is_told(void **state)
{
	static const char text[] =
		CHIPS "leds: [" GREEN ", {name: white, pwm: board.4, min_duty: 0%, gamma: 1}, "
		      "{name: rose, pwm: board.5, min_duty: 0%, gamma: 1}]\n";
	static const char *const outputs[] = {"board.3", "board.4", "board.5"};
	unsigned told = 0;

	(void)state;
	for (unsigned transfers = 1; transfers <= 40; transfers++) {
		struct countdown countdown = {0};
		const struct hal_trace trace = {.operation = count_down, .userdata = &countdown};
		struct fixture f = {0};

		map_rig_open_traced(&f.rig, text, &trace);
		open_outputs(&f, false);
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(set_led(&f, i, true, 10, NULL), 0);
		assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NO_ANSWER), 0);
		assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NONE), 0);
		countdown = (struct countdown){f.rig.board, transfers};
		(void)set_led(&f, 1, true, 10, NULL);
		for (size_t i = 0; i < 3; i++) {
			struct outputs_status led = get(&f, "led", i);

			told += !led.ok && i != 1;
			if (countdown.left > 0)
				assert_true(map_rig_output(&f.rig, outputs[i]) == 1.0);
			/* An output restored before the fault is ok until it is probed. */
			assert_true(led.ok || map_rig_output(&f.rig, outputs[i]) == 0.0);
		}
		countdown.left = 0;
		assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NONE), 0);
		poll_much_later(&f);
		for (size_t i = 0; i < 3; i++) {
			assert_true(get(&f, "led", i).ok);
			assert_true(map_rig_output(&f.rig, outputs[i]) == 1.0);
		}
		close_all(&f);
	}
	assert_true(told > 0);
}

static void test_a_motor_command_that_fails_half_way_ends_in_stop(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, MAP);
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NO_ANSWER), 0);
	assert_int_equal(set_motor(&f, 0, WORD_FORWARD, 10, NULL), -ENXIO);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_true(map_rig_output(&f.rig, "GPIO6") == 0.0);
	assert_int_equal(value(&f, "motor", 0, "direction"), WORD_STOP);
	assert_false(outputs_running(f.outputs, false));
	close_all(&f);
}

/*
 * Of all the writes that are to make sixteen motors safe, one meets the stuck bus; the others know.
 */
static void count_transfers(void *userdata, const char *object, const char *text)
{
	unsigned *n = userdata;

	(void)object;
	*n += strncmp(text, "0x40 ", 5) == 0;
}

static void test_a_stuck_bus_costs_one_transfer_however_many_motors_stop(void **state)
{
	static const char text[] = CHIPS
		"motors: [{forward: board.0, backward: board.1}, "
		"{forward: board.2, backward: board.3}, {forward: board.4, backward: board.5}, "
		"{forward: board.6, backward: board.7}, {forward: GPIO5, backward: GPIO6}]\n";
	unsigned transfers = 0;
	const struct hal_trace trace = {.operation = count_transfers, .userdata = &transfers};
	struct fixture f = {0};

	(void)state;
	map_rig_open_traced(&f.rig, text, &trace);
	open_outputs(&f, false);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(set_motor(&f, i, WORD_FORWARD, 10, NULL), 0);
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_STUCK), 0);
	transfers = 0;
	assert_int_equal(outputs_safe(f.outputs), -ETIMEDOUT);
	f.outputs = outputs_free(f.outputs);
	assert_int_equal(transfers, 1);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	close_all(&f);
}

static void test_a_motor_on_lines_does_not_wait_for_one_on_a_stuck_bus(void **state)
{
	static const char text[] = CHIPS "motors: [{forward: board.0, backward: board.1}, "
					 "{forward: GPIO5, backward: GPIO6, enable: board.2}, "
					 "{forward: GPIO7, backward: GPIO8}]\n";
	struct fixture f;
	char *wires;

	(void)state;
	open_map(&f, text);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(set_motor(&f, i, WORD_FORWARD, 10, NULL), 0);
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_STUCK), 0);
	forget_wires(&f);
	assert_int_equal(outputs_safe(f.outputs), -ETIMEDOUT);
	/*
	 * The one that needs no bus comes first; the direction lines of the other before its
	 * enable.
	 */
	wires = map_rig_wires(&f.rig);
	assert_string_equal(wires, "line GPIO7 0\nline GPIO5 0\n");
	free(wires);
	close_all(&f);
}

/* A line that can be written again is, while the enable's part still cannot. */
static void test_each_output_is_stopped_as_soon_as_it_can_be(void **state)
{
	struct fixture f;
	struct hal_error error = {0};

	(void)state;
	open_map(&f, MAP);
	assert_int_equal(set_motor(&f, 0, WORD_FORWARD, 10, &error), 0);
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_STUCK), 0);
	assert_int_equal(sim_set_fault(f.rig.board, "GPIO5", SIM_FAULT_STUCK), 0);
	assert_true(outputs_safe(f.outputs) < 0);
	assert_int_equal(value(&f, "motor", 0, "direction"), WORD_FORWARD);
	assert_false(outputs_safe_again(f.outputs));
	assert_true(map_rig_output(&f.rig, "GPIO5") > 0);
	assert_int_equal(sim_set_fault(f.rig.board, "GPIO5", SIM_FAULT_NONE), 0);
	assert_false(outputs_safe_again(f.outputs));
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_int_equal(value(&f, "motor", 0, "direction"), WORD_STOP);
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_NONE), 0);
	assert_true(outputs_safe_again(f.outputs));
	assert_true(map_rig_output(&f.rig, "board.0") == 0.0);
	close_all(&f);
}

static void test_a_line_that_is_held_says_by_whom(void **state)
{
	struct fixture f = {0};
	struct gpio_request request = {.line = "GPIO17", .consumer = "w1"};
	struct gpio_line *held = NULL;

	(void)state;
	map_rig_open(&f.rig, "leds: [" RED "]\n");
	assert_int_equal(board_open_line(f.rig.board, &request, NULL, &held), 0);
	open_outputs(&f, false);
	assert_non_null(strstr(f.told.health, "GPIO17"));
	assert_non_null(strstr(f.told.health, "w1"));
	gpio_line_close(held);
	poll_much_later(&f);
	assert_true(get(&f, "led", 0).ok);
	close_all(&f);
}

static void test_failsafe_stops_motors_and_keeps_leds(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, MAP);
	assert_int_equal(set_led(&f, 0, true, 10, NULL), 0);
	assert_int_equal(set_motor(&f, 0, WORD_FORWARD, 10, NULL), 0);
	assert_int_equal(outputs_failsafe(f.outputs), 0);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_true(map_rig_output(&f.rig, "board.0") == 0.0);
	assert_true(map_rig_output(&f.rig, "GPIO17") == 1.0);
	assert_int_equal(value(&f, "motor", 0, "direction"), WORD_STOP);
	close_all(&f);
}

static void test_failsafe_does_what_the_map_says(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f,
		CHIPS "leds: [" RED "]\nmotors: [" MOTOR
		      "]\nfailsafe: {motors: keep, leds: off}\n");
	assert_int_equal(set_led(&f, 0, true, 10, NULL), 0);
	assert_int_equal(set_motor(&f, 0, WORD_FORWARD, 10, NULL), 0);
	assert_int_equal(outputs_failsafe(f.outputs), 0);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 1.0);
	assert_true(map_rig_output(&f.rig, "GPIO17") == 0.0);
	/* The end of the process is another matter. */
	assert_int_equal(outputs_safe(f.outputs), 0);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	close_all(&f);
}

static void test_the_end_stops_the_motor_before_its_lines_are_released(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, CHIPS "motors: [" MOTOR "]\n");
	assert_int_equal(set_motor(&f, 0, WORD_FORWARD, 10, NULL), 0);
	forget_wires(&f);
	f.outputs = outputs_free(f.outputs);
	assert_wires(&f, "line GPIO5 0\npwm board.0 0.0000\nrelease GPIO5\nrelease GPIO6\n");
	close_all(&f);
}

static void test_safe_only_leaves_kept_leds_alone(void **state)
{
	struct fixture f = {0};

	(void)state;
	map_rig_open(&f.rig, "leds: [" RED "]\nmotors: [{forward: GPIO5, backward: GPIO6}]\n");
	open_outputs(&f, true);
	assert_int_equal(outputs_safe(f.outputs), 0);
	assert_wires(&f, "line GPIO5 0\nline GPIO6 0\n");
	close_all(&f);
}

static void reload_while(struct fixture *f, const char *map, bool is_away)
{
	struct config *config = map_load(map);

	map_rig_add_parts(&f->rig, config);
	assert_int_equal(outputs_reload(f->outputs, config, is_away), 0);
	config_free(f->rig.config);
	f->rig.config = config;
}

static void reload(struct fixture *f, const char *map)
{
	reload_while(f, map, false);
}

static void test_reload_does_not_touch_what_stays(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, MAP);
	assert_int_equal(set_led(&f, 1, true, 10, NULL), 0);
	assert_int_equal(set_motor(&f, 0, WORD_FORWARD, 10, NULL), 0);
	forget_wires(&f);
	/* The red LED goes, a yellow one comes, the green one has another index. */
	reload(&f,
		CHIPS "leds: [" BLUE ", {name: yellow, line: GPIO22}, " GREEN "]\nmotors: [" MOTOR
		      "]\n");
	assert_wires(&f, "release GPIO17\nline GPIO22 0\n");
	assert_true(value(&f, "led", 2, "on"));
	assert_int_equal(value(&f, "motor", 0, "direction"), WORD_FORWARD);
	assert_true(outputs_running(f.outputs, false));
	assert_int_equal(set_led(&f, 2, false, 10, NULL), 0);
	assert_true(map_rig_output(&f.rig, "board.3") == 0.0);
	close_all(&f);
}

static void test_reload_stops_a_motor_whose_wiring_changes(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, CHIPS "motors: [" MOTOR "]\n");
	assert_int_equal(set_motor(&f, 0, WORD_FORWARD, 10, NULL), 0);
	reload(&f, CHIPS "motors: [{forward: GPIO5, backward: GPIO7, enable: board.0}]\n");
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_true(map_rig_output(&f.rig, "board.0") == 0.0);
	assert_int_equal(value(&f, "motor", 0, "direction"), WORD_STOP);
	assert_int_equal(set_motor(&f, 0, WORD_BACKWARD, 10, NULL), 0);
	assert_true(map_rig_output(&f.rig, "GPIO7") == 1.0);
	close_all(&f);
}

static void test_a_stuck_part_is_tried_once_and_not_for_each_output(void **state)
{
	struct fixture f = {0};

	(void)state;
	map_rig_open(&f.rig,
		CHIPS "leds: [" GREEN ", {name: a, pwm: board.4}, {name: b, pwm: board.5}]\n");
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_STUCK), 0);
	open_outputs(&f, false);
	/*
	 * All say the same, but only the first one's attempt went over the wires: the others come
	 * back with it at once.
	 */
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_NONE), 0);
	assert_false(get(&f, "led", 0).ok);
	assert_false(get(&f, "led", 2).ok);
	assert_string_equal(get(&f, "led", 2).error,
		"pca9685 at 0x40 on /dev/i2c-1: timed out: the bus is stuck or the part stays "
		"busy");
	poll_much_later(&f);
	for (size_t i = 0; i < 3; i++)
		assert_true(get(&f, "led", i).ok);
	close_all(&f);
}

/* --- what holds for a time --- */

static int request(struct fixture *f, const char *word, const struct output_values *values,
	struct output_modifiers modifiers)
{
	const struct output_request request = {*values, modifiers};

	return outputs_apply(f->outputs, output_index(f->rig.config, word, 0), &request, NULL);
}

#define TIMED "leds: [" RED "]\nmotors: [{forward: GPIO5, backward: GPIO6}]\n"

/* To the rest and not to what was before, at the one time that the loop was told. */
static void test_what_is_on_for_a_time_rests_then(void **state)
{
	const struct output_values on = led_values(true, 5),
				   forward = motor_values(WORD_FORWARD, 0);
	struct fixture f;
	uint64_t now_us, led_us, motor_us;

	(void)state;
	open_map(&f, TIMED);
	assert_int_equal(request(&f, "led", &on, (struct output_modifiers){0}), 0);
	now_us = clock_now_us();
	assert_int_equal(request(&f, "led", &on, (struct output_modifiers){.for_ms = 9000}), 0);
	led_us = outputs_poll(f.outputs, clock_now_us());
	assert_in_range(led_us, now_us + 9000000, clock_now_us() + 9000000);
	assert_int_equal(
		request(&f, "motor", &forward, (struct output_modifiers){.for_ms = 5000}), 0);
	motor_us = outputs_poll(f.outputs, clock_now_us());
	assert_true(motor_us < led_us);
	forget_wires(&f);
	f.told.states = 0;
	assert_true(outputs_poll(f.outputs, motor_us - 1) == motor_us);
	assert_wires(&f, "");
	assert_true(outputs_poll(f.outputs, motor_us) == led_us);
	assert_wires(&f, "line GPIO5 0\n");
	assert_int_equal(value(&f, "motor", 0, "direction"), WORD_STOP);
	assert_false(outputs_running(f.outputs, false));
	assert_int_equal(f.told.states, 1);
	assert_true(outputs_poll(f.outputs, led_us) == UINT64_MAX);
	assert_wires(&f, "line GPIO17 0\n");
	assert_int_equal(value(&f, "led", 0, "on"), 0);
	assert_int_equal(value(&f, "led", 0, "bright"), 5);
	close_all(&f);
}

#define FADING "leds: [{name: green, pwm: board.3, min_duty: 0%, gamma: 1, fade: 1min}]\n"

/* The state says at once what the light is to be. What ends by itself does not fade, and neither
 * does the end of the process, which leaves nothing half way. */
static void test_only_an_action_fades(void **state)
{
	const struct output_values on = led_values(true, 10), off = led_values(false, 10);
	struct fixture f;
	uint64_t next_us;
	double half;

	(void)state;
	open_map(&f, CHIPS FADING);
	assert_int_equal(request(&f, "led", &on, (struct output_modifiers){.for_ms = 900000}), 0);
	assert_int_equal(value(&f, "led", 0, "on"), 1);
	assert_true(map_rig_output(&f.rig, "board.3") < 0.5);
	next_us = outputs_poll(f.outputs, clock_now_us());
	assert_true(next_us < clock_now_us() + 30000);
	next_us = outputs_poll(f.outputs, next_us + 30000000);
	half = map_rig_output(&f.rig, "board.3");
	assert_true(half > 0.4 && half < 1);
	outputs_poll(f.outputs, next_us + 200000000);
	assert_true(map_rig_output(&f.rig, "board.3") == 1.0);
	outputs_poll(f.outputs, next_us + 901000000);
	assert_true(map_rig_output(&f.rig, "board.3") == 0.0);

	assert_int_equal(
		request(&f, "led", &on, (struct output_modifiers){.has_fade = true, .fade_ms = 0}),
		0);
	assert_true(map_rig_output(&f.rig, "board.3") == 1.0);
	assert_int_equal(request(&f, "led", &off, (struct output_modifiers){0}), 0);
	assert_int_equal(value(&f, "led", 0, "on"), 0);
	assert_true(map_rig_output(&f.rig, "board.3") > 0.5);
	assert_int_equal(outputs_safe(f.outputs), 0);
	assert_true(map_rig_output(&f.rig, "board.3") == 0.0);
	close_all(&f);
}

/* As any write that fails: the light is shown when the part is back, and not the way there. */
static void test_an_error_ends_a_fade(void **state)
{
	const struct output_values on = led_values(true, 10);
	struct fixture f;
	uint64_t next_us;

	(void)state;
	open_map(&f, CHIPS FADING);
	assert_int_equal(request(&f, "led", &on, (struct output_modifiers){0}), 0);
	next_us = outputs_poll(f.outputs, clock_now_us());
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NO_ANSWER), 0);
	outputs_poll(f.outputs, next_us + 100000);
	assert_false(get(&f, "led", 0).ok);
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NONE), 0);
	poll_much_later(&f);
	assert_true(get(&f, "led", 0).ok);
	assert_true(map_rig_output(&f.rig, "board.3") == 1.0);
	close_all(&f);
}

static void test_a_stop_or_another_start_ends_the_time(void **state)
{
	const struct output_values forward = motor_values(WORD_FORWARD, 0);
	const struct output_values stop = motor_values(WORD_STOP, 0);
	struct fixture f;

	(void)state;
	open_map(&f, TIMED);
	assert_int_equal(
		request(&f, "motor", &forward, (struct output_modifiers){.for_ms = 5000}), 0);
	assert_int_equal(request(&f, "motor", &stop, (struct output_modifiers){0}), 0);
	assert_true(outputs_poll(f.outputs, clock_now_us()) == UINT64_MAX);
	assert_int_equal(
		request(&f, "motor", &forward, (struct output_modifiers){.for_ms = 5000}), 0);
	assert_int_equal(request(&f, "motor", &forward, (struct output_modifiers){0}), 0);
	assert_true(outputs_poll(f.outputs, clock_now_us()) == UINT64_MAX);
	close_all(&f);
}

/* Its part is away at that very moment: it is not on when it comes back. */
static void test_a_time_that_ends_while_a_part_is_away_is_over(void **state)
{
	const struct output_values on = led_values(true, 5);
	struct fixture f;
	uint64_t end_us;

	(void)state;
	open_map(&f, CHIPS "leds: [" GREEN "]\n");
	assert_int_equal(request(&f, "led", &on, (struct output_modifiers){.for_ms = 9000}), 0);
	end_us = clock_now_us() + 9000000;
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_NO_ANSWER), 0);
	assert_true(outputs_poll(f.outputs, end_us) > end_us);
	assert_false(get(&f, "led", 0).ok);
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_NONE), 0);
	f.time_us = end_us;
	poll_much_later(&f);
	assert_true(get(&f, "led", 0).ok);
	assert_int_equal(value(&f, "led", 0, "on"), 0);
	assert_true(map_rig_output(&f.rig, "board.3") == 0.0);
	close_all(&f);
}

static void test_a_reload_keeps_the_time_of_what_stays(void **state)
{
	const struct output_values forward = motor_values(WORD_FORWARD, 0);
	struct fixture f;
	uint64_t end_us;

	(void)state;
	open_map(&f, TIMED);
	assert_int_equal(
		request(&f, "motor", &forward, (struct output_modifiers){.for_ms = 5000}), 0);
	end_us = outputs_poll(f.outputs, clock_now_us());
	reload(&f, TIMED "relays: [{line: GPIO26}]\n");
	assert_true(outputs_poll(f.outputs, clock_now_us()) == end_us);
	assert_true(outputs_poll(f.outputs, end_us) == UINT64_MAX);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	close_all(&f);
}

/* No action extends it, and neither does a reload. */
static void test_what_is_on_for_too_long_is_ended(void **state)
{
	const struct output_values forward = motor_values(WORD_FORWARD, 0);
	struct fixture f;
	uint64_t end_us;

	(void)state;
	open_map(&f, "motors: [{forward: GPIO5, backward: GPIO6, max_on: 10s}]\n");
	assert_int_equal(request(&f, "motor", &forward, (struct output_modifiers){0}), 0);
	end_us = outputs_poll(f.outputs, clock_now_us());
	assert_int_equal(request(&f, "motor", &forward, (struct output_modifiers){0}), 0);
	assert_true(outputs_poll(f.outputs, clock_now_us()) == end_us);
	reload(&f, "motors: [{forward: GPIO5, backward: GPIO6, max_on: 8s}]\n");
	assert_true(map_rig_output(&f.rig, "GPIO5") == 1.0);
	end_us -= 2000000;
	assert_true(outputs_poll(f.outputs, clock_now_us()) == end_us);
	assert_true(outputs_poll(f.outputs, end_us) == UINT64_MAX);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	close_all(&f);
}

/* An LED is kept at the end of the process, unless the map limits how long it may be on. */
static void test_each_output_ends_as_the_map_says_of_it(void **state)
{
	const struct output_values on = led_values(true, 0);
	struct fixture f;

	(void)state;
	open_map(&f,
		"leds: [{name: a, line: GPIO17}, {name: b, line: GPIO22, failsafe: off},"
		" {name: c, line: GPIO23, max_on: 1h}]\n"
		"relays: [{line: GPIO24, failsafe: on, max_on: 1h}]\n");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(set_led(&f, i, true, 0, NULL), 0);
	assert_int_equal(request(&f, "relay", &on, (struct output_modifiers){0}), 0);
	forget_wires(&f);
	assert_int_equal(outputs_failsafe(f.outputs), 0);
	assert_wires(&f, "line GPIO22 0\n");
	assert_int_equal(outputs_safe(f.outputs), 0);
	assert_wires(&f, "line GPIO23 0\nline GPIO24 0\n");
	assert_true(map_rig_output(&f.rig, "GPIO17") == 1.0);
	close_all(&f);
}

/* --- interlocks --- */

#define BLINDS                                                                                     \
	"relays: [{name: up, line: GPIO5, interlock: blind},"                                      \
	" {name: down, line: GPIO6, interlock: blind, interlock_pause: 3s},"                       \
	" {name: lamp, line: GPIO7}]\n"

static int set_relay(struct fixture *f, size_t index, bool on, struct hal_error *error)
{
	const struct output_request request = {.values = led_values(on, 0)};

	return outputs_apply(
		f->outputs, output_index(f->rig.config, "relay", index), &request, error);
}

static void wait_for_pause(struct fixture *f)
{
	f->time_us = clock_now_us() + 3000000;
	outputs_poll(f->outputs, f->time_us);
}

static void test_one_of_an_interlock_goes_on_when_the_other_was_off_for_a_while(void **state)
{
	struct fixture f;
	uint64_t begin_us, due_us;

	(void)state;
	open_map(&f, BLINDS);
	/* Nobody knows what was on before the start. */
	assert_int_equal(set_relay(&f, 0, true, NULL), 0);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	wait_for_pause(&f);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 1.0);
	forget_wires(&f);
	begin_us = clock_now_us();
	assert_int_equal(set_relay(&f, 1, true, NULL), 0);
	assert_wires(&f, "line GPIO5 0\n");
	assert_int_equal(value(&f, "relay", 0, "on"), 0);
	assert_int_equal(value(&f, "relay", 1, "on"), 1); /* it is about to */
	due_us = outputs_poll(f.outputs, clock_now_us());
	assert_in_range(due_us, begin_us + 3000000, clock_now_us() + 3000000);
	outputs_poll(f.outputs, due_us);
	assert_wires(&f, "line GPIO6 1\n");
	assert_int_equal(set_relay(&f, 2, true, NULL), 0);
	assert_wires(&f, "line GPIO7 1\n");
	close_all(&f);
}

static void test_an_off_cancels_what_waits(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, BLINDS);
	assert_int_equal(set_relay(&f, 0, true, NULL), 0);
	assert_int_equal(set_relay(&f, 0, false, NULL), 0);
	assert_int_equal(set_relay(&f, 0, true, NULL), 0);
	assert_int_equal(outputs_failsafe(f.outputs), 0);
	assert_int_equal(set_relay(&f, 0, true, NULL), 0);
	assert_int_equal(set_relay(&f, 1, true, NULL), 0);
	assert_int_equal(set_relay(&f, 1, false, NULL), 0);
	forget_wires(&f);
	wait_for_pause(&f);
	assert_wires(&f, "");
	assert_int_equal(value(&f, "relay", 0, "on"), 0);
	close_all(&f);
}

static void test_what_cannot_be_turned_off_keeps_the_other_off(void **state)
{
	struct hal_error error = {0};
	struct fixture f;

	(void)state;
	open_map(&f,
		CHIPS "leds: [{name: up, pwm: board.3, interlock: blind},"
		      " {name: down, line: GPIO6, interlock: blind}]\n");
	wait_for_pause(&f);
	assert_int_equal(set_led(&f, 0, true, 0, NULL), 0);
	wait_for_pause(&f);
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_NO_ANSWER), 0);
	forget_wires(&f);
	assert_int_equal(set_led(&f, 1, true, 0, &error), -EBUSY);
	assert_non_null(strstr(error.text, "led.up, of the same interlock, cannot be turned off"));
	/* Not even when it has failed before. */
	assert_int_equal(set_led(&f, 1, true, 0, &error), -EBUSY);
	assert_wires(&f, "");
	assert_int_equal(value(&f, "led", 1, "on"), 0);
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_NONE), 0);
	close_all(&f);
}

static void test_a_reload_that_makes_a_group_of_two_that_are_on_turns_both_off(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, "relays: [{name: up, line: GPIO5}, {name: down, line: GPIO6}]\n");
	assert_int_equal(set_relay(&f, 0, true, NULL), 0);
	assert_int_equal(set_relay(&f, 1, true, NULL), 0);
	forget_wires(&f);
	reload(&f,
		"relays: [{name: up, line: GPIO5, interlock: a},"
		" {name: down, line: GPIO6, interlock: a}]\n");
	assert_wires(&f, "line GPIO5 0\nline GPIO6 0\n");
	close_all(&f);
}

/* --- start --- */

#define LAMP "{name: lamp, pwm: board.3, min_duty: 0%, gamma: 1, start: on}"
#define FLAP "{name: flap, pwm: pwmchip0.1, start: 45}"
#define ARMS "chips: {arms: {driver: pca9685, bus: /dev/i2c-1, address: 0x40, frequency: 50Hz}}\n"

static void test_start_comes_once_after_the_rest(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f,
		"relays: [{name: fan, line: GPIO5, start: on}, {name: lamp, line: GPIO6}]\n"
		"servos: [" FLAP "]\n");
	assert_true(map_rig_output(&f.rig, "GPIO6") == 0.0);
	assert_int_equal(value(&f, "servo", 0, "on"), 1);
	assert_int_equal(value(&f, "servo", 0, "angle"), 450);
	assert_true(map_rig_output(&f.rig, "pwmchip0.1") > 0.0);
	assert_wires(&f,
		"pwm pwmchip0.1 0.0000\nline GPIO5 0\nline GPIO6 0\npwm pwmchip0.1 0.0488\nline "
		"GPIO5 1\n");
	poll_much_later(&f);
	assert_wires(&f, "");
	close_all(&f);
}

static void open_without_bus(struct fixture *f, const char *map)
{
	*f = (struct fixture){0};
	map_rig_open(&f->rig, map);
	assert_int_equal(sim_set_fault(f->rig.board, BUS, SIM_FAULT_NO_ANSWER), 0);
	open_outputs(f, false);
}

static void test_what_comes_later_is_started_then(void **state)
{
	struct fixture f;

	(void)state;
	open_without_bus(&f, CHIPS "leds: [" LAMP "]\n");
	poll_much_later(&f);
	assert_int_equal(value(&f, "led", 0, "on"), 0);
	/* It does not forget that over a reload. */
	reload(&f, CHIPS "leds: [" LAMP ", " RED "]\n");
	f.told.states = 0;
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_NONE), 0);
	poll_much_later(&f);
	assert_int_equal(value(&f, "led", 0, "on"), 1);
	assert_true(map_rig_output(&f.rig, "board.3") > 0.0);
	assert_true(f.told.states > 0);
	close_all(&f);
}

static void test_an_action_and_the_failsafe_overtake_the_start(void **state)
{
	struct fixture f;

	(void)state;
	open_without_bus(&f,
		CHIPS "leds: [" LAMP ", {name: safe, pwm: board.4, start: on, failsafe: off},"
		      " {name: lit, pwm: board.5, start: on, failsafe: on}]\n");
	assert_true(set_led(&f, 0, false, 10, NULL) < 0);
	assert_int_equal(outputs_failsafe(f.outputs), 0);
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_NONE), 0);
	poll_much_later(&f);
	assert_true(map_rig_output(&f.rig, "board.3") == 0.0);
	assert_true(map_rig_output(&f.rig, "board.4") == 0.0);
	assert_true(map_rig_output(&f.rig, "board.5") > 0.0);
	close_all(&f);
}

static void test_a_servo_is_not_started_by_a_cable(void **state)
{
	struct fixture f;

	(void)state;
	open_without_bus(&f, ARMS "servos: [{name: arm, pwm: arms.3, start: 45}]\n");
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_NONE), 0);
	poll_much_later(&f);
	assert_true(get(&f, "servo", 0).ok);
	assert_int_equal(value(&f, "servo", 0, "on"), 0);
	assert_false(outputs_running(f.outputs, false));
	close_all(&f);
}

static void test_a_reload_starts_only_what_is_new(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, "leds: [{name: red, line: GPIO17, start: on}, {name: blue, line: GPIO18}]\n");
	assert_int_equal(set_led(&f, 0, false, 10, NULL), 0);
	forget_wires(&f);
	reload(&f,
		"leds: [{name: red, line: GPIO17, start: on},"
		" {name: blue, line: GPIO18, start: on}, {name: new, line: GPIO22, start: on}]\n");
	assert_wires(&f, "line GPIO22 0\nline GPIO22 1\n");
	close_all(&f);
}

/* Otherwise a cable that is plugged in again would turn it on for the rest of the outage. */
static void test_what_the_failsafe_cannot_write_does_not_come_back_on(void **state)
{
	const struct output_values on = led_values(true, 0);
	struct fixture f;

	(void)state;
	open_map(&f, "relays: [{name: pump, line: GPIO5}, {name: fan, line: GPIO6}]\n");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(outputs_apply(f.outputs, output_index(f.rig.config, "relay", i),
					 &(const struct output_request){.values = on}, NULL),
			0);
	/* One was found to be away before, the other one only now. */
	assert_int_equal(sim_set_fault(f.rig.board, "GPIO5", SIM_FAULT_STUCK), 0);
	assert_true(outputs_apply(f.outputs, 0, &(const struct output_request){.values = on},
			    &(struct hal_error){0}) < 0);
	assert_int_equal(sim_set_fault(f.rig.board, "GPIO6", SIM_FAULT_STUCK), 0);
	assert_true(outputs_failsafe(f.outputs) < 0);
	assert_int_equal(sim_set_fault(f.rig.board, "GPIO5", SIM_FAULT_NONE), 0);
	assert_int_equal(sim_set_fault(f.rig.board, "GPIO6", SIM_FAULT_NONE), 0);
	poll_much_later(&f);
	for (size_t i = 0; i < 2; i++) {
		assert_true(get(&f, "relay", i).ok);
		assert_int_equal(value(&f, "relay", i, "on"), 0);
	}
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_true(map_rig_output(&f.rig, "GPIO6") == 0.0);
	close_all(&f);
}

/* The broker has been away for longer than the fail-safe waits: nobody could turn it off. */
static void test_a_reload_during_an_outage_starts_nothing_that_the_failsafe_ends(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, "relays: [{name: pump, line: GPIO5, start: on}]\n");
	assert_int_equal(outputs_failsafe(f.outputs), 0);
	forget_wires(&f);
	reload_while(&f,
		"relays: [{name: pump, line: GPIO5, start: on}, {name: fan, line: GPIO6, start: "
		"on},"
		" {name: lamp, line: GPIO7, start: on, failsafe: keep},"
		" {name: alarm, line: GPIO8, failsafe: on}]\n",
		true);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_int_equal(value(&f, "relay", 1, "on"), 0);
	assert_wires(&f, "line GPIO6 0\nline GPIO7 0\nline GPIO8 0\nline GPIO7 1\nline GPIO8 1\n");
	close_all(&f);
}

/* It had its turn when the broker went away, and no reload extends max_on. */
static void test_a_reload_during_an_outage_starts_nothing_that_has_ended(void **state)
{
	const struct output_values on = led_values(true, 0);
	struct fixture f;

	(void)state;
	open_map(&f,
		"relays: [{name: alarm, line: GPIO5, failsafe: on, max_on: 1s},"
		" {name: lamp, line: GPIO6, failsafe: keep}]\n");
	assert_int_equal(
		outputs_apply(f.outputs, 1, &(const struct output_request){.values = on}, NULL), 0);
	assert_int_equal(outputs_failsafe(f.outputs), 0);
	assert_int_equal(value(&f, "relay", 0, "on"), 1);
	outputs_poll(f.outputs, clock_now_us() + 2000000);
	assert_int_equal(value(&f, "relay", 0, "on"), 0);
	forget_wires(&f);
	reload_while(&f,
		"relays: [{name: alarm, line: GPIO5, failsafe: on, max_on: 1s},"
		" {name: lamp, line: GPIO6, failsafe: keep}, {name: fan, line: GPIO7}]\n",
		true);
	assert_wires(&f, "line GPIO7 0\n");
	/* Another fail-safe holds at once. */
	forget_wires(&f);
	reload_while(&f,
		"relays: [{name: alarm, line: GPIO5, failsafe: on, max_on: 1s},"
		" {name: lamp, line: GPIO6, failsafe: off}, {name: fan, line: GPIO7}]\n",
		true);
	assert_wires(&f, "line GPIO6 0\n");
	assert_int_equal(value(&f, "relay", 0, "on"), 0);
	close_all(&f);
}

#define LIMITED "motors: [{forward: GPIO5, backward: GPIO6, limits: {forward: top}}]\n"
#define SWITCH  "chips: {top: {driver: switch, line: GPIO24}}\n"

static void test_a_reload_forgets_a_limit_that_it_takes_away(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, SWITCH LIMITED);
	assert_int_equal(sim_drive_line(f.rig.board, "GPIO24", true), 0);
	assert_int_equal(set_motor(&f, 0, WORD_FORWARD, 10, NULL), -EPERM);
	reload(&f, "motors: [{forward: GPIO5, backward: GPIO6}]\n");
	assert_int_equal(set_motor(&f, 0, WORD_FORWARD, 10, NULL), 0);
	assert_int_equal(value(&f, "motor", 0, "direction"), WORD_FORWARD);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 1.0);
	close_all(&f);
}

/* The part's bus may be stuck, and the line is to be low by then. */
static void test_what_ends_together_ends_on_lines_first(void **state)
{
	const struct output_values forward = motor_values(WORD_FORWARD, 10);
	const struct output_request request = {forward, {.for_ms = 1000}};
	struct fixture f;

	(void)state;
	open_map(&f,
		CHIPS "motors: [{phase: GPIO20, enable: board.0}, {forward: GPIO5, backward: "
		      "GPIO6}]\n");
	assert_int_equal(outputs_apply(f.outputs, 0, &request, NULL), 0);
	assert_int_equal(outputs_apply(f.outputs, 1, &request, NULL), 0);
	forget_wires(&f);
	outputs_poll(f.outputs, clock_now_us() + 2000000);
	assert_wires(&f, "line GPIO5 0\npwm board.0 0.0000\n");
	close_all(&f);
}

static void test_a_start_heeds_max_on_and_the_interlock(void **state)
{
	struct fixture f;
	uint64_t due_us;

	(void)state;
	open_map(&f,
		"relays: [{name: up, line: GPIO5, interlock: blind, interlock_pause: 3s, start: "
		"on},"
		" {name: down, line: GPIO6, interlock: blind},"
		" {name: pump, line: GPIO7, max_on: 1s, start: on}]\n");
	assert_wires(&f, "line GPIO5 0\nline GPIO6 0\nline GPIO7 0\nline GPIO7 1\n");
	due_us = outputs_poll(f.outputs, clock_now_us());
	outputs_poll(f.outputs, due_us);
	assert_wires(&f, "line GPIO7 0\n");
	wait_for_pause(&f);
	assert_wires(&f, "line GPIO5 1\n");
	close_all(&f);
}

static void test_another_of_the_interlock_that_is_on_overtakes_the_start(void **state)
{
	struct fixture f;

	(void)state;
	open_without_bus(&f,
		CHIPS "leds: [{name: up, pwm: board.3, interlock: a, start: on}]\n"
		      "relays: [{name: down, line: GPIO6, interlock: a}]\n");
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_NONE), 0);
	/* It opens the other one, too, but does not start it. */
	assert_true(set_relay(&f, 0, true, NULL) < 0);
	poll_much_later(&f);
	assert_int_equal(value(&f, "led", 0, "on"), 1);
	close_all(&f);
}

static void test_a_servo_may_have_an_angle_without_a_broker(void **state)
{
	const struct output_request middle = {
		.values = {.given = 3, .numbers = {1, 900}},
	};
	struct fixture f;

	(void)state;
	open_map(&f, "servos: [{name: flap, pwm: pwmchip0.1, failsafe: 45}]\n");
	assert_false(outputs_running(f.outputs, true));
	assert_true(outputs_have_failsafe(f.outputs));
	assert_int_equal(outputs_apply(f.outputs, 0, &middle, NULL), 0);
	forget_wires(&f);
	assert_int_equal(outputs_failsafe(f.outputs), 0);
	assert_wires(&f, "pwm pwmchip0.1 0.0488\n");
	assert_int_equal(value(&f, "servo", 0, "angle"), 450);
	/* It is no reason to count anew. */
	assert_true(outputs_running(f.outputs, false));
	assert_false(outputs_running(f.outputs, true));
	assert_int_equal(outputs_safe(f.outputs), 0);
	assert_wires(&f, "pwm pwmchip0.1 0.0000\n");
	close_all(&f);
}

static void test_a_servo_that_failed_has_no_angle_without_a_broker(void **state)
{
	const struct output_request middle = {
		.values = {.given = 3, .numbers = {1, 900}},
	};
	struct fixture f;

	(void)state;
	open_map(&f, ARMS "servos: [{name: flap, pwm: arms.1, failsafe: 45}]\n");
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_NO_ANSWER), 0);
	assert_true(outputs_apply(f.outputs, 0, &middle, NULL) < 0);
	assert_int_equal(sim_set_fault(f.rig.board, BUS, SIM_FAULT_NONE), 0);
	assert_int_equal(outputs_failsafe(f.outputs), 0);
	assert_int_equal(value(&f, "servo", 0, "on"), 0);
	poll_much_later(&f);
	assert_true(map_rig_output(&f.rig, "arms.1") == 0.0);
	close_all(&f);
}

static void test_safe_only_starts_nothing(void **state)
{
	struct fixture f = {0};

	(void)state;
	map_rig_open(&f.rig, "relays: [{name: fan, line: GPIO5, start: on}]\nservos: [" FLAP "]\n");
	open_outputs(&f, true);
	poll_much_later(&f);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_true(map_rig_output(&f.rig, "pwmchip0.1") == 0.0);
	close_all(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens_everything_inactive),
		cmocka_unit_test(test_drives_each_kind_of_led),
		cmocka_unit_test(test_reversal_passes_through_stop),
		cmocka_unit_test(test_a_part_that_is_away_is_told_once_and_comes_back),
		cmocka_unit_test(test_a_failed_write_says_the_device_and_the_cause),
		cmocka_unit_test(test_a_command_does_not_wait_for_the_retry),
		cmocka_unit_test(test_a_part_that_lost_its_power_is_set_up_within_the_command),
		cmocka_unit_test(test_leds_are_restored_and_motors_are_not),
		cmocka_unit_test(test_an_led_that_could_not_be_restored_is_told),
		cmocka_unit_test(test_a_motor_command_that_fails_half_way_ends_in_stop),
		cmocka_unit_test(test_a_stuck_bus_costs_one_transfer_however_many_motors_stop),
		cmocka_unit_test(test_a_motor_on_lines_does_not_wait_for_one_on_a_stuck_bus),
		cmocka_unit_test(test_each_output_is_stopped_as_soon_as_it_can_be),
		cmocka_unit_test(test_a_line_that_is_held_says_by_whom),
		cmocka_unit_test(test_failsafe_stops_motors_and_keeps_leds),
		cmocka_unit_test(test_failsafe_does_what_the_map_says),
		cmocka_unit_test(test_the_end_stops_the_motor_before_its_lines_are_released),
		cmocka_unit_test(test_safe_only_leaves_kept_leds_alone),
		cmocka_unit_test(test_reload_does_not_touch_what_stays),
		cmocka_unit_test(test_reload_stops_a_motor_whose_wiring_changes),
		cmocka_unit_test(test_a_stuck_part_is_tried_once_and_not_for_each_output),
		cmocka_unit_test(test_what_is_on_for_a_time_rests_then),
		cmocka_unit_test(test_only_an_action_fades),
		cmocka_unit_test(test_an_error_ends_a_fade),
		cmocka_unit_test(test_a_stop_or_another_start_ends_the_time),
		cmocka_unit_test(test_a_time_that_ends_while_a_part_is_away_is_over),
		cmocka_unit_test(test_a_reload_keeps_the_time_of_what_stays),
		cmocka_unit_test(test_what_is_on_for_too_long_is_ended),
		cmocka_unit_test(test_each_output_ends_as_the_map_says_of_it),
		cmocka_unit_test(
			test_one_of_an_interlock_goes_on_when_the_other_was_off_for_a_while),
		cmocka_unit_test(test_an_off_cancels_what_waits),
		cmocka_unit_test(test_what_cannot_be_turned_off_keeps_the_other_off),
		cmocka_unit_test(
			test_a_reload_that_makes_a_group_of_two_that_are_on_turns_both_off),
		cmocka_unit_test(test_start_comes_once_after_the_rest),
		cmocka_unit_test(test_what_comes_later_is_started_then),
		cmocka_unit_test(test_an_action_and_the_failsafe_overtake_the_start),
		cmocka_unit_test(test_a_servo_is_not_started_by_a_cable),
		cmocka_unit_test(test_a_reload_starts_only_what_is_new),
		cmocka_unit_test(test_what_the_failsafe_cannot_write_does_not_come_back_on),
		cmocka_unit_test(
			test_a_reload_during_an_outage_starts_nothing_that_the_failsafe_ends),
		cmocka_unit_test(test_a_reload_during_an_outage_starts_nothing_that_has_ended),
		cmocka_unit_test(test_a_reload_forgets_a_limit_that_it_takes_away),
		cmocka_unit_test(test_what_ends_together_ends_on_lines_first),
		cmocka_unit_test(test_a_start_heeds_max_on_and_the_interlock),
		cmocka_unit_test(test_another_of_the_interlock_that_is_on_overtakes_the_start),
		cmocka_unit_test(test_a_servo_may_have_an_angle_without_a_broker),
		cmocka_unit_test(test_a_servo_that_failed_has_no_angle_without_a_broker),
		cmocka_unit_test(test_safe_only_starts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
