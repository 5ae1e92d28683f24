/* SPDX-License-Identifier: MIT */
/* Tests that outputs keep their values from one process to the next, in a real file. */
#include "last_values.h"

#include "clock.h"
#include "config.h"
#include "map_rig.h"
#include "temp_tree.h"
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CLOSE_US (60 * UINT64_C(1000000))
#define MINUTE   (60 * UINT64_C(1000000))

#define MAP                                                                                        \
	"leds: [{name: red, pwm: pwmchip0.1, start: last}, {name: lit, line: GPIO6, start: on}]\n" \
	"relays: [{name: red, line: GPIO5, start: last}]\n"                                        \
	"servos: [{name: flap, pwm: pwmchip0.2, start: last}]\n"

enum { LED, LIT, RELAY, SERVO };

struct fixture {
	struct temp_tree tree;
	struct file_keeper *files;
	struct last_values *last;
	struct config *config;
	uint64_t now_us;
};

static void load_map(struct fixture *fixture, const char *text)
{
	config_free(fixture->config);
	fixture->config = map_load(text);
	assert_int_equal(last_values_prepare(fixture->last, fixture->config), 0);
	last_values_follow(fixture->last, fixture->config);
}

/* A process of the same boot begins, a minute after the one before. */
static void begin(struct fixture *fixture, const char *text)
{
	struct last_values_settings settings = {.boot = "boot"};

	fixture->now_us += MINUTE;
	settings.now_us = fixture->now_us;
	assert_int_equal(file_keeper_new(fixture->tree.root, &fixture->files), 0);
	settings.files = fixture->files;
	assert_int_equal(last_values_new(&settings, &fixture->last), 0);
	load_map(fixture, text);
}

/* Without an end, as after a crash: only what is due is written. */
static void crash(struct fixture *fixture)
{
	assert_int_equal(file_keeper_close(fixture->files, CLOSE_US, false), 0);
	fixture->files = NULL;
	fixture->last = last_values_free(fixture->last);
}

static void end(struct fixture *fixture)
{
	last_values_end(fixture->last);
	crash(fixture);
}

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.tree = temp_tree_new()};
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->files)
		crash(fixture);
	config_free(fixture->config);
	temp_tree_free(&fixture->tree);
	return 0;
}

static const struct config_output *output(const struct fixture *fixture, size_t index)
{
	return &fixture->config->outputs[index];
}

/* Values of the keys "on" and that one. key NULL: "on" alone. */
static struct output_values values_of(
	const struct output_kind *kind, int on, const char *key, int number)
{
	struct output_values values = {0};

	output_values_set(&values, (size_t)output_key_find(kind, "on"), on);
	if (key)
		output_values_set(&values, (size_t)output_key_find(kind, key), number);
	return values;
}

static void set(struct fixture *fixture, size_t index, int on, const char *key, int number)
{
	const struct output_values values =
		values_of(output(fixture, index)->kind, on, key, number);

	last_values_note(fixture->last, output(fixture, index), &values, clock_now_us());
}

static void assert_was(struct fixture *fixture, size_t index, int on, const char *key, int number)
{
	const struct output_values want = values_of(output(fixture, index)->kind, on, key, number);
	struct output_values values;

	assert_true(last_values_find(fixture->last, output(fixture, index), &values));
	assert_int_equal(values.given, want.given);
	assert_true(output_values_hold(&values, &want));
}

static void assert_rests(struct fixture *fixture, size_t index)
{
	struct output_values values;

	assert_false(last_values_find(fixture->last, output(fixture, index), &values));
}

static void await_disk(struct fixture *fixture, enum last_disk want)
{
	struct pollfd fd = {.fd = file_keeper_fd(fixture->files), .events = POLLIN};
	struct health_part status;

	while (last_values_disk(fixture->last) != want) {
		assert_int_equal(poll(&fd, 1, (int)(CLOSE_US / 1000)), 1);
		file_keeper_status(fixture->files, &status);
	}
}

static bool file_has(struct fixture *fixture, const char *line)
{
	const char *path = temp_tree_path(&fixture->tree, "states");
	char text[4096] = "";
	FILE *file = fopen(path, "re");
	size_t size;

	if (!file)
		return false;
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	(void)fclose(file);
	return strstr(text, line) != NULL;
}

