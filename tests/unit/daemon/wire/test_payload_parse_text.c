/* SPDX-License-Identifier: MIT */
/* The plain text of an output's own topic: what it means as an action, its mistakes, its stops. */
#include "fake_config.h"
#include "payload.h"
#include "topic.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 4096 };

struct row {
	const char *target, *text;
	const char *expected; /* as JSON says it, or each mistake */
};

static const struct row UNDERSTOOD[] = {
	{"led/red", "on", "{\"led\":{\"red\":{\"on\":true}}}"},
	{"led/0", "OFF", "{\"led\":{\"0\":{\"on\":false}}}"},
	{"led/red", " On\r\n", "{\"led\":{\"red\":{\"on\":true}}}"},
	{"led/red", "7", "{\"led\":{\"red\":{\"bright\":7}}}"},
	{"led/red", "12.5%", "{\"led\":{\"red\":{\"percent\":12.5}}}"},
	{"led/red", "100%", "{\"led\":{\"red\":{\"percent\":100}}}"},
	{"led/red", "0%", "{\"led\":{\"red\":{\"on\":false}}}"},
	{"led/red", "off 3", "{\"led\":{\"red\":{\"on\":false,\"bright\":3}}}"},
	{"motor/left", "forward", "{\"motor\":{\"left\":{\"direction\":\"forward\"}}}"},
	{"motor/left", "Backward 5",
		"{\"motor\":{\"left\":{\"direction\":\"backward\",\"speed\":5}}}"},
	{"motor/1", "forward 40.5%",
		"{\"motor\":{\"1\":{\"direction\":\"forward\",\"percent\":40.5}}}"},
	{"motor/left", "on", "{\"motor\":{\"left\":{\"on\":true}}}"},
	{"motor/left", "3", "{\"motor\":{\"left\":{\"speed\":3}}}"},
	/* each way to say stop */
	{"motor/left", "stop", "{\"motor\":{\"left\":{\"direction\":\"stop\"}}}"},
	{"motor/left", "STOP", "{\"motor\":{\"left\":{\"direction\":\"stop\"}}}"},
	{"motor/left", "off", "{\"motor\":{\"left\":{\"direction\":\"stop\"}}}"},
	{"motor/left", "0", "{\"motor\":{\"left\":{\"direction\":\"stop\"}}}"},
	{"motor/left", "0.0%", "{\"motor\":{\"left\":{\"direction\":\"stop\"}}}"},
	{"motor/left", "forward 0", "{\"motor\":{\"left\":{\"direction\":\"stop\"}}}"},
	{"motor/left", "stop 4", "{\"motor\":{\"left\":{\"direction\":\"stop\",\"speed\":4}}}"},
};

#define KINDS     "this gateway has no outputs \"lamp\", known here: led, motor"
#define LED_WORDS "on, off, toggle, 1 to 10, 0% to 100%, and how long at the end, as 5s"

