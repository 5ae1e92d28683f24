/* SPDX-License-Identifier: MIT */
/*
 * A long walk of commands, faults, reloads, fail-safes and times in any order: nothing goes on that
 * is to be off, two of an interlock are never on, and once all can be written, the state says what
 * the wires do.
 */
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

#define CHIPS                                                                                      \
	"chips: {board: {driver: pca9685, bus: /dev/i2c-1, address: 0x40},"                        \
	" top: {driver: switch, line: GPIO24}, bottom: {driver: switch, line: GPIO25}}\n"
#define LEDS                                                                                       \
	"leds: [{name: line, line: GPIO17}, {name: part, pwm: board.3, min_duty: 0%, gamma: 1},"   \
	" {name: low, pwm: board.4, active_low: true, min_duty: 0%, gamma: 1}]\n"
#define MOTORS                                                                                     \
	"motors: [{name: lines, forward: GPIO20, backward: GPIO21, reverse_pause: 0s,"             \
	" limits: {forward: top, backward: bottom}},"                                              \
	" {name: part, forward: board.0, backward: board.1, reverse_pause: 0s},"                   \
	" {name: both, forward: GPIO22, backward: GPIO23, enable: board.2, reverse_pause: 0s}]\n"  \
	"servos: [{name: arm, pwm: pwmchip0.1}]\nbuzzers: [{name: horn, line: GPIO8}]\n"

static const char *const MAPS[] = {
	CHIPS LEDS MOTORS
	"relays: [{name: pump, line: GPIO5}, {name: up, line: GPIO6, interlock: blind, "
	"interlock_pause: 0s}, {name: down, line: GPIO7, interlock: blind, interlock_pause: 0s}]\n",
	CHIPS LEDS MOTORS
	"relays: [{name: pomp, line: GPIO5}, {name: up, line: GPIO6, interlock: blind, "
	"interlock_pause: 0s}, {name: runter, line: GPIO7, interlock: blind, interlock_pause: "
	"0s}]\n",
};

/* In the order of both maps. */
static const struct {
	const char *word;
	size_t index;
	const char *wires[3]; /* on: the first two differ; the third is to be on as well */
	bool low;
} OUTPUTS[] = {
	{"led", 0, {"GPIO17"}, false},
	{"led", 1, {"board.3"}, false},
	{"led", 2, {"board.4"}, true},
	{"motor", 0, {"GPIO20", "GPIO21"}, false},
	{"motor", 1, {"board.0", "board.1"}, false},
	{"motor", 2, {"GPIO22", "GPIO23", "board.2"}, false},
	{"relay", 0, {"GPIO5"}, false},
	{"relay", 1, {"GPIO6"}, false},
	{"relay", 2, {"GPIO7"}, false},
	{"servo", 0, {"pwmchip0.1"}, false},
	{"buzzer", 0, {"GPIO8"}, false},
};

enum { N_OUTPUTS = sizeof(OUTPUTS) / sizeof(OUTPUTS[0]), UP = 7, DOWN = 8 };

static const char *const TARGETS[] = {"GPIO17", "GPIO20", "GPIO21", "GPIO22", "GPIO23", "GPIO5",
	"GPIO6", "GPIO7", "GPIO8", "GPIO24", "GPIO25", "pwmchip0.1", "board", "/dev/i2c-1"};
static const enum sim_fault FAULTS[] = {
	SIM_FAULT_NONE, SIM_FAULT_NONE, SIM_FAULT_SHORT, SIM_FAULT_NO_ANSWER, SIM_FAULT_STUCK};

struct walk {
	struct map_rig rig;
	struct outputs *outputs;
	unsigned random;
	uint64_t time_us;
	bool is_off[N_OUTPUTS];    /* it is to be off */
	bool is_timed[N_OUTPUTS];  /* it ends by itself */
	bool asks_time[N_OUTPUTS]; /* the last action said that */
	char said[8192];
};

