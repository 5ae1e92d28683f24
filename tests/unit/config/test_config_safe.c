/* SPDX-License-Identifier: MIT */
/* Reads maps with mistakes as --safe does: the outputs that it finds, and those that it misses. */
#include "config.h"
#include "output_words.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD   "mqtt: {url: mqtt://localhost}\n"
#define MOTORS "motors:\n  - {forward: GPIO5, backward: GPIO6}\n"
#define BOARD  "chips: {board: {driver: pca9685, bus: /dev/i2c-1, address: 0x40}}\n"

struct a_case {
	const char *text;
	const char *found; /* "GPIO5,GPIO6;" for each motor, then LEDs */
	const char *missed;
};

static const struct a_case CASES[] = {
	/* Nothing is wrong. */
	{GOOD MOTORS, "GPIO5,GPIO6;", ""},

	/* Mistakes that are not in the outputs. */
	{"mqtt: {url: htp://localhost, password_file: /nonexistent}\n" MOTORS, "GPIO5,GPIO6;", ""},
	{"mqtt: [1, 2]\n" MOTORS, "GPIO5,GPIO6;", ""},
	{MOTORS, "GPIO5,GPIO6;", ""},
	{GOOD "foo: 1\n" MOTORS, "GPIO5,GPIO6;", ""},
	{GOOD "sensors: {temp: {from: nowhere.temperature}, x: 5}\n" MOTORS, "GPIO5,GPIO6;", ""},
	{GOOD "chips: {climate: {driver: bme28, bus: 7}}\n" MOTORS, "GPIO5,GPIO6;", ""},
	{GOOD "interval: {min: 5}\nspool: 7\nfailsafe: {after: 3}\n" MOTORS, "GPIO5,GPIO6;", ""},
	{GOOD MOTORS "leds:\n  - {line: GPIO5}\n  - {foo: 7}\n", "GPIO5,GPIO6;", ""},

	/* Mistakes that do not matter at rest. */
	{GOOD "motors:\n  - {name: 7, forward: GPIO5, backward: GPIO6, ramp: fast, min_duty: 3}\n",
		"GPIO5,GPIO6;", ""},
	{GOOD "motors:\n  - {forward: GPIO5, backward: GPIO6, pwm: hard, stop: now}\n",
		"GPIO5,GPIO6;", ""},
	{GOOD "motors:\n  - {forward: GPIO5, backward: GPIO6, frequency: 1kHz}\n", "GPIO5,GPIO6;",
		""},
	{GOOD "chips: {board: {driver: pca9685, bus: /dev/i2c-1, frequncy: 5, open_drain: 7}}\n"
	      "motors:\n  - {forward: board.3, backward: board.4}\n",
		"board.3,board.4;", ""},

	/* Of several, those that can be understood. */
	{GOOD "motors:\n  - {forward: GPIO5, backward: GPIO6, activ_low: true}\n"
	      "  - {forward: GPIO7, backward: GPIO8}\n",
		"GPIO7,GPIO8;", "motors[0]:3 "},
	{GOOD "motors:\n  - {forward: GPIO5, backward: GPIO6, active_low: yes}\n"
	      "  - {forward: 12, backward: GPIO8}\n  - {forward: GPIO9, backward: GPIO10}\n  - 5\n",
		"GPIO9,GPIO10;", "motors[0]:3 motors[1]:4 motors[3]:6 "},
	{GOOD "motors:\n  - {forward: GPIO5, forward: GPIO7, backward: GPIO6}\n", "",
		"motors[0]:3 "},
	{GOOD "motors:\n  - {name: a, name: b, forward: GPIO5, backward: GPIO6}\n", "GPIO5,GPIO6;",
		""},
	{GOOD MOTORS "motors:\n  - {forward: GPIO7, backward: GPIO8}\n", "GPIO5,GPIO6;",
		"motors:2 "},
	{GOOD "motors: {forward: GPIO5, backward: GPIO6}\n", "", "motors:2 "},
	{GOOD "moters:\n  - {forward: GPIO5, backward: GPIO6}\n", "GPIO5,GPIO6;", ""},

	/* Outputs on chips. */
	{GOOD "chips:\n  x: {driver: none}\n"
	      "  board: {driver: pca9685, bus: /dev/i2c-1, address: 0x40}\n"
	      "  bad: {driver: pca9685, bus: /dev/i2c-1, address: 0x40000}\n"
	      "  low: {driver: pca9685, bus: /dev/spidev0.0}\n"
	      "motors:\n  - {forward: bad.3, backward: bad.4}\n"
	      "  - {forward: board.3, backward: board.4}\n"
	      "  - {forward: low.1, backward: low.2}\n  - {forward: x.1, backward: x.2}\n",
		"board.3,board.4;", "motors[0]:8 motors[2]:10 motors[3]:11 "},

	/* LEDs matter where the map says so. */
	{GOOD "failsafe: {leds: off, after: 7}\nleds:\n  - {line: GPIO17}\n  - {line: 5}\n",
		"GPIO17;", "leds[1]:5 "},
	{GOOD "failsafe: {leds: of}\nleds:\n  - {line: GPIO17}\n" MOTORS, "GPIO5,GPIO6;",
		"failsafe.leds:0 "},
	{GOOD "failsafe: {led: off}\nleds:\n  - {line: GPIO17}\n", "", "failsafe.leds:0 "},
	{GOOD "failsafe: {leds: of}\n" MOTORS, "GPIO5,GPIO6;", ""},
	{GOOD "failsafe: {leds: keep}\nleds: 7\n" MOTORS, "GPIO5,GPIO6;", ""},
	{GOOD BOARD "failsafe: {leds: on}\nleds:\n  - {pwm: board.1, gamma: 9, name: 5}\n",
		"board.1;", ""},

	/* One that says so by itself; what it says does not matter for what moves. */
	{GOOD "foo: 1\nleds:\n  - {line: GPIO17, failsafe: off}\n  - {line: GPIO22}\n  - {line: "
	      "5}\n",
		"GPIO17;", ""},
	{GOOD "foo: 1\nfailsafe: {leds: off}\nleds:\n  - {line: GPIO17, failsafe: keep}\n"
	      "  - {line: GPIO22}\n",
		"GPIO22;", ""},
	{GOOD "foo: 1\nleds:\n  - {line: GPIO17, max_on: 5s}\n  - {line: GPIO22, failsafe: of}\n",
		"GPIO17;", "leds[1]:5 "},
	{GOOD "foo: 1\nleds:\n  - {line: GPIO17, failsaf: off}\n", "", "leds[0]:4 "},
	{GOOD "failsafe: {leds: of}\nleds:\n  - {line: GPIO17, failsafe: off}\n  - {line: "
	      "GPIO22}\n",
		"GPIO17;", "failsafe.leds:0 "},
	{GOOD "motors:\n  - {forward: GPIO5, backward: GPIO6, failsafe: stopp, max_on: 1}\n",
		"GPIO5,GPIO6;", ""},

	/* A text that is no YAML: behind the outputs, in front of them, in them. */
	{GOOD MOTORS "sensors:\n  temp: {from: a.b\n", "GPIO5,GPIO6;", ""},
	{GOOD MOTORS "sensors:\n\ttemp: 5\n", "GPIO5,GPIO6;", ""},
	{"mqtt: {url: mqtt://localhost\nsensors:\n  \"x\n" MOTORS, "GPIO5,GPIO6;", ""},
	{GOOD "sensors: *x\n" MOTORS, "GPIO5,GPIO6;", ""},
	{GOOD "sensors:\n  a: b: c\n# \xff\n" MOTORS, "GPIO5,GPIO6;", ""},
	{GOOD MOTORS "  - {forward: GPIO7, backward: GPIO8, ra", "GPIO5,GPIO6;",
		"motors:2 motors[1]:4 "},
	{GOOD MOTORS "  - forward: GPIO7\n    backward: \"GPIO", "GPIO5,GPIO6;",
		"motors:2 motors[1]:4 "},
	{GOOD MOTORS "   - {forward: GPIO7, backward: GPIO8}\n", "GPIO5,GPIO6;", "motors:2 "},
	{GOOD MOTORS "  - {forward: GPIO7, backward: GP\001\n", "", "motors:2 motors[0]:3 "},

	/* Sections that may stand where nothing could be read. */
	{"{mqtt: {url: mqtt://localhost}, motors: [{forward: GPIO5, backward: GPIO6}], x: {y: ",
		"GPIO5,GPIO6;", "*"},
	{"{mqtt: {url: mqtt://localhost}, sensors: {x: ", "", "motors:0 *"},
	{GOOD "motors\n  - {forward: GPIO5, backward: GPIO6}\n", "", "motors:2 "},
	{GOOD "\"sensors\n" MOTORS, "GPIO5,GPIO6;", ""},
};