static const struct row REFUSED[] = {
	{"led/red", "bright",
		"led.red: \"bright\" is no word for an LED: these are " LED_WORDS "\n"},
	{"led/red", "forward",
		"led.red: \"forward\" is no word for an LED: these are " LED_WORDS "\n"},
	{"led/red", "5s", "led.red: \"5s\" is no word for an LED: these are " LED_WORDS "\n"},
	{"led/red", "on 5s 3", "led.red: \"5s\" is no word for an LED: these are " LED_WORDS "\n"},
	{"led/red", "7deg", "led.red: \"7deg\" is no word for an LED: these are " LED_WORDS "\n"},
	{"led/red", "-5 1.2.3",
		"led.red.bright: -5 is outside 1..10\n"
		"led.red: \"1.2.3\" is no word for an LED: these are " LED_WORDS "\n"},
	{"led/red", "  ", "led.red: it takes " LED_WORDS "\n"},
	{"led/red", "on on on on on on on",
		"led.red: it takes " LED_WORDS "\n"
		"led.red.on: is said twice\n"
		"led.red.on: is said twice\n"
		"led.red.on: is said twice\n"
		"led.red.on: is said twice\n"
		"led.red.on: is said twice\n"},
	{"led/red", "{\"on\":true}",
		"led.red: \"{\"on\":true}\" is no word for an LED: these are " LED_WORDS "\n"},
	{"led/red", "11", "led.red.bright: 11 is outside 1..10\n"},
	{"led/red", "12.55%", "led.red.percent: 12.55 has more than 1 decimal\n"},
	{"led/red", "7 75%",
		"led.red.percent: says something else than \"bright\": send one of "
		"them\n"},
	{"led/red", "on 0%", "led.red: is on and off at once\n"},
	{"led/red", "on 0.5ms",
		"led.red.for: 0.5ms is no whole number of milliseconds from 1ms to "
		"24h\n"},
	{"led/red", "on 25h",
		"led.red.for: 25h is no whole number of milliseconds from 1ms to 24h\n"},
	{"led/blue", "on",
		"led.blue: there is no LED \"blue\": this gateway has 0 (red), 1 "
		"(green)\n"},
	{"led/", "on", "led.: there is no LED \"\": this gateway has 0 (red), 1 (green)\n"},
	{"motor/left", "toggle",
		"motor.left: \"toggle\" is no word for a motor: these are forward, backward, stop, "
		"1 to 10, on, off, 0% to 100%, and how long at the end, as 5s\n"},
	{"lamp/red", "on", "lamp: " KINDS "\n"},
	{"ledd/red", "on", "ledd: this gateway has no outputs \"ledd\", did you mean \"led\"?\n"},
};

static struct payload_bytes bytes_of(const char *text)
{
	return (struct payload_bytes){(const uint8_t *)text, strlen(text), strlen(text)};
}

static const char *say(const struct payload_errors *errors, char out[TEXT_MAX])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < errors->count; i++)
		used += (size_t)snprintf(out + used, TEXT_MAX - used, "%s: %s\n",
			errors->items[i].path, errors->items[i].reason);
	return out;
}

static void each_text_is_an_action(void **state)
{
	struct fake_config *fake = *state;

	for (size_t i = 0; i < sizeof(UNDERSTOOD) / sizeof(UNDERSTOOD[0]); i++) {
		const struct row *row = &UNDERSTOOD[i];
		const struct payload_bytes bytes = bytes_of(row->text);
		struct payload_action action;
		struct payload_errors errors;
		char text[TEXT_MAX];

		if (payload_parse_output_text(
			    &fake->config, row->target, &bytes, &action, &errors) < 0)
			fail_msg("%s %s: %s", row->target, row->text, say(&errors, text));
		assert_true(payload_format_state(&fake->config, &action, text, sizeof(text)) > 0);
		assert_string_equal(text, row->expected);
	}
}

static void each_mistake_is_named(void **state)
{
	struct fake_config *fake = *state;

	for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++) {
		const struct row *row = &REFUSED[i];
		const struct payload_bytes bytes = bytes_of(row->text);
		struct payload_action action;
		struct payload_errors errors;
		char text[TEXT_MAX];

		if (payload_parse_output_text(
			    &fake->config, row->target, &bytes, &action, &errors) == 0)
			fail_msg("%s %s is accepted", row->target, row->text);
		assert_string_equal(say(&errors, text), row->expected);
	}
}

static void modifiers_are_words_too(void **state)
{
	static const struct {
		const char *target, *text;
		uint32_t for_ms;
		bool toggle;
	} ROWS[] = {{"led/red", "on 5s", 5000, false}, {"led/red", "toggle", 0, true},
		{"led/red", "Toggle 1.5s", 1500, true}, {"led/red", "7 24h", 86400000, false},
		{"motor/left", "forward 5 500ms", 500, false}};
	struct fake_config *fake = *state;

	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		const struct payload_bytes bytes = bytes_of(ROWS[i].text);
		struct payload_action action;
		struct payload_errors errors;

		assert_int_equal(payload_parse_output_text(
					 &fake->config, ROWS[i].target, &bytes, &action, &errors),
			0);
		assert_int_equal(action.outputs[0].modifiers.for_ms, ROWS[i].for_ms);
		assert_int_equal(action.outputs[0].modifiers.toggle, ROWS[i].toggle);
	}
}