static unsigned any(struct walk *w, unsigned n)
{
	w->random = w->random * 1103515245U + 12345U;
	return (w->random >> 16) % n;
}

static void say(struct walk *w, const char *text, const char *more)
{
	size_t used = strlen(w->said);

	if (used > sizeof(w->said) - 200)
		used = 0;
	(void)snprintf(w->said + used, sizeof(w->said) - used, "%s %s\n", text, more);
}

static bool is_high(struct walk *w, const char *wire)
{
	return map_rig_output(&w->rig, wire) > 0;
}

static bool shines(struct walk *w, size_t i)
{
	const char *const *wires = OUTPUTS[i].wires;

	if (OUTPUTS[i].low)
		return map_rig_output(&w->rig, wires[0]) < 1;
	if (!wires[1])
		return is_high(w, wires[0]);
	return is_high(w, wires[0]) != is_high(w, wires[1]) && (!wires[2] || is_high(w, wires[2]));
}

static struct outputs_status status_of(struct walk *w, size_t i)
{
	return outputs_get(
		w->outputs, output_index(w->rig.config, OUTPUTS[i].word, OUTPUTS[i].index));
}

static bool is_on(struct walk *w, size_t i)
{
	const struct outputs_status status = status_of(w, i);

	return !output_is_at_rest(output_kind_find(OUTPUTS[i].word), &status.values);
}

static int set(struct walk *w, size_t i, bool on)
{
	bool is_motor = strcmp(OUTPUTS[i].word, "motor") == 0;
	struct output_request request = {.values = is_motor
			? motor_values(on ? (int)any(w, 2) : WORD_STOP, 0)
			: led_values(on, 0)};

	w->asks_time[i] = on && any(w, 4) == 0;
	if (w->asks_time[i])
		request.modifiers.for_ms = 1 + any(w, 50000);

	return outputs_apply(w->outputs,
		output_index(w->rig.config, OUTPUTS[i].word, OUTPUTS[i].index), &request, NULL);
}

/* r: what came of it. */
static void note(struct walk *w, size_t i, bool on, int r)
{
	bool moves = output_kind_find(OUTPUTS[i].word)->moves;

	if (!on || (r < 0 && r != -EPERM && moves))
		w->is_off[i] = true;
	if (r == 0)
		w->is_timed[i] = w->asks_time[i];
	if (r == 0 && on && (i == UP || i == DOWN))
		w->is_off[UP + DOWN - i] = true;
}

static void act(struct walk *w)
{
	size_t i = any(w, N_OUTPUTS);
	bool on = any(w, 2), was_off = w->is_off[i];
	int r;

	w->is_off[i] = w->is_off[i] && !on;
	r = set(w, i, on);
	say(w, on ? w->asks_time[i] ? "on for a time" : "on" : "off", OUTPUTS[i].wires[0]);
	if (r == -EPERM)
		w->is_off[i] = was_off;
	note(w, i, on, r);
}

struct several {
	struct walk *w;
	int results[N_OUTPUTS];
};

static void on_failed(void *userdata, size_t index, const char *error)
{
	struct several *several = userdata;

	(void)error;
	for (size_t i = 0; i < N_OUTPUTS; i++)
		if (output_index(several->w->rig.config, OUTPUTS[i].word, OUTPUTS[i].index) ==
			index)
			several->results[i] = -EIO;
}

static void act_on_several(struct walk *w)
{
	struct several several = {.w = w};
	bool on[N_OUTPUTS], chosen[N_OUTPUTS] = {false};

	say(w, "several", "");
	outputs_action_begin(w->outputs);
	for (size_t i = 0; i < N_OUTPUTS; i++) {
		bool was_off = w->is_off[i];

		chosen[i] = any(w, 3) == 0 && !(i == DOWN && chosen[UP]);
		on[i] = any(w, 2);
		if (!chosen[i])
			continue;
		w->is_off[i] = w->is_off[i] && !on[i];
		several.results[i] = set(w, i, on[i]);
		say(w, on[i] ? "  on" : "  off", OUTPUTS[i].wires[0]);
		if (several.results[i] == -EPERM)
			w->is_off[i] = was_off;
	}
	(void)outputs_action_end(w->outputs, on_failed, &several);
	for (size_t i = 0; i < N_OUTPUTS; i++)
		if (chosen[i])
			note(w, i, on[i], several.results[i]);
}