static void on_missed(void *userdata, const char *what, size_t line)
{
	fprintf(userdata, "%s:%zu ", what, line);
}

static void print_output(const struct config *config, const struct config_port *output, FILE *out)
{
	if (output->type == PORT_CHIP_PWM)
		fprintf(out, "%s.%u", config->chips[output->chip].name, output->channel);
	else
		fprintf(out, "%s", output->line);
}

static void print_config(const struct config *config, FILE *out)
{
	const struct config_output *motors = outputs_begin(config, "motor");
	const struct config_output *leds = outputs_begin(config, "led");

	for (size_t i = 0; i < outputs_of(config, "motor")->n; i++) {
		print_output(config, &motors[i].ports[0], out);
		fputc(',', out);
		print_output(config, &motors[i].ports[1], out);
		fputc(';', out);
	}
	for (size_t i = 0; i < outputs_of(config, "led")->n; i++) {
		if (!config_output_end(&leds[i])->given)
			continue;
		print_output(config, &leds[i].ports[0], out);
		fputc(';', out);
	}
}

struct result {
	int r;
	size_t n_mistakes;
	bool is_whole;
	char *found, *missed;
};

static struct result load(const char *text, size_t size)
{
	static const struct host host = {.name = "pi", .id = "0123456789ab"};
	char path[] = "/tmp/test_config_safe.XXXXXX";
	struct result result = {0};
	struct config *config = NULL;
	struct diag *diag = NULL;
	size_t found_size = 0, missed_size = 0;
	FILE *found = open_memstream(&result.found, &found_size);
	FILE *missed = open_memstream(&result.missed, &missed_size);
	const struct config_missed listener = {on_missed, missed};
	int fd = mkstemp(path);

