/* SPDX-License-Identifier: MIT */
/* Outputs that were closed since a write failed, and may be on: none stays or comes on that is to
 * be off. */
#include "outputs_fixture.h"

/* On, and then closed by a write that failed: it stays on. */
static void lose(struct fixture *f, const char *line, uint32_t for_ms)
{
	assert_int_equal(set(f, "relay", 0, true, for_ms), 0);
	set_fault(f, line, SIM_FAULT_STUCK);
	assert_true(set(f, "relay", 0, true, for_ms) < 0);
	assert_true(map_rig_output(&f->rig, line) == 1.0);
	assert_false(get(f, "relay", 0).ok);
}

static void open_lost(struct fixture *f, const char *map, uint32_t for_ms)
{
	open_map(f, map);
	lose(f, "GPIO5", for_ms);
}

/* It can be written again, and what it was on the wires is forgotten. */
static void mend(struct fixture *f, const char *line)
{
	set_fault(f, line, SIM_FAULT_NONE);
	free(map_rig_wires(&f->rig));
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
	mend(&f, "GPIO5");
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
	open_lost(&f, PUMP, 0);
	mend(&f, "GPIO5");
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
	open_lost(&f, PUMP, 5000);
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
	open_lost(&f, PUMP, 0);
	assert_int_equal(outputs_failsafe(f.outputs), 0);
	assert_true(is_on(&f, "relay", 0));
	mend(&f, "GPIO5");
	poll_much_later(&f);
	assert_false(went_on(&f, "GPIO5"));
	assert_false(is_on(&f, "relay", 0));
	close_all(&f);
}

static void the_end_of_the_process_tries_until_it_is_off(void **state)
{
	struct fixture f;

	(void)state;
	open_lost(&f, "relays: [{name: pump, line: GPIO5}, {name: fan, line: GPIO6}]\n", 0);
	assert_int_equal(set(&f, "relay", 1, true, 0), 0);
	set_fault(&f, "GPIO5", SIM_FAULT_BUSY);
	set_fault(&f, "GPIO6", SIM_FAULT_STUCK);
	assert_true(outputs_safe(f.outputs) < 0);
	assert_false(outputs_safe_again(f.outputs));
	set_fault(&f, "GPIO6", SIM_FAULT_NONE);
	assert_false(outputs_safe_again(f.outputs));
	assert_true(map_rig_output(&f.rig, "GPIO6") == 0.0);
	mend(&f, "GPIO5");
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
	open_lost(&f, "relays: [{name: alarm, line: GPIO5, failsafe: on}, {line: GPIO6}]\n", 0);
	set_fault(&f, "GPIO5", SIM_FAULT_NONE);
	assert_int_equal(outputs_safe(f.outputs), 0);
	assert_true(outputs_safe_again(f.outputs));
	assert_true(map_rig_output(&f.rig, "GPIO5") == 1.0);
	close_all(&f);

	f = (struct fixture){.n_states = 0};
	map_rig_open(&f.rig, PUMP);
	set_fault(&f, "GPIO5", SIM_FAULT_BUSY);
	open_outputs(&f, false);
	assert_false(get(&f, "relay", 0).ok);
	assert_int_equal(outputs_safe(f.outputs), 0);
	assert_true(outputs_safe_again(f.outputs));
	close_all(&f);
}

/* A motor that hangs keeps nothing else on. */
static void the_end_of_a_relay_waits_for_no_motor(void **state)
{
	struct fixture f;

	(void)state;
	open_lost(&f, BOARD PUMP "motors: [{forward: board.0, backward: board.1}]\n", 0);
	assert_int_equal(
		outputs_apply(f.outputs, output_index(f.rig.config, "motor", 0),
			&(const struct output_request){.values = motor_values(WORD_FORWARD, 0)},
			NULL),
		0);
	set_fault(&f, "/dev/i2c-1", SIM_FAULT_STUCK);
	set_fault(&f, "GPIO5", SIM_FAULT_NONE);
	assert_true(outputs_safe(f.outputs) < 0);
	assert_false(outputs_safe_again(f.outputs));
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	set_fault(&f, "/dev/i2c-1", SIM_FAULT_NONE);
	assert_true(outputs_safe_again(f.outputs));
	assert_true(map_rig_output(&f.rig, "board.0") == 0.0);
	close_all(&f);
}

/* Whoever has its line is not asked again and again; for a motor that is so. */
static void a_relay_that_cannot_be_had_holds_up_no_safe(void **state)
{
	struct fixture f = {.n_states = 0};

	(void)state;
	map_rig_open(&f.rig, PUMP "motors: [{forward: GPIO20, backward: GPIO21}]\n");
	set_fault(&f, "GPIO5", SIM_FAULT_BUSY);
	set_fault(&f, "GPIO20", SIM_FAULT_BUSY);
	open_outputs(&f, true);
	(void)outputs_safe(f.outputs);
	assert_false(outputs_safe_again(f.outputs));
	set_fault(&f, "GPIO20", SIM_FAULT_NONE);
	assert_true(outputs_safe_again(f.outputs));
	assert_false(get(&f, "relay", 0).ok);
	close_all(&f);
}

static void a_reload_turns_off_what_goes(void **state)
{
	struct fixture f;

	(void)state;
	open_lost(&f, PUMP, 0);
	mend(&f, "GPIO5");
	reload(&f, FAN);
	assert_false(went_on(&f, "GPIO5"));
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	close_all(&f);

	/* One reload later it is still known. */
	open_lost(&f, PUMP, 0);
	set_fault(&f, "GPIO5", SIM_FAULT_BUSY);
	reload(&f, PUMP "leds: [{line: GPIO17}]\n");
	assert_true(map_rig_output(&f.rig, "GPIO5") == 1.0);
	set_fault(&f, "GPIO5", SIM_FAULT_NONE);
	reload(&f, FAN);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	close_all(&f);
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
		cmocka_unit_test(the_end_of_a_relay_waits_for_no_motor),
		cmocka_unit_test(a_relay_that_cannot_be_had_holds_up_no_safe),
		cmocka_unit_test(a_reload_turns_off_what_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