/* A switch is reached or left, and the first edge counts. */
static void limit(struct walk *w)
{
	const char *line = any(w, 2) ? "GPIO24" : "GPIO25";
	bool level = any(w, 2);

	say(w, level ? "reached" : "left", line);
	(void)sim_drive_line(w->rig.board, line, level);
	if (any(w, 2))
		outputs_limits_event(w->outputs);
	else
		(void)outputs_poll(w->outputs, w->time_us);
}

static void disturb(struct walk *w)
{
	const char *target = TARGETS[any(w, sizeof(TARGETS) / sizeof(*TARGETS))];
	enum sim_fault fault = FAULTS[any(w, sizeof(FAULTS) / sizeof(*FAULTS))];

	say(w, sim_fault_name(fault), target);
	assert_int_equal(sim_set_fault(w->rig.board, target, fault), 0);
}

/* The time of every retry has come. */
static void later(struct walk *w)
{
	w->time_us += UINT64_C(1000) * BACKOFF_MAX_MS;
	(void)outputs_poll(w->outputs, w->time_us);
	for (size_t i = 0; i < N_OUTPUTS; i++) {
		w->is_off[i] = w->is_off[i] || w->is_timed[i];
		w->is_timed[i] = false;
	}
}

static void pass(struct walk *w)
{
	say(w, "time", "");
	for (int i = 0; i < 3; i++)
		later(w);
}

static void go_away(struct walk *w)
{
	say(w, "away", "");
	(void)outputs_failsafe(w->outputs);
	for (size_t i = 3; i < N_OUTPUTS; i++)
		w->is_off[i] = true;
	memset(w->is_timed, 0, sizeof(w->is_timed));
}

static void reload(struct walk *w)
{
	struct config *config = map_load(MAPS[any(w, 2)]);

	say(w, "reload", config->outputs[outputs_of(config, "relay")->first].name);
	/* What goes and cannot be turned off is told, and that is all. */
	assert_int_equal(sim_set_fault(w->rig.board, "GPIO5", SIM_FAULT_NONE), 0);
	assert_int_equal(sim_set_fault(w->rig.board, "GPIO7", SIM_FAULT_NONE), 0);
	map_rig_add_parts(&w->rig, config);
	assert_int_equal(outputs_reload(w->outputs, config, false), 0);
	config_free(w->rig.config);
	w->rig.config = config;
}

/* Whatever is read of the switches, the motor does not run towards one that is reached, unless it
 * cannot be written. */
static void check_limits(struct walk *w)
{
	if (!status_of(w, 3).ok)
		return;
	if (is_high(w, "GPIO24") && is_high(w, "GPIO20") && !is_high(w, "GPIO21"))
		fail_msg("it runs beyond the top:\n%s", w->said);
	if (is_high(w, "GPIO25") && is_high(w, "GPIO21") && !is_high(w, "GPIO20"))
		fail_msg("it runs beyond the bottom:\n%s", w->said);
}

static void check_wires(struct walk *w, const bool before[])
{
	char *wires = map_rig_wires(&w->rig);

	for (size_t i = 0; i < N_OUTPUTS; i++) {
		char text[64];

		/* A part that is set up makes it shine for a moment. */
		if (OUTPUTS[i].low || OUTPUTS[i].wires[1] || !before[i] || !w->is_off[i])
			continue;
		(void)snprintf(text, sizeof(text), " %s 1", OUTPUTS[i].wires[0]);
		if (strstr(wires, text))
			fail_msg("%s went on:\n%s%s", OUTPUTS[i].wires[0], w->said, wires);
	}
	check_limits(w);
	if (is_high(w, "GPIO6") && is_high(w, "GPIO7"))
		fail_msg("both are on:\n%s", w->said);
	free(wires);
}

