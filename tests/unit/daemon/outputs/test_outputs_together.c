/* SPDX-License-Identifier: MIT */
/* The outputs of one action on a PWM part, as it is written and as it fails. */
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

#define SERVOS "arms: {driver: pca9685, bus: /dev/i2c-1, address: 0x41, frequency: 50Hz}"
#define MOTORS "board: {driver: pca9685, bus: /dev/i2c-1, address: 0x40}"

static const char MAP[] =
	"chips: {" SERVOS ", " MOTORS "}\n"
	"servos: [{pwm: arms.0}, {pwm: arms.1}, {pwm: arms.2}, {pwm: arms.3}, {pwm: arms.4}, "
	"{pwm: arms.5}, {pwm: arms.6}, {pwm: arms.7}, {pwm: arms.15}]\n"
	"motors: [{forward: board.0, backward: board.1}, {forward: board.2, backward: board.3}]\n"
	"leds: [{pwm: board.8}, {red: board.9, green: board.10, blue: board.11}, "
	"{pwm: board.12, interlock: one}, {pwm: board.13, interlock: one}]\n";

enum { N_SERVOS = 9 };

struct fixture {
	struct map_rig rig;
	struct outputs *outputs;
	struct hal_trace trace;
	unsigned writes[2]; /* of channels of the parts at 0x40 and 0x41 */
	char failed[1024];  /* what the end of an action says */
	char health[1024];
};

static void count(void *userdata, const char *object, const char *text)
{
	struct fixture *f = userdata;
	unsigned address, reg;

	(void)object;
	if (sscanf(text, "0x%x w %x", &address, &reg) == 2 && reg >= 0x06 && reg <= 0x45)
		f->writes[address - 0x40]++;
}

static void on_health(void *userdata, const char *object, const char *error)
{
	struct fixture *f = userdata;
	size_t used = strlen(f->health);

	(void)snprintf(f->health + used, sizeof(f->health) - used, "%s: %s\n", object,
		error ? error : "works");
}

static void on_failed(void *userdata, size_t index, const char *error)
{
	struct fixture *f = userdata;
	size_t used = strlen(f->failed);

	(void)snprintf(f->failed + used, sizeof(f->failed) - used, "%s.%zu: %s\n",
		f->rig.config->outputs[index].kind->word, f->rig.config->outputs[index].index,
		error);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->trace = (struct hal_trace){count, f};
	map_rig_open_traced(&f->rig, MAP, &f->trace);

	const struct outputs_settings settings = {
		.board = f->rig.board,
		.config = f->rig.config,
		.listener = {.health = on_health, .userdata = f},
	};

	assert_int_equal(outputs_new(&settings, &f->outputs), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	outputs_free(f->outputs);
	map_rig_close(&f->rig);
	free(f);
	return 0;
}

static void begin(struct fixture *f)
{
	memset(f->writes, 0, sizeof(f->writes));
	outputs_action_begin(f->outputs);
}

static int end(struct fixture *f)
{
	return outputs_action_end(f->outputs, on_failed, f);
}

static int apply(struct fixture *f, const char *word, size_t index, struct output_values values)
{
	const struct output_request request = {.values = values};

	return outputs_apply(f->outputs, output_index(f->rig.config, word, index), &request, NULL);
}

static int turn(struct fixture *f, size_t index, int angle)
{
	const struct output_values values = {.given = 3, .numbers = {1, angle}};

	return apply(f, "servo", index, values);
}

static void turn_all(struct fixture *f, size_t n, int angle)
{
	begin(f);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(turn(f, i, angle), 0);
}

static int value(struct fixture *f, const char *word, size_t index, const char *key)
{
	const struct outputs_status status =
		outputs_get(f->outputs, output_index(f->rig.config, word, index));

	return output_value(word, &status.values, key);
}

static bool is_ok(struct fixture *f, const char *word, size_t index)
{
	return outputs_get(f->outputs, output_index(f->rig.config, word, index)).ok;
}

static double duty(struct fixture *f, const char *channel)
{
	return map_rig_output(&f->rig, channel);
}

static void eight_servos_are_one_transfer(void **state)
{
	struct fixture *f = *state;

	turn_all(f, 8, 900);
	assert_true(duty(f, "arms.0") == 0.0);
	assert_int_equal(end(f), 0);
	assert_int_equal(f->writes[1], 1);
	assert_true(duty(f, "arms.0") > 0.05 && duty(f, "arms.7") > 0.05);
	turn_all(f, N_SERVOS, 450);
	assert_int_equal(end(f), 0);
	assert_int_equal(f->writes[1], 2);
	assert_true(duty(f, "arms.15") > 0.03);
}

/* The zeros that each bridge writes before it starts are in the same transfer. */
static void two_motors_are_one_transfer(void **state)
{
	struct fixture *f = *state;

	for (int speed = 5; speed <= 10; speed += 5) {
		begin(f);
		assert_int_equal(apply(f, "motor", 0, motor_values(WORD_FORWARD, speed)), 0);
		assert_int_equal(apply(f, "motor", 1, motor_values(WORD_BACKWARD, speed)), 0);
		assert_int_equal(end(f), 0);
		assert_int_equal(f->writes[0], 1);
		assert_true(duty(f, "board.0") == duty(f, "board.3"));
		assert_true(duty(f, "board.0") > 0.4);
		assert_true(duty(f, "board.1") == 0.0 && duty(f, "board.2") == 0.0);
	}
}

static void a_stop_does_not_wait_for_the_end(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, "motor", 0, motor_values(WORD_FORWARD, 10)), 0);
	begin(f);
	assert_int_equal(apply(f, "motor", 1, motor_values(WORD_FORWARD, 10)), 0);
	assert_int_equal(apply(f, "motor", 0, motor_values(WORD_STOP, 0)), 0);
	assert_true(duty(f, "board.0") == 0.0 && duty(f, "board.2") == 0.0);
	assert_int_equal(end(f), 0);
	assert_true(duty(f, "board.0") == 0.0 && duty(f, "board.2") == 1.0);
}