	assert_true(fd >= 0 && found && missed);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	assert_int_equal(close(fd), 0);
	assert_int_equal(diag_new(path, &diag), 0);
	result.r = config_load_outputs(path, &host, diag, &listener, &config, &result.is_whole);
	result.n_mistakes = diag_count(diag);
	if (result.r == 0) {
		print_config(config, found);
		/* The text of the map is kept, whatever it holds. */
		assert_int_equal(config->text_bytes, size);
		assert_memory_equal(config->text, text, size);
	}
	config_free(config);
	diag_free(diag);
	assert_int_equal(fclose(found), 0);
	assert_int_equal(fclose(missed), 0);
	assert_int_equal(unlink(path), 0);
	return result;
}

/* A star stands for the sections of all kinds but motors, since nobody knows whether they were
 * there. Those that move come first. */
static void assert_missed(const char *missed, const char *expected)
{
	const char *star = strchr(expected, '*');
	char text[512];
	size_t used;

	used = (size_t)snprintf(text, sizeof(text), "%.*s",
		(int)(star ? (size_t)(star - expected) : strlen(expected)), expected);
	for (int pass = 0; star && pass < 2; pass++)
		for (size_t i = 0; output_kind_table[i]; i++)
			if (output_kind_table[i]->moves == (pass == 0) &&
				strcmp(output_kind_table[i]->word, "motor") != 0)
				used += (size_t)snprintf(text + used, sizeof(text) - used, "%s:0 ",
					output_kind_table[i]->section);
	assert_string_equal(missed, text);
}

static void each_output_that_can_be_understood_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct result result = load(CASES[i].text, strlen(CASES[i].text));

		print_message("%s\n", CASES[i].text);
		assert_int_equal(result.r, 0);
		assert_missed(result.missed, CASES[i].missed);
		assert_string_equal(result.found, CASES[i].found);
		assert_int_equal(result.n_mistakes > 0, i > 0);
		assert_int_equal(result.is_whole, i == 0);
		free(result.found);
		free(result.missed);
	}
}

/* Wherever a text breaks off: nothing is made up, and nothing is read from where it ends. */
static void a_text_that_breaks_off_has_no_other_outputs(void **state)
{
	static const char TEXT[] =
		GOOD BOARD "motors:\n  - {forward: GPIO5, backward: GPIO6}\n"
			   "  - {name: b, forward: board.3, backward: board.4}\nsensors: {}\n";
	static const char *const ALLOWED[] = {"", "GPIO5,GPIO6;", "GPIO5,GPIO6;board.3,board.4;"};
	unsigned seen = 0;

	(void)state;
	for (size_t size = 0; size < sizeof(TEXT); size++) {
		struct result result = load(TEXT, size);
		unsigned which = 0;

		while (result.r == 0 && which < 3 && strcmp(result.found, ALLOWED[which]) != 0)
			which++;
		assert_true(which < 3);
		seen |= 1U << which;
		free(result.found);
		free(result.missed);
	}
	assert_int_equal(seen, 7);
}

static void a_text_of_which_nothing_can_be_read_is_refused(void **state)
{
	static const char *const TEXTS[] = {"", "\001", "- 5\n", "x", "\"", "# nothing\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
		struct result result = load(TEXTS[i], strlen(TEXTS[i]));

		print_message("%s\n", TEXTS[i]);
		assert_int_equal(result.r, -EINVAL);
		assert_true(result.n_mistakes > 0);
		free(result.found);
		free(result.missed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_output_that_can_be_understood_is_there),
		cmocka_unit_test(a_text_that_breaks_off_has_no_other_outputs),
		cmocka_unit_test(a_text_of_which_nothing_can_be_read_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
