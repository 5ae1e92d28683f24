/* SPDX-License-Identifier: MIT */
#include "map_changes.h"
#include "map_rig.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHIPS   "chips: {adc: {driver: mcp3208, bus: /dev/spidev0.0}}\n"
#define OUTPUTS "leds: [{name: red, line: GPIO17}, {name: green, line: GPIO27}]\n"
#define MAP                                                                                        \
	CHIPS "sensors: {a: {from: adc.0}, b: {from: adc.1}}\n" OUTPUTS                            \
	      "motors: [{name: fan, forward: GPIO5, backward: GPIO6}]\n"

static void expect(const char *before, const char *after, const char *words)
{
	struct config *old = map_load(before), *new = map_load(after);
	char text[MAP_CHANGES_MAX];

	map_changes_describe(old, new, text);
	assert_string_equal(text, words);
	config_free(old);
	config_free(new);
}

static void test_nothing(void **state)
{
	(void)state;
	expect(MAP, MAP, "nothing in the map changed");
	expect("interval: 500ms\n", "# more\ninterval: {default: 0.5s}\n",
		"nothing in the map changed");
}

static void test_objects_by_their_names(void **state)
{
	(void)state;
	expect(MAP, CHIPS "sensors: {a: {from: adc.2}, c: {from: adc.1}}\n" OUTPUTS,
		"sensor a changed, sensor c is new, sensor b is gone, motor fan is gone");
	expect(MAP,
		CHIPS "sensors: {a: {from: adc.0}, b: {from: adc.1}}\n"
		      "leds: [{name: green, line: GPIO27}, {name: red, line: GPIO17}]\n"
		      "motors: [{name: fan, forward: GPIO5, backward: GPIO6}]\n",
		"the order changed");
	expect(CHIPS, "chips: {adc: {driver: mcp3204, bus: /dev/spidev0.0}}\n", "chip adc changed");
}

static void test_sections(void **state)
{
	(void)state;
	expect("interval: 500ms\n", "interval: 1s\n", "interval changed");
	expect("interval: {default: 1s}\n", "interval: {default: 1s, topic_unit: s}\n",
		"interval changed");
	expect(MAP,
		CHIPS "sensors: {a: {from: adc.0}, b: {from: adc.1, label: The light}}\n" OUTPUTS
		      "motors: [{name: fan, forward: GPIO5, backward: GPIO6}]\n",
		"labels and units changed");
	expect("failsafe: {after: 5s}\n", "failsafe: {after: 6s}\n", "failsafe changed");
	expect("relays: [{line: GPIO5}]\n", "relays: [{line: GPIO5, start: on}]\n",
		"start changed, for the next start of tosd");
	expect("servos: [{pwm: pwmchip0.1, failsafe: 4}]\n",
		"servos: [{pwm: pwmchip0.1, failsafe: 5}]\n", "failsafe changed");
	expect("servos: [{pwm: pwmchip0.1, start: 4}]\n", "servos: [{pwm: pwmchip0.1, start: 5}]\n",
		"start changed, for the next start of tosd");
	expect("spool: {after: 30s}\n", "spool: {after: 31s}\n", "spool changed");
	expect(MAP "packed: [{topic: x, format: \"<HH\", fields: [a, b]}]\n",
		MAP "packed: [{topic: x, format: \"<HH\", fields: [b, a]}]\n", "packed changed");
}

#define SWITCHES                                                                                   \
	"chips: {top: {driver: switch, line: GPIO24}, bottom: {driver: switch, line: GPIO25}}\n"
#define WINDOW(more) "motors: [{name: window, forward: GPIO5, backward: GPIO6" more "}]\n"

static void test_limits(void **state)
{
	static const char BOTH[] = SWITCHES WINDOW(", limits: {forward: top, backward: bottom}");

	(void)state;
	expect(BOTH, SWITCHES WINDOW(", limits: {forward: bottom, backward: top}"),
		"limits changed");
	expect(BOTH,
		"chips: {bottom: {driver: switch, line: GPIO25}, top: {driver: switch, line: "
		"GPIO24}}\n" WINDOW(", limits: {forward: top, backward: bottom}"),
		"the order changed");
	expect(BOTH, SWITCHES WINDOW(", limits: {forward: top}"),
		"chip bottom changed, limits changed");
	expect(SWITCHES WINDOW(""), BOTH, "chip top changed, chip bottom changed, limits changed");
	expect(BOTH, SWITCHES "motors: [{name: gate, forward: GPIO5, backward: GPIO6}]\n",
		"chip top changed, chip bottom changed, motor gate is new, motor window is gone");
}

static void test_topics_of_outputs(void **state)
{
	static const char WITH[] = "leds: [{name: red, line: GPIO17, topic: true}, "
				   "{name: green, line: GPIO27}]\n";

	(void)state;
	expect(OUTPUTS, WITH, "LED red has a topic of its own");
	expect(WITH, OUTPUTS, "LED red no longer has a topic of its own");
	expect(WITH, "leds: [{name: green, line: GPIO27}, {name: red, line: GPIO17}]\n",
		"the order changed, LED red no longer has a topic of its own");
	expect(WITH, "leds: [{name: green, line: GPIO27}]\n", "LED red is gone");
}

/* Of a map with everything in it, nothing is cut in the middle. */
static void test_many(void **state)
{
	char *sensors = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&sensors, &size);

	(void)state;
	fprintf(out, CHIPS "sensors:\n");
	for (int i = 0; i < 256; i++)
		fprintf(out, "  a_rather_long_name_of_a_thing_%03d: {from: adc.0}\n", i);
	fclose(out);
	expect(CHIPS, sensors,
		"sensor a_rather_long_name_of_a_thing_000 is new, "
		"sensor a_rather_long_name_of_a_thing_001 is new, "
		"sensor a_rather_long_name_of_a_thing_002 is new, "
		"sensor a_rather_long_name_of_a_thing_003 is new, "
		"sensor a_rather_long_name_of_a_thing_004 is new, "
		"sensor a_rather_long_name_of_a_thing_005 is new, "
		"sensor a_rather_long_name_of_a_thing_006 is new, and 249 more");
	free(sensors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_objects_by_their_names),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_topics_of_outputs),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