static void check_all(struct walk *w)
{
	say(w, "all is well", "");
	for (size_t i = 0; i < sizeof(TARGETS) / sizeof(*TARGETS); i++)
		assert_int_equal(sim_set_fault(w->rig.board, TARGETS[i], SIM_FAULT_NONE), 0);
	for (int i = 0; i < 30; i++)
		later(w);
	for (size_t i = 0; i < N_OUTPUTS; i++) {
		if (!status_of(w, i).ok)
			fail_msg("%s is not ok: %s\n%s", OUTPUTS[i].wires[0], status_of(w, i).error,
				w->said);
		if (is_on(w, i) != shines(w, i))
			fail_msg("%s: the state says %d, the wire %f:\n%s\n%s", OUTPUTS[i].wires[0],
				is_on(w, i), map_rig_output(&w->rig, OUTPUTS[i].wires[0]),
				map_rig_wires(&w->rig), w->said);
		if (w->is_off[i] && shines(w, i))
			fail_msg("%s is on:\n%s", OUTPUTS[i].wires[0], w->said);
	}
}

static void check_end(struct walk *w)
{
	say(w, "end", "");
	(void)outputs_safe(w->outputs);
	for (size_t i = 0; i < sizeof(TARGETS) / sizeof(*TARGETS); i++)
		assert_int_equal(sim_set_fault(w->rig.board, TARGETS[i], SIM_FAULT_NONE), 0);
	if (!outputs_safe_again(w->outputs))
		fail_msg("not safe:\n%s", w->said);
	for (size_t i = 3; i < N_OUTPUTS; i++)
		if (shines(w, i))
			fail_msg("%s is on at the end:\n%s", OUTPUTS[i].wires[0], w->said);
}

static void step(struct walk *w)
{
	bool before[N_OUTPUTS];

	memcpy(before, w->is_off, sizeof(before));
	switch (any(w, 10)) {
	case 0:
	case 1:
		disturb(w);
		break;
	case 2:
		pass(w);
		break;
	case 3:
		if (any(w, 4) == 0)
			go_away(w);
		break;
	case 4:
		if (any(w, 4) == 0)
			reload(w);
		break;
	case 5:
		limit(w);
		break;
	case 6:
		act_on_several(w);
		break;
	default:
		act(w);
	}
	check_wires(w, before);
}

static void walk(unsigned seed)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct sim_settings settings = {.stuck_us = 1};

	assert_non_null(w);
	w->random = seed;
	w->time_us = clock_now_us();
	w->rig.config = map_load(MAPS[0]);
	w->rig.wire_log = open_memstream(&w->rig.wires, &w->rig.wires_size);
	settings.wire_log = w->rig.wire_log;
	assert_int_equal(board_sim_new(&settings, NULL, &w->rig.board), 0);
	map_rig_add_parts(&w->rig, w->rig.config);

	const struct outputs_settings of = {.board = w->rig.board, .config = w->rig.config};

	assert_int_equal(outputs_new(&of, &w->outputs), 0);
	free(map_rig_wires(&w->rig));
	for (size_t i = 0; i < N_OUTPUTS; i++)
		w->is_off[i] = true;
	(void)snprintf(w->said, sizeof(w->said), "seed %u\n", seed);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 25; i++)
			step(w);
		if (round < 2)
			check_all(w);
		free(map_rig_wires(&w->rig));
	}
	check_end(w);
	outputs_free(w->outputs);
	map_rig_close(&w->rig);
	free(w);
}

static void nothing_stays_or_comes_on(void **state)
{
	const char *seed = getenv("TOS_SEED"), *n = getenv("TOS_WALKS");
	unsigned first = seed ? (unsigned)atoi(seed) : 1, many = n ? (unsigned)atoi(n) : 300;

	(void)state;
	for (unsigned i = 0; i < many; i++)
		walk(first + i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_stays_or_comes_on)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