static void what_is_too_long_is_refused(void **state)
{
	struct fake_config *fake = *state;
	struct payload_bytes bytes = bytes_of("on");
	struct payload_action action;
	struct payload_errors errors;
	char text[64];

	bytes.true_size = 20000;
	assert_int_equal(
		payload_parse_output_text(&fake->config, "led/red", &bytes, &action, &errors),
		-EINVAL);
	memset(text, '5', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	bytes = bytes_of(text);
	assert_int_equal(
		payload_parse_output_text(&fake->config, "led/red", &bytes, &action, &errors),
		-EINVAL);
}

/* Of a message that is refused. */
static void a_stop_is_found(void **state)
{
	static const struct {
		const char *target, *text, *stops; /* the motors' names; "": none */
	} ROWS[] = {{"motor/left", "stop", "left "}, {"motor/1", "off 5s", "right "},
		{"motor/left", "forward 0 nonsense", "left "}, {"motor/left", "0%", "left "},
		{"motor/middle", "off", "left right "}, {"motor/middle", "stop", "left right "},
		{"motor/left", "{\"direction\":\"stop\"}", "left right "},
		{"led/red", "stop", "left right "}, {"lamp/red", "stop", "left right "},
		/* behind more words than any text has, and behind one that is too long */
		{"motor/left", "forward 5 1s and then after that stop", "left "},
		{"motor/left", "a-word-of-more-than-thirty-one-bytes 0%", "left "},
		{"motor/left", "a-word-of-more-than-thirty-one-bytes forward", ""},
		/* JSON says itself what is to stop, whatever its numbers are */
		{"motor/left", "{ \"motor\": { \"right\": \"stop\" }, \"x\": 0 }", "right "},
		{"motor/left", "forward", ""}, {"motor/left", "nonstop", ""},
		{"led/red", "off", ""}, {"led/red", "0%", ""}, {"lamp/red", "off", ""}};
	struct fake_config *fake = *state;

	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		const struct payload_bytes bytes = bytes_of(ROWS[i].text);
		struct payload_action stops;
		struct payload_errors errors;
		char names[64] = "";

		payload_action_clear(&stops);
		errors.count = 0;
		payload_parse_output_text_stops(
			&fake->config, ROWS[i].target, &bytes, &stops, &errors);
		for (size_t j = 0; j < stops.n_outputs; j++) {
			assert_true(payload_is_stop(&fake->config, &stops.outputs[j]));
			(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s ",
				fake->config.outputs[stops.outputs[j].output].name);
		}
		assert_string_equal(names, ROWS[i].stops);
		assert_int_equal(errors.count, stops.n_outputs > 1 ? 1 : 0);
	}
}

static void a_topic_matches_level_by_level(void **state)
{
	static const struct {
		const char *filter, *topic, *levels; /* "-": no match; NULL: no wildcard */
	} ROWS[] = {{"tos/actions", "tos/actions", NULL}, {"tos/actions", "tos/action", "-"},
		{"tos/actions", "tos/actions/led", "-"}, {"a/+/+", "a/led/red", "led/red"},
		{"a/+/+", "a/led", "-"}, {"a/+/+", "a/led/red/x", "-"}, {"a/+/+", "a//", "/"},
		{"a/+/b", "a/led/b", "led/b"}, {"a/+/b", "a/led/c", "-"},
		{"a/+/+", "b/led/red", "-"}, {"a/+/+", "a/+/+", "+/+"}};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		const char *levels = "unset";
		bool matches = topic_matches(ROWS[i].filter, ROWS[i].topic, &levels);

		if (!matches) {
			assert_string_equal(ROWS[i].levels, "-");
		} else if (!ROWS[i].levels) {
			assert_null(levels);
		} else {
			assert_string_equal(levels, ROWS[i].levels);
		}
	}
}

static int set_up(void **state)
{
	static struct fake_config fake;

	fake_config_init(&fake);
	*state = &fake;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_text_is_an_action),
		cmocka_unit_test(each_mistake_is_named),
		cmocka_unit_test(modifiers_are_words_too),
		cmocka_unit_test(what_is_too_long_is_refused),
		cmocka_unit_test(a_stop_is_found),
		cmocka_unit_test(a_topic_matches_level_by_level),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