static void await_file(struct fixture *fixture, const char *line)
{
	for (uint64_t end_us = clock_now_us() + CLOSE_US; !file_has(fixture, line);) {
		assert_true(clock_now_us() < end_us);
		(void)usleep(1000);
	}
}

static void outputs_are_found_as_actions_left_them(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, MAP);
	assert_rests(fixture, LED);
	set(fixture, LED, 1, "bright", 5);
	set(fixture, LIT, 0, NULL, 0);
	set(fixture, RELAY, 0, NULL, 0);
	set(fixture, SERVO, 1, "angle", 455);
	set(fixture, LED, 1, "bright", 6);
	end(fixture);
	begin(fixture, MAP);
	assert_was(fixture, LED, 1, "bright", 6);
	assert_rests(fixture, LIT); /* the map says otherwise */
	assert_was(fixture, RELAY, 0, NULL, 0);
	assert_was(fixture, SERVO, 1, "angle", 455);
	/* And they stay so until the next action. */
	end(fixture);
	begin(fixture, MAP);
	assert_was(fixture, LED, 1, "bright", 6);
}

static void after_a_crash_they_rest(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, MAP);
	set(fixture, LED, 1, NULL, 0);
	set(fixture, RELAY, 1, NULL, 0);
	crash(fixture);
	begin(fixture, MAP);
	assert_rests(fixture, LED);
	/* An action can be trusted again; what was before it, after an end in order. */
	set(fixture, RELAY, 1, NULL, 0);
	assert_was(fixture, RELAY, 1, NULL, 0);
	end(fixture);
	begin(fixture, MAP);
	assert_was(fixture, RELAY, 1, NULL, 0);
	assert_was(fixture, LED, 1, NULL, 0);
}

static void the_third_start_within_a_minute_rests(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, MAP);
	set(fixture, LED, 1, NULL, 0);
	end(fixture);
	fixture->now_us -= MINUTE - 1000000;
	begin(fixture, MAP);
	assert_was(fixture, LED, 1, NULL, 0);
	end(fixture);
	fixture->now_us -= MINUTE - 1000000;
	begin(fixture, MAP);
	assert_rests(fixture, LED);
	end(fixture);
	begin(fixture, MAP);
	assert_was(fixture, LED, 1, NULL, 0);
}

static void nothing_starts_before_the_disk_knows_of_the_process(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, MAP);
	await_disk(fixture, LAST_DISK_READY);
	assert_true(file_has(fixture, "ended no\n"));
	end(fixture);
	assert_true(file_has(fixture, "ended yes\n"));
}

static void nothing_starts_with_a_disk_that_fails(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, MAP);
	set(fixture, LED, 1, NULL, 0);
	end(fixture);
	temp_tree_mkdir(&fixture->tree, "states.new/in-the-way");
	begin(fixture, MAP);
	assert_was(fixture, LED, 1, NULL, 0);
	await_disk(fixture, LAST_DISK_FAILED);
}

static void off_is_on_disk_at_once_and_on_later(void **state)
{
	struct fixture *fixture = *state;
	uint64_t begin_us;

	begin(fixture, MAP);
	await_disk(fixture, LAST_DISK_READY);
	begin_us = clock_now_us();
	set(fixture, LED, 1, "bright", 5);
	set(fixture, RELAY, 0, NULL, 0);
	await_file(fixture, "relay red on=0\n");
	/* A second has not passed, whatever the machine does. */
	assert_true(!file_has(fixture, "led red") || clock_now_us() >= begin_us + 1000000);
	await_file(fixture, "led red on=1 bright=5\n");
	set(fixture, LED, 1, "bright", 6);
	set(fixture, LED, 0, "bright", 6);
	await_file(fixture, "led red on=0 bright=6\n");
}

