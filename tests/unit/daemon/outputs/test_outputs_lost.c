/* SPDX-License-Identifier: MIT */
/* Outputs that were closed since a write failed, and may be on: none stays or comes on that is to
 * be off. */
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

#define PUMP  "relays: [{name: pump, line: GPIO5}]\n"
#define FAN   "relays: [{name: fan, line: GPIO6}]\n"
#define BOARD "chips: {board: {driver: pca9685, bus: /dev/i2c-1, address: 0x40}}\n"

struct fixture {
	struct map_rig rig;
	struct outputs *outputs;
	unsigned n_states; /* how often a change of the state was told */
	char health[1024];
};

static void on_health(void *userdata, const char *object, const char *error)
{
	struct fixture *f = userdata;
	size_t used = strlen(f->health);

	(void)snprintf(f->health + used, sizeof(f->health) - used, "%s: %s\n", object,
		error ? error : "works");
}

static void on_state(void *userdata)
{
	((struct fixture *)userdata)->n_states++;
}

static void open_traced(struct fixture *f, const char *map, const struct hal_trace *trace)
{
	*f = (struct fixture){.n_states = 0};
	map_rig_open_traced(&f->rig, map, trace);

	const struct outputs_settings settings = {
		.board = f->rig.board,
		.config = f->rig.config,
		.listener = {on_health, on_state, f},
	};

	assert_int_equal(outputs_new(&settings, &f->outputs), 0);
}

static void open_map(struct fixture *f, const char *map)
{
	open_traced(f, map, NULL);
}

static void close_all(struct fixture *f)
{
	outputs_free(f->outputs);
	map_rig_close(&f->rig);
}

/* Lets the time of every retry come. */
static void poll_much_later(struct fixture *f)
{
	uint64_t now_us = clock_now_us();

	for (int i = 0; i < 12; i++) {
		now_us += UINT64_C(1000) * BACKOFF_MAX_MS;
		(void)outputs_poll(f->outputs, now_us);
	}
}

static void set_fault(struct fixture *f, const char *target, enum sim_fault fault)
{
	assert_int_equal(sim_set_fault(f->rig.board, target, fault), 0);
}

static int set(struct fixture *f, const char *word, size_t index, bool on, uint32_t for_ms)
{
	const struct output_request request = {led_values(on, 0), {.for_ms = for_ms}};

	return outputs_apply(f->outputs, output_index(f->rig.config, word, index), &request, NULL);
}

static struct outputs_status get(struct fixture *f, const char *word, size_t index)
{
	return outputs_get(f->outputs, output_index(f->rig.config, word, index));
}

static bool is_on(struct fixture *f, const char *word, size_t index)
{
	const struct outputs_status status = get(f, word, index);

	return output_value(word, &status.values, "on") != 0;
}

/* On, and then closed by a write that failed: it stays on. */
static void lose(struct fixture *f, const char *line, uint32_t for_ms)
{
	assert_int_equal(set(f, "relay", 0, true, for_ms), 0);
	set_fault(f, line, SIM_FAULT_STUCK);
	assert_true(set(f, "relay", 0, true, for_ms) < 0);
	assert_true(map_rig_output(&f->rig, line) == 1.0);
	assert_false(get(f, "relay", 0).ok);
}

static bool went_on(struct fixture *f, const char *line)
{
	char *wires = map_rig_wires(&f->rig), text[64];
	bool found;

	(void)snprintf(text, sizeof(text), "line %s 1\n", line);
	found = strstr(wires, text) != NULL;
	free(wires);
	return found;
}

static void what_could_not_be_turned_off_does_not_come_back_on(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, PUMP);
	assert_int_equal(set(&f, "relay", 0, true, 0), 0);
	set_fault(&f, "GPIO5", SIM_FAULT_STUCK);
	assert_true(set(&f, "relay", 0, false, 0) < 0);
	assert_true(is_on(&f, "relay", 0));
	set_fault(&f, "GPIO5", SIM_FAULT_NONE);
	free(map_rig_wires(&f.rig));
	f.n_states = 0;
	poll_much_later(&f);
	assert_false(went_on(&f, "GPIO5"));
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_true(get(&f, "relay", 0).ok);
	assert_false(is_on(&f, "relay", 0));
	assert_int_equal(f.n_states, 1);
	close_all(&f);
}