/* From one direction to the other: the first one is off before anything waits. */
static void a_direction_ends_at_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, "motor", 0, motor_values(WORD_FORWARD, 10)), 0);
	begin(f);
	assert_int_equal(apply(f, "motor", 0, motor_values(WORD_BACKWARD, 10)), 0);
	assert_true(duty(f, "board.0") == 0.0);
	assert_int_equal(end(f), 0);
}

static void a_color_is_one_transfer(void **state)
{
	struct fixture *f = *state;

	begin(f);
	assert_int_equal(apply(f, "led", 0, led_values(true, 10)), 0);
	assert_int_equal(apply(f, "led", 1, led_values(true, 10)), 0);
	assert_int_equal(end(f), 0);
	assert_int_equal(f->writes[0], 1);
	begin(f);
	assert_int_equal(apply(f, "led", 0, led_values(false, 0)), 0);
	assert_int_equal(apply(f, "led", 1, led_values(false, 0)), 0);
	assert_int_equal(end(f), 0);
	assert_int_equal(f->writes[0], 1);
	assert_true(duty(f, "board.8") == 0.0 && duty(f, "board.9") == 0.0);
}

/* One of an interlock goes on only when the others are known to be off, so nothing of it waits. */
static void an_interlock_does_not_wait(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, "led", 3, led_values(true, 10)), 0);
	(void)outputs_poll(f->outputs, clock_now_us() + 60000000);
	assert_true(duty(f, "board.13") == 1.0);
	begin(f);
	assert_int_equal(apply(f, "led", 0, led_values(true, 10)), 0);
	assert_int_equal(apply(f, "led", 2, led_values(true, 10)), 0);
	assert_true(duty(f, "board.13") == 0.0 && duty(f, "board.8") == 0.0);
	assert_int_equal(end(f), 0);
	(void)outputs_poll(f->outputs, clock_now_us() + 60000000);
	assert_true(duty(f, "board.12") == 1.0);
}

static const struct {
	enum sim_fault fault;
	int error;
} FAULTS[] = {
	{SIM_FAULT_NO_ANSWER, -ENXIO},
	{SIM_FAULT_SHORT, -EIO},
	{SIM_FAULT_STUCK, -ETIMEDOUT},
};