static void each_is_known_by_its_kind_and_its_name(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, MAP);
	set(fixture, LED, 1, "bright", 5);
	end(fixture);
	/* Renamed, of another kind, and without start: last. */
	begin(fixture,
		"leds: [{name: blue, pwm: pwmchip0.1, start: last}]\n"
		"relays: [{name: red, line: GPIO5, start: last}]\n");
	assert_rests(fixture, 0);
	assert_rests(fixture, 1);
	end(fixture);
	/* An output that was no longer in the map was forgotten. */
	begin(fixture, MAP);
	assert_rests(fixture, LED);
}

static void what_does_not_fit_the_map_rests(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture,
		"leds: [{name: red, red: pwmchip0.1, green: pwmchip0.3, blue: pwmchip0.4,"
		" start: last}, {name: dim, pwm: pwmchip0.5, start: last}]\n"
		"servos: [{name: flap, pwm: pwmchip0.2, start: last}]\n");
	set(fixture, 0, 1, "color", 0xff8000);
	set(fixture, 1, 1, "bright", 5);
	set(fixture, 2, 1, "angle", 1350);
	end(fixture);
	begin(fixture,
		"leds: [{name: red, line: GPIO6, start: last}, {name: dim, line: GPIO7, start: "
		"last}]\n"
		"servos: [{name: flap, pwm: pwmchip0.2, angle: [0, 90], start: last}]\n");
	assert_rests(fixture, 0);
	assert_was(fixture, 1, 1, "bright", 5); /* a line takes it, too */
	assert_rests(fixture, 2);
}

static void without_such_outputs_there_is_no_file(void **state)
{
	struct fixture *fixture = *state;
	const char *path = temp_tree_path(&fixture->tree, "states");

	begin(fixture, "relays: [{name: red, line: GPIO5, start: on}]\n");
	set(fixture, 0, 0, NULL, 0);
	end(fixture);
	assert_int_equal(access(path, F_OK), -1);
	begin(fixture, MAP);
	set(fixture, LED, 1, NULL, 0);
	/* A reload that takes them away takes the file, too. */
	load_map(fixture, "relays: [{name: red, line: GPIO5}]\n");
	end(fixture);
	assert_int_equal(access(path, F_OK), -1);
	begin(fixture, MAP);
	assert_rests(fixture, LED);
}

static void a_reload_goes_on(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, "relays: [{name: other, line: GPIO7}]\n");
	load_map(fixture, MAP);
	await_disk(fixture, LAST_DISK_READY);
	set(fixture, LED, 1, "bright", 5);
	assert_was(fixture, LED, 1, "bright", 5);
	load_map(fixture, "leds: [{name: red, pwm: pwmchip0.7, start: last}]\n");
	assert_was(fixture, 0, 1, "bright", 5);
	end(fixture);
	begin(fixture, MAP);
	assert_was(fixture, LED, 1, "bright", 5);
}

static void a_damaged_file_is_as_none(void **state)
{
	struct fixture *fixture = *state;

	temp_tree_write(&fixture->tree, "states", "states 1\nended yes\nboot a\nled red on=1\n");
	begin(fixture, MAP);
	assert_rests(fixture, LED);
	set(fixture, LED, 1, NULL, 0);
	end(fixture);
	begin(fixture, MAP);
	assert_was(fixture, LED, 1, NULL, 0);
}

static void nobody_keeps_nothing(void **state)
{
	struct fixture *fixture = *state;

	load_map(fixture, MAP);
	set(fixture, LED, 1, NULL, 0);
	assert_rests(fixture, LED);
	last_values_end(fixture->last);
	assert_int_equal(last_values_disk(fixture->last), LAST_DISK_FAILED);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(outputs_are_found_as_actions_left_them),
		TEST(after_a_crash_they_rest),
		TEST(the_third_start_within_a_minute_rests),
		TEST(nothing_starts_before_the_disk_knows_of_the_process),
		TEST(nothing_starts_with_a_disk_that_fails),
		TEST(off_is_on_disk_at_once_and_on_later),
		TEST(each_is_known_by_its_kind_and_its_name),
		TEST(what_does_not_fit_the_map_rests),
		TEST(without_such_outputs_there_is_no_file),
		TEST(a_reload_goes_on),
		TEST(a_damaged_file_is_as_none),
		TEST(nobody_keeps_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