static void on_failed(void *userdata, size_t index, const char *error)
{
	(void)index;
	(void)error;
	++*(unsigned *)userdata;
}

/* The same where the write waits for others. */
static void nor_does_one_of_several(void **state)
{
	struct fixture f;
	unsigned n_failed = 0;

	(void)state;
	open_map(&f, BOARD "leds: [{pwm: board.3}, {pwm: board.4}]\n");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(set(&f, "led", i, true, 0), 0);
	set_fault(&f, "board", SIM_FAULT_SHORT);
	outputs_action_begin(f.outputs);
	assert_int_equal(set(&f, "led", 0, false, 0), 0);
	assert_int_equal(set(&f, "led", 1, true, 0), 0);
	assert_true(outputs_action_end(f.outputs, on_failed, &n_failed) < 0);
	assert_int_equal(n_failed, 2);
	set_fault(&f, "board", SIM_FAULT_NONE);
	poll_much_later(&f);
	assert_true(map_rig_output(&f.rig, "board.3") == 0.0);
	assert_true(map_rig_output(&f.rig, "board.4") == 1.0);
	close_all(&f);
}

/* A word that turns it on again holds, also if it failed at first. */
static void another_action_is_the_last_word(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, PUMP);
	assert_int_equal(set(&f, "relay", 0, true, 0), 0);
	set_fault(&f, "GPIO5", SIM_FAULT_STUCK);
	assert_true(set(&f, "relay", 0, false, 0) < 0);
	set_fault(&f, "GPIO5", SIM_FAULT_NONE);
	assert_int_equal(set(&f, "relay", 0, true, 0), 0);
	poll_much_later(&f);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 1.0);
	assert_true(is_on(&f, "relay", 0));
	close_all(&f);
}

static void what_is_turned_off_does_not_go_on_before(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, PUMP);
	lose(&f, "GPIO5", 0);
	set_fault(&f, "GPIO5", SIM_FAULT_NONE);
	free(map_rig_wires(&f.rig));
	assert_int_equal(set(&f, "relay", 0, false, 0), 0);
	assert_false(went_on(&f, "GPIO5"));
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	close_all(&f);
}

/* It was off before anybody could write it. */
static void the_end_of_a_time_is_told(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, PUMP);
	lose(&f, "GPIO5", 5000);
	set_fault(&f, "GPIO5", SIM_FAULT_NONE);
	f.n_states = 0;
	poll_much_later(&f);
	assert_false(is_on(&f, "relay", 0));
	assert_int_equal(f.n_states, 1);
	close_all(&f);
}

static void the_failsafe_says_what_is_still_on(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, PUMP);
	lose(&f, "GPIO5", 0);
	assert_int_equal(outputs_failsafe(f.outputs), 0);
	assert_true(is_on(&f, "relay", 0));
	set_fault(&f, "GPIO5", SIM_FAULT_NONE);
	free(map_rig_wires(&f.rig));
	poll_much_later(&f);
	assert_false(went_on(&f, "GPIO5"));
	assert_false(is_on(&f, "relay", 0));
	close_all(&f);
}

static void the_end_of_the_process_tries_until_it_is_off(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, "relays: [{name: pump, line: GPIO5}, {name: fan, line: GPIO6}]\n");
	lose(&f, "GPIO5", 0);
	assert_int_equal(set(&f, "relay", 1, true, 0), 0);
	set_fault(&f, "GPIO5", SIM_FAULT_BUSY);
	set_fault(&f, "GPIO6", SIM_FAULT_STUCK);
	assert_true(outputs_safe(f.outputs) < 0);
	assert_false(outputs_safe_again(f.outputs));
	set_fault(&f, "GPIO6", SIM_FAULT_NONE);
	assert_false(outputs_safe_again(f.outputs));
	assert_true(map_rig_output(&f.rig, "GPIO6") == 0.0);
	set_fault(&f, "GPIO5", SIM_FAULT_NONE);
	free(map_rig_wires(&f.rig));
	assert_true(outputs_safe_again(f.outputs));
	assert_false(went_on(&f, "GPIO5"));
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	close_all(&f);
}