/* Each with its own words, and what moves is at rest. */
static void all_of_a_transfer_that_fails_have_failed(void **state)
{
	for (size_t i = 0; i < sizeof(FAULTS) / sizeof(*FAULTS); i++) {
		struct fixture *f = *state;
		char words[160];

		assert_int_equal(sim_set_fault(f->rig.board, "arms", FAULTS[i].fault), 0);
		turn_all(f, 3, 900);
		assert_int_equal(end(f), FAULTS[i].error);
		for (size_t k = 0; k < 3; k++) {
			(void)snprintf(words, sizeof(words),
				"servo.%zu: pca9685 at 0x41 on /dev/i2c-1 channel %zu: %s\n", k, k,
				hal_strerror(FAULTS[i].error));
			assert_non_null(strstr(f->failed, words));
			assert_non_null(strstr(f->health, words + strlen("servo.0")));
			assert_false(is_ok(f, "servo", k));
		}
		assert_null(strstr(f->failed, "servo.3"));
		assert_true(is_ok(f, "servo", 3));
		assert_int_equal(sim_set_fault(f->rig.board, "arms", SIM_FAULT_NONE), 0);
		teardown(state);
		setup(state);
	}
}

/* The state is as before the action where nothing moves, and a motor that ran is stopped. */
static void what_failed_goes_back(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, "motor", 0, motor_values(WORD_FORWARD, 5)), 0);
	assert_int_equal(apply(f, "led", 0, led_values(true, 3)), 0);
	begin(f);
	assert_int_equal(apply(f, "motor", 0, motor_values(WORD_FORWARD, 10)), 0);
	assert_int_equal(apply(f, "led", 0, led_values(true, 9)), 0);
	assert_int_equal(sim_set_fault(f->rig.board, "board", SIM_FAULT_SHORT), 0);
	assert_int_equal(end(f), -EIO);
	assert_int_equal(value(f, "led", 0, "bright"), 3);
	assert_int_equal(value(f, "motor", 0, "speed"), 5);
	assert_int_equal(sim_set_fault(f->rig.board, "board", SIM_FAULT_NONE), 0);
	for (uint64_t i = 1; i < 4; i++)
		(void)outputs_poll(f->outputs, clock_now_us() + i * 60000000);
	assert_true(duty(f, "board.0") == 0.0 && duty(f, "board.1") == 0.0);
	assert_int_equal(value(f, "motor", 0, "direction"), WORD_STOP);
	assert_true(is_ok(f, "motor", 0) && is_ok(f, "led", 0));
	assert_false(outputs_running(f->outputs, false));
}

/* Of two parts one fails: what is on the other is written, and its health is good. */
static void another_part_is_not_affected(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sim_set_fault(f->rig.board, "arms", SIM_FAULT_NO_ANSWER), 0);
	begin(f);
	assert_int_equal(turn(f, 0, 900), 0);
	assert_int_equal(apply(f, "motor", 0, motor_values(WORD_FORWARD, 10)), 0);
	assert_int_equal(end(f), -ENXIO);
	assert_true(duty(f, "board.0") == 1.0);
	assert_null(strstr(f->failed, "motor"));
	assert_true(is_ok(f, "motor", 0));
}

/* As for a write alone: it is set up within the action, and nobody hears of it. */
static void a_part_that_lost_its_power_is_set_up_within_the_action(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sim_set_fault(f->rig.board, "arms", SIM_FAULT_NO_ANSWER), 0);
	assert_int_equal(sim_set_fault(f->rig.board, "arms", SIM_FAULT_NONE), 0);
	turn_all(f, 3, 900);
	assert_int_equal(end(f), 0);
	assert_string_equal(f->failed, "");
	assert_string_equal(f->health, "");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(value(f, "servo", i, "on"), 1);
	assert_true(duty(f, "arms.0") > 0.05 && duty(f, "arms.2") > 0.05);
}

/* Of all the writes of an action, one meets the stuck bus. */
static void a_stuck_bus_costs_one_transfer(void **state)
{
	struct fixture *f = *state;

	turn_all(f, N_SERVOS, 900);
	assert_int_equal(sim_set_fault(f->rig.board, "/dev/i2c-1", SIM_FAULT_STUCK), 0);
	memset(f->writes, 0, sizeof(f->writes));
	assert_int_equal(end(f), -ETIMEDOUT);
	assert_int_equal(f->writes[0] + f->writes[1], 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(eight_servos_are_one_transfer),
		TEST(two_motors_are_one_transfer),
		TEST(a_stop_does_not_wait_for_the_end),
		TEST(a_direction_ends_at_once),
		TEST(a_color_is_one_transfer),
		TEST(an_interlock_does_not_wait),
		TEST(all_of_a_transfer_that_fails_have_failed),
		TEST(what_failed_goes_back),
		TEST(another_part_is_not_affected),
		TEST(a_part_that_lost_its_power_is_set_up_within_the_action),
		TEST(a_stuck_bus_costs_one_transfer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