/* The map may want it on then. One that never could be opened holds up no end. */
static void the_end_is_as_the_map_says(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, "relays: [{name: alarm, line: GPIO5, failsafe: on}, {line: GPIO6}]\n");
	lose(&f, "GPIO5", 0);
	set_fault(&f, "GPIO5", SIM_FAULT_NONE);
	assert_int_equal(outputs_safe(f.outputs), 0);
	assert_true(outputs_safe_again(f.outputs));
	assert_true(map_rig_output(&f.rig, "GPIO5") == 1.0);
	close_all(&f);

	f = (struct fixture){.n_states = 0};
	map_rig_open(&f.rig, PUMP);
	set_fault(&f, "GPIO5", SIM_FAULT_BUSY);

	const struct outputs_settings settings = {.board = f.rig.board, .config = f.rig.config};

	assert_int_equal(outputs_new(&settings, &f.outputs), 0);
	assert_false(get(&f, "relay", 0).ok);
	assert_int_equal(outputs_safe(f.outputs), 0);
	assert_true(outputs_safe_again(f.outputs));
	close_all(&f);
}

static void open_safe_only(struct fixture *f)
{
	const struct outputs_settings settings = {
		.board = f->rig.board, .config = f->rig.config, .safe_only = true};

	assert_int_equal(outputs_new(&settings, &f->outputs), 0);
	(void)outputs_safe(f->outputs);
}

/* Whoever has its line is not asked again and again; for a motor that is so. */
static void a_relay_that_cannot_be_had_holds_up_no_safe(void **state)
{
	struct fixture f = {.n_states = 0};

	(void)state;
	map_rig_open(&f.rig, PUMP "motors: [{forward: GPIO20, backward: GPIO21}]\n");
	set_fault(&f, "GPIO5", SIM_FAULT_BUSY);
	set_fault(&f, "GPIO20", SIM_FAULT_BUSY);
	open_safe_only(&f);
	assert_false(outputs_safe_again(f.outputs));
	set_fault(&f, "GPIO20", SIM_FAULT_NONE);
	assert_true(outputs_safe_again(f.outputs));
	assert_false(get(&f, "relay", 0).ok);
	close_all(&f);
}

static void reload(struct fixture *f, const char *map)
{
	struct config *config = map_load(map);

	map_rig_add_parts(&f->rig, config);
	assert_int_equal(outputs_reload(f->outputs, config, false), 0);
	config_free(f->rig.config);
	f->rig.config = config;
}

static void a_reload_turns_off_what_goes(void **state)
{
	struct fixture f;

	(void)state;
	open_map(&f, PUMP);
	lose(&f, "GPIO5", 0);
	set_fault(&f, "GPIO5", SIM_FAULT_NONE);
	free(map_rig_wires(&f.rig));
	reload(&f, FAN);
	assert_false(went_on(&f, "GPIO5"));
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	close_all(&f);

	/* One reload later it is still known. */
	open_map(&f, PUMP);
	lose(&f, "GPIO5", 0);
	set_fault(&f, "GPIO5", SIM_FAULT_BUSY);
	reload(&f, PUMP "leds: [{line: GPIO17}]\n");
	assert_true(map_rig_output(&f.rig, "GPIO5") == 1.0);
	set_fault(&f, "GPIO5", SIM_FAULT_NONE);
	reload(&f, FAN);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	close_all(&f);
}

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
		cmocka_unit_test(what_could_not_be_turned_off_does_not_come_back_on),
		cmocka_unit_test(nor_does_one_of_several),
		cmocka_unit_test(another_action_is_the_last_word),
		cmocka_unit_test(what_is_turned_off_does_not_go_on_before),
		cmocka_unit_test(the_end_of_a_time_is_told),
		cmocka_unit_test(the_failsafe_says_what_is_still_on),
		cmocka_unit_test(the_end_of_the_process_tries_until_it_is_off),
		cmocka_unit_test(the_end_is_as_the_map_says),
		cmocka_unit_test(a_relay_that_cannot_be_had_holds_up_no_safe),
		cmocka_unit_test(a_reload_turns_off_what_goes),
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
