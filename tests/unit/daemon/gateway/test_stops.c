/* SPDX-License-Identifier: MIT */
/*
 * A stop is a stop: each way to say it, beside each kind of mistake, on running motors. The levels
 * of the wires and the answers are compared. The rest of a message with a mistake is not done.
 */
#include "map_rig.h"
#include "outbox.h"
#include "output_words.h"
#include "payload.h"
#include "router.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char MAP[] = "interval: {default: 500ms, min: 20ms, max: 1h}\n"
			  "leds: [{name: red, line: GPIO17}]\n"
			  "motors: [{name: left, forward: GPIO5, backward: GPIO6},"
			  " {name: right, forward: GPIO20, backward: GPIO21},"
			  " {name: on, forward: GPIO22, backward: GPIO23}]\n";

/* Bits of the motors. */
enum { L = 1, R = 2, O = 4, ALL = 7, MOTORS = 3 };

enum { TOPIC_ACTIONS, TOPIC_INTERVAL, TOPIC_LEDS, TOPIC_ACTION, TOPIC_LED, TOPIC_MOTOR };

/* A member of an action that says stop. */
struct form {
	const char *member;
	unsigned stops;         /* of an action without another mistake */
	unsigned refused_stops; /* beside a mistake */
	const char *applied;    /* then; NULL: as the state calls every motor */
	bool is_mistake;        /* by itself */
};

#define STOP(speed) "{\"direction\":\"stop\",\"speed\":" #speed "}"

static const struct form FORMS[] = {
	/* each key, each value */
	{"\"motor\":{\"direction\":\"stop\"}", L, L, STOP(10), false},
	{"\"motor\":{\"speed\":0}", L, L, STOP(10), false},
	{"\"motor\":{\"speed\":-0.0e5}", L, L, STOP(10), false},
	{"\"motor\":{\"direction\":\"stop\",\"speed\":0}", L, L, STOP(10), false},
	{"\"motor\":{\"speed\":0,\"direction\":\"forward\"}", L, L, STOP(10), false},
	{"\"motor\":{\"direction\":\"backward\",\"speed\":0}", L, L, STOP(10), false},
	{"\"m\\u006ftor\":{\"directi\\u006Fn\":\"s\\u0074op\"}", L, L, STOP(10), false},
	{" \"motor\"\n:\t{ \"direction\" :\r\"stop\" } ", L, L, STOP(10), false},
	/* a level beside it is remembered, 0 and a wrong one are not */
	{"\"motor\":{\"direction\":\"stop\",\"speed\":3}", L, L, STOP(3), false},
	{"\"motor\":{\"speed\":4e0,\"direction\":\"stop\"}", L, L, STOP(4), false},
	{"\"motor\":{\"direction\":\"stop\",\"speed\":99}", L, L, STOP(10), true},
	{"\"motor\":{\"speed\":2.5,\"direction\":\"stop\"}", L, L, STOP(10), true},
	/* one of several */
	{"\"motor\":{\"0\":{\"direction\":\"stop\"}}", L, L, "{\"0\":" STOP(10) "}", false},
	{"\"motor\":{\"right\":{\"speed\":0}}", R, R, "{\"right\":" STOP(10) "}", false},
	{"\"motor\":{\"right\":\"stop\"}", R, R, "{\"right\":" STOP(10) "}", false},
	{"\"motor\":{\"1\":{\"speed\":6,\"direction\":\"stop\"}}", R, R, "{\"1\":" STOP(6) "}",
		false},
	{"\"motor\":{\"on\":\"stop\"}", O, O, "{\"on\":" STOP(10) "}", false},
	{"\"motor\":{\"2\":{\"speed\":0},\"left\":{\"direction\":\"stop\"}}", L | O, L | O,
		"{\"2\":" STOP(10) ",\"left\":" STOP(10) "}", false},
	/* all */
	{"\"motor\":\"stop\"", ALL, ALL, NULL, false},
	{"\"motor\":\"st\\u006fp\"", ALL, ALL, NULL, false},
	/* beside one that runs on: with a mistake, that one stops, too, and keeps its level */
	{"\"motor\":{\"0\":{\"direction\":\"forward\",\"speed\":3},\"1\":{\"speed\":0}}", R, L | R,
		"{\"1\":" STOP(10) ",\"0\":" STOP(10) "}", false},
	{"\"motor\":{\"speed\":10,\"on\":{\"direction\":\"stop\"}}", O, L | O,
		"{\"on\":" STOP(10) ",\"direction\":\"stop\",\"speed\":10}", false},
	/* the mistake is in the motor's own object */
	{"\"motor\":{\"direction\":\"stop\",\"direction\":\"forward\"}", L, L, STOP(10), true},
	{"\"motor\":{\"direction\":\"forward\",\"direction\":\"stop\"}", L, L, STOP(10), true},
	{"\"motor\":{\"speed\":5,\"speed\":0}", L, L, STOP(5), true},
	{"\"motor\":{\"direction\":\"stop\",\"torque\":1}", L, L, STOP(10), true},
	{"\"motor\":{\"direction\":\"stop\",\"direction\":null}", L, L, STOP(10), true},
	{"\"motor\":{\"speed\":\"stop\"}", L, L, STOP(10), true},
	{"\"motor\":{\"direction\":[\"stop\"]}", L, L, STOP(10), true},
	{"\"motor\":{\"0\":{\"0\":{\"direction\":\"stop\"}}}", L, L, "{\"0\":" STOP(10) "}", true},
	{"\"motor\":{\"1\":{\"on\":false}}", R, R, "{\"1\":" STOP(10) "}", false},
	{"\"motor\":{\"1\":{\"on\":false,\"direction\":\"backward\"}}", R, R,
		"{\"1\":" STOP(10) "}", false},
	{"\"motor\":{\"1\":{\"on\":true,\"speed\":0}}", R, R, "{\"1\":" STOP(10) "}", false},
	{"\"motor\":{\"1\":{\"on\":true,\"on\":false}}", R, R, "{\"1\":" STOP(10) "}", true},
	{"\"motor\":{\"1\":{\"on\":\"stop\"}}", R, R, "{\"1\":" STOP(10) "}", true},
	{"\"motor\":{\"on\":false}", O, O, "{\"on\":" STOP(10) "}", true}, /* its name */
	{"\"motor\":{\"1\":{\"percent\":0}}", R, R, "{\"1\":" STOP(10) "}", false},
	{"\"motor\":{\"1\":{\"percent\":0,\"speed\":7}}", R, R, "{\"1\":" STOP(7) "}", false},
	{"\"motor\":{\"1\":{\"percent\":60,\"speed\":0}}", R, R, "{\"1\":" STOP(6) "}", false},
	{"\"motor\":{\"1\":{\"percent\":0,\"percent\":60}}", R, R, "{\"1\":" STOP(6) "}", true},
	{"\"motor\":{\"1\":{\"percent\":60,\"percent\":0}}", R, R, "{\"1\":" STOP(6) "}", true},
	/* what says two things is not remembered */
	{"\"motor\":{\"direction\":\"stop\",\"speed\":4,\"percent\":60}", L, L, STOP(10), true},
	{"\"motor\":{\"0\":{\"direction\":\"forward\"},\"left\":{\"direction\":\"stop\"}}", L, L,
		"{\"0\":" STOP(10) "}", true},
	{"\"motor\":{\"0\":{\"speed\":9}},\"motor\":{\"1\":{\"speed\":0}}", L | R, L | R,
		"{\"1\":" STOP(10) ",\"0\":" STOP(10) "}", true},
	{"\"motor\":{\"1\":{\"speed\":9}},\"motor\":\"stop\"", ALL, ALL,
		"{\"1\":" STOP(10) ",\"0\":" STOP(10) ",\"2\":" STOP(10) "}", true},
	/* for no motor that there is */
	{"\"motor\":{\"9\":{\"direction\":\"stop\"}}", ALL, ALL, NULL, true},
	{"\"motor\":{\"lefft\":{\"speed\":0}}", ALL, ALL, NULL, true},
	{"\"motor\":{\"lefft\":\"stop\"}", ALL, ALL, NULL, true},
	{"\"motor\":{\"command\":\"stop\"}", ALL, ALL, NULL, true},
	{"\"motor\":[{\"direction\":\"stop\"}]", ALL, ALL, NULL, true},
	{"\"motor\":[\"stop\"]", ALL, ALL, NULL, true},
	{"\"Motor\":{\"direction\":\"stop\"}", ALL, ALL, NULL, true},
	{"\"motors\":{\"speed\":0}", ALL, ALL, NULL, true},
	{"\"direction\":\"stop\"", ALL, ALL, NULL, true},
	{"\"action\":{\"motor\":{\"speed\":0}}", ALL, ALL, NULL, true},
	{"\"led\":{\"0\":{\"on\":\"stop\"}}", ALL, ALL, NULL, true},
	/* what looks like a stop and is none */
	{"\"motor\":{\"direction\":\"Stop\"}", 0, 0, NULL, true},
	{"\"motor\":{\"direction\":\"off\"}", 0, 0, NULL, true},
	{"\"motor\":{\"direction\":false}", 0, 0, NULL, true},
	{"\"motor\":{\"direction\":0}", 0, 0, NULL, true},
	{"\"motor\":{\"speed\":\"0\"}", 0, 0, NULL, true},
	{"\"motor\":\"STOP\"", 0, 0, NULL, true},
	{"\"motor\":false", 0, 0, NULL, true},
	{"\"motor\":0", 0, 0, NULL, true},
	{"\"motor\":{\"stop\":true}", 0, 0, NULL, true},
	{"\"motor\":{\"left\":false}", 0, 0, NULL, true},
	{"\"motor\":{\"1\":{\"on\":\"off\"}}", 0, 0, NULL, true},
	{"\"led\":{\"0\":{\"on\":false,\"speed\":0}}", 0, 0, NULL, true},
	{"\"leds\":{\"0\":{\"on\":false}}", 0, 0, NULL, true},
	{"\"sensors\":{\"percent\":0}", 0, 0, NULL, true},
	{"\"motor\":{\"direction\":\"nonstop\"}", 0, 0, NULL, true},
};

/* A mistake in the message beside the stop. */
struct mistake {
	const char *member; /* "": none */
	const char *reason; /* in the answer; NULL: nothing is wrong */
	unsigned topic;
	bool retained, topic_too_long, correlation_too_long;
	const char *front, *back; /* NULL: nothing; around the object */
	size_t back_size;
};

static const struct mistake MISTAKES[] = {
	{.member = "", .reason = NULL},
	/* a wrong value */
	{.member = "\"led\":{\"0\":{\"on\":1}}", .reason = "must be true or false"},
	{.member = "\"led\":{\"0\":{\"bright\":0}}", .reason = "0 is outside 1..10"},
	{.member = "\"led\":null", .reason = "must be an object"},
	{.member = "\"led\":{}", .reason = "an empty object"},
	{.member = "\"sensors\":{\"interval\":1}", .reason = "1 is outside 20..3600000 ms"},
	{.member = "\"id\":[\"stop\"]", .reason = "must be a string or an integer"},
	{.member = "\"id\":1e999", .reason = "a number of that size"},
	/* an unknown key, anywhere */
	{.member = "\"foo\":1", .reason = "unknown key \\\"foo\\\""},
	{.member = "\"foo\":{\"speed\":1,\"a\":[{}]}", .reason = "unknown key \\\"foo\\\""},
	{.member = "\"led\":{\"0\":{\"on\":true,\"foo\":2}}", .reason = "unknown key"},
	{.member = "\"\":\"\"", .reason = "unknown key \\\"\\\""},
	/* what is not there */
	{.member = "\"led\":{\"9\":{\"on\":false}}", .reason = "there is no LED \\\"9\\\""},
	/* twice */
	{.member = "\"id\":1,\"id\":2", .reason = "duplicate key \\\"id\\\""},
	{.member = "\"led\":{\"0\":{\"on\":true},\"red\":{\"on\":true}}", .reason = "the same LED"},
	/* time */
	{.member = "\"ts\":1,\"ttl\":1", .reason = "expired"},
	{.member = "\"ts\":1", .reason = "needs \\\"ttl\\\" beside it"},
	{.member = "\"ttl\":\"1s\",\"ts\":-1", .reason = "must be a whole number"},
	/* not what every reader understands */
	{.member = "\"a\":[[[[[[[[[[]]]]]]]]]]", .reason = "nested deeper than 8"},
	{.member = "\"id\":\"a\\u0000b\"", .reason = "\\\\u0000 is not allowed"},
	{.member = "\"id\":\"\\ud800\"", .reason = "half of a surrogate pair"},
	{.member = "\"id\":\"\xff\"", .reason = "not UTF-8"},
	{.member = "\"id\":1234567890123456789012345678901234567890123456789012345678901234",
		.reason = "a number of more than 63 characters"},
	{.member = "\"id\":\"\\\"{[\\\\\"", .reason = NULL}, /* nothing is wrong with that */
	{.member = "", .reason = "a byte-order mark", .front = "\xef\xbb\xbf"},
	{.member = "", .reason = "something after its end", .back = "\0", .back_size = 1},
	/* the message as a whole */
	{.member = "", .reason = "a retained message", .retained = true},
	{.member = "\"foo\":1", .reason = "a retained message", .retained = true},
	{.member = "", .reason = "the response topic is longer", .topic_too_long = true},
	{.member = "", .reason = "the correlation data are longer", .correlation_too_long = true},
	{.member = "", .reason = "tos/action is no topic", .topic = TOPIC_ACTION},
	{.member = "", .reason = "tos/actions/led is no topic", .topic = TOPIC_LED},
	{.member = "", .reason = "tos/actions/motor is no topic", .topic = TOPIC_MOTOR},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct fixture {
	struct map_rig rig;
	struct outputs *outputs;
	struct outbox *outbox;
	struct router router;
	struct refusals refusals;
	struct repeats repeats;
	struct outbox_message *answer;
	unsigned intervals, applied;
	struct link_event *event; /* with room for the largest message */
};

static void on_interval(void *userdata, uint32_t interval_ms)
{
	struct fixture *fixture = userdata;

	(void)interval_ms;
	fixture->intervals++;
}

static void on_read(void *userdata)
{
	(void)userdata;
}

static void on_applied(void *userdata)
{
	struct fixture *fixture = userdata;

	fixture->applied++;
}

static void open_fixture(struct fixture *fixture)
{
	struct outbox_settings outbox = {4096, 65536, NULL};
	struct outputs_settings settings = {0};

	*fixture = (struct fixture){0};
	map_rig_open(&fixture->rig, MAP);
	settings.board = fixture->rig.board;
	settings.config = fixture->rig.config;
	assert_int_equal(outputs_new(&settings, &fixture->outputs), 0);
	assert_int_equal(outbox_new(&outbox, &fixture->outbox), 0);
	outbox_connected(fixture->outbox);
	fixture->answer = malloc(sizeof(*fixture->answer));
	fixture->event = malloc(sizeof(*fixture->event) + PAYLOAD_ACTION_MAX + 1);
	assert_non_null(fixture->answer);
	assert_non_null(fixture->event);
	fixture->router = (struct router){
		.config = fixture->rig.config,
		.outputs = fixture->outputs,
		.outbox = fixture->outbox,
		.refusals = &fixture->refusals,
		.repeats = &fixture->repeats,
		.set_interval = on_interval,
		.read_now = on_read,
		.applied = on_applied,
		.userdata = fixture,
	};
}

static void close_fixture(struct fixture *fixture)
{
	free(fixture->event);
	free(fixture->answer);
	outbox_free(fixture->outbox);
	outputs_free(fixture->outputs);
	map_rig_close(&fixture->rig);
}

static void run_all(struct fixture *fixture)
{
	const struct output_request forward = {.values = motor_values(WORD_FORWARD, 10)};
	struct hal_error error = {0};

	for (size_t i = 0; i < MOTORS; i++)
		assert_int_equal(
			outputs_apply(fixture->outputs,
				output_index(fixture->rig.config, "motor", i), &forward, &error),
			0);
}

static unsigned stopped(struct fixture *fixture)
{
	static const char *const LINES[MOTORS] = {"GPIO5", "GPIO20", "GPIO22"};
	unsigned set = 0;

	for (unsigned i = 0; i < MOTORS; i++)
		if (map_rig_output(&fixture->rig, LINES[i]) == 0.0)
			set |= 1U << i;
	return set;
}

/* The one answer to bytes that are in fixture->event already. */
static const char *route(struct fixture *fixture, const struct mistake *mistake, size_t size)
{
	struct outbox_message *answer = fixture->answer;

	*fixture->event = (struct link_event){
		.kind = LINK_EVENT_MESSAGE,
		.topic = mistake->topic,
		.retained = mistake->retained,
		.response_topic_too_long = mistake->topic_too_long,
		.correlation_too_long = mistake->correlation_too_long,
		.payload_size = (uint32_t)(size < PAYLOAD_ACTION_MAX ? size : PAYLOAD_ACTION_MAX),
		.true_size = size,
	};
	router_handle(&fixture->router, fixture->event);
	assert_true(outbox_take(fixture->outbox, true, answer));
	outbox_acknowledge(fixture->outbox, answer->id);
	answer->payload[answer->size] = '\0';
	return (const char *)answer->payload;
}

static const char *route_text(struct fixture *fixture, unsigned topic, const char *text)
{
	size_t size = strlen(text);

	memcpy(fixture->event + 1, text, size);
	return route(fixture, &(struct mistake){.topic = topic}, size);
}

/* The message of a cell: the mistake stands before or behind the stop, and something that is right
 * behind both. */
static size_t write_message(char *out, const struct form *form, const struct mistake *mistake,
	bool mistake_first, bool is_refused)
{
	const char *first = mistake_first ? mistake->member : form->member;
	const char *second = mistake_first ? form->member : mistake->member;
	int size = sprintf(out, "%s{%s%s%s%s}", mistake->front ? mistake->front : "", first,
		*first && *second ? "," : "", second,
		is_refused ? ",\"sensors\":{\"interval\":100}" : "");

	if (mistake->back)
		memcpy(out + size, mistake->back, mistake->back_size);
	return (size_t)size + mistake->back_size;
}

static const char EVERY[] = "{\"0\":" STOP(10) ",\"1\":" STOP(10) ",\"2\":" STOP(10) "}";

static void check_cell(struct fixture *fixture, const struct form *form,
	const struct mistake *mistake, bool mistake_first)
{
	bool is_refused = form->is_mistake || mistake->reason;
	unsigned wanted = is_refused ? form->refused_stops : form->stops;
	char *message = (char *)(fixture->event + 1), applied[512] = "";
	const char *answer;
	size_t size;

	run_all(fixture);
	fixture->intervals = 0;
	size = write_message(message, form, mistake, mistake_first, is_refused);
	answer = route(fixture, mistake, size);
	if (is_refused && wanted)
		(void)snprintf(applied, sizeof(applied), ",\"applied\":{\"motor\":%s}}",
			form->applied ? form->applied : EVERY);
	if (stopped(fixture) != wanted || fixture->intervals != 0 ||
		!strstr(answer, is_refused ? "{\"ok\":false," : "{\"ok\":true,") ||
		(mistake->reason && !strstr(answer, mistake->reason)) ||
		(wanted && !strstr(answer, applied)) || (!wanted && strstr(answer, "applied")))
		fail_msg("%s\nstopped %x and not %x: %s\nwanted %s and %s", message,
			stopped(fixture), wanted, answer, applied,
			mistake->reason ? mistake->reason : "no mistake");
}

static void every_stop_beside_every_mistake(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture);
	for (size_t i = 0; i < COUNT(FORMS); i++) {
		for (size_t j = 0; j < COUNT(MISTAKES); j++) {
			check_cell(&fixture, &FORMS[i], &MISTAKES[j], false);
			check_cell(&fixture, &FORMS[i], &MISTAKES[j], true);
			/* Levels that were remembered are no business of the next cell. */
			run_all(&fixture);
		}
	}
	close_fixture(&fixture);
}

/* Without a mistake it is an action like any other. */
static void a_valid_stop_leaves_the_rest_as_it_is(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	run_all(&f);
	assert_string_equal(route_text(&f, TOPIC_ACTIONS,
				    "{\"motor\":{\"0\":{\"speed\":0},\"1\":{\"direction\":"
				    "\"forward\",\"speed\":3}},\"led\":{\"0\":{\"on\":true}}}"),
		"{\"ok\":true,\"applied\":{\"led\":{\"0\":{\"on\":true,\"bright\":10}},\"motor\":"
		"{\"0\":{\"direction\":\"stop\",\"speed\":10},\"1\":{\"direction\":\"forward\","
		"\"speed\":3}}}}");
	assert_int_equal(stopped(&f), L);
	close_fixture(&f);
}

static void a_stop_for_no_motor_says_that_all_stopped(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	run_all(&f);
	assert_string_equal(
		route_text(&f, TOPIC_ACTIONS, "{\"motor\":{\"9\":{\"direction\":\"stop\"}}}"),
		"{\"ok\":false,\"errors\":[{\"path\":\"motor.9.direction\",\"reason\":\"a stop "
		"that names no motor of this gateway stops every motor\"},{\"path\":\"motor.9\","
		"\"reason\":\"there is no motor \\\"9\\\": this gateway has 0 (left), 1 (right), "
		"2 (on)\"}],\"applied\":{\"motor\":{\"0\":{\"direction\":\"stop\",\"speed\":10},"
		"\"1\":{\"direction\":\"stop\",\"speed\":10},\"2\":{\"direction\":\"stop\","
		"\"speed\":10}}}}");
	close_fixture(&f);
}

static void the_word_alone_stops_every_motor(void **state)
{
	static const char *const TEXTS[] = {"stop", " stop\n", "\"stop\"", "[\"stop\"]"};
	static const unsigned TOPICS[] = {TOPIC_ACTIONS, TOPIC_ACTION, TOPIC_LED, TOPIC_MOTOR};
	struct fixture f;

	(void)state;
	open_fixture(&f);
	for (size_t i = 0; i < COUNT(TOPICS); i++) {
		for (size_t j = 0; j < COUNT(TEXTS); j++) {
			/* It is the command of one topic only, and said there without JSON. */
			bool is_ok = TOPICS[i] == TOPIC_MOTOR && j < 2;
			const char *answer;

			run_all(&f);
			answer = route_text(&f, TOPICS[i], TEXTS[j]);
			assert_int_equal(stopped(&f), ALL);
			assert_non_null(strstr(answer, is_ok ? "\"ok\":true" : "\"ok\":false"));
			assert_non_null(strstr(answer, EVERY));
		}
	}
	run_all(&f);
	assert_non_null(strstr(route_text(&f, TOPIC_MOTOR, "Stop"), "\"ok\":false"));
	assert_non_null(strstr(route_text(&f, TOPIC_ACTIONS, "stop it"), "\"ok\":false"));
	(void)route_text(&f, TOPIC_LEDS, "stop");
	(void)route_text(&f, TOPIC_INTERVAL, "stop");
	assert_int_equal(stopped(&f), 0);
	close_fixture(&f);
}

/* A mistake in each of more places than an answer has room for, and a line that does not obey. */
static void a_stop_that_fails_is_told_before_all_mistakes(void **state)
{
	char text[2048] = "{\"motor\":{\"right\":{\"speed\":0},\"left\":{\"speed\":0}}";
	struct fixture f;
	const char *answer;

	(void)state;
	open_fixture(&f);
	run_all(&f);
	for (int i = 0; i < 40; i++)
		(void)sprintf(text + strlen(text), ",\"k%d\":1", i);
	strcat(text, "}");
	assert_int_equal(sim_set_fault(f.rig.board, "GPIO20", SIM_FAULT_NO_ANSWER), 0);
	answer = route_text(&f, TOPIC_ACTIONS, text);
	assert_non_null(strstr(answer, "{\"ok\":false,\"errors\":[{\"path\":\"motor.1\","));
	assert_non_null(strstr(answer, "and 9 more mistakes"));
	assert_non_null(strstr(answer, "\"applied\":{\"motor\":{\"left\":{"));
	assert_int_equal(stopped(&f) & L, L);
	close_fixture(&f);
}

static void a_stop_stands_anywhere_in_sixteen_kibibytes(void **state)
{
	static const char STOP_TEXT[] = "\"motor\":{\"direction\":\"stop\"}}";
	struct fixture f;
	char *at;

	(void)state;
	open_fixture(&f);
	at = (char *)(f.event + 1);
	/* one that is deeper than any reader with a stack goes */
	run_all(&f);
	memset(at, '[', PAYLOAD_ACTION_MAX);
	memcpy(at, "{\"a\":", 5);
	memset(at + 8000, ']', 8000 - 5);
	at[15995] = ',';
	memset(at + 15996, ' ', PAYLOAD_ACTION_MAX - 15996);
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(at + PAYLOAD_ACTION_MAX - strlen(STOP_TEXT), STOP_TEXT, strlen(STOP_TEXT));
	assert_non_null(strstr(
		route(&f, &(struct mistake){0}, PAYLOAD_ACTION_MAX), "nested deeper than 8"));
	assert_int_equal(stopped(&f), L);
	/* one byte more is not looked into */
	run_all(&f);
	assert_non_null(strstr(
		route(&f, &(struct mistake){0}, PAYLOAD_ACTION_MAX + 1), "16385 bytes are more"));
	assert_int_equal(stopped(&f), 0);
	/* more keys than are compared with each other */
	at += sprintf(at, "{");
	for (int i = 0; i < 1500; i++)
		at += sprintf(at, "\"k%d\":%d,", i % 10, i % 10);
	strcpy(at, STOP_TEXT);
	at += strlen(STOP_TEXT);
	assert_non_null(
		strstr(route(&f, &(struct mistake){0}, (size_t)(at - (char *)(f.event + 1))),
			"more than 64"));
	assert_int_equal(stopped(&f), L);
	close_fixture(&f);
}

static void what_is_not_json_stops_nothing(void **state)
{
	static const char *const TEXTS[] = {"{\"motor\":\"stop\"", "{\"motor\":\"stop\",}",
		"{'motor':'stop'}", "{motor:stop}", "{\"motor\":\"stop\"}}", "{\"motor\":\"sto",
		"motor stop", "{\"motor\":{\"direction\":\"stop\"},\"a\":\"\\"};
	struct fixture f;

	(void)state;
	open_fixture(&f);
	run_all(&f);
	for (size_t i = 0; i < COUNT(TEXTS); i++) {
		const char *answer = route_text(&f, TOPIC_ACTIONS, TEXTS[i]);

		assert_non_null(strstr(answer, "\"ok\":false"));
		assert_null(strstr(answer, "applied"));
		assert_int_equal(stopped(&f), 0);
	}
	close_fixture(&f);
}

/* From a copy of exactly that size, so that a sanitizer sees a read behind its end. */
static void look_for_stops(const struct config *config, const char *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	const struct payload_bytes payload = {copy, size, size};
	struct payload_action stops;
	struct payload_errors errors = {.count = 0};
	unsigned seen = 0;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	payload_parse_stops(config, &payload, &stops, &errors);
	free(copy);
	assert_in_range(stops.n_outputs, 0, MOTORS);
	for (size_t i = 0; i < stops.n_outputs; i++) {
		const struct payload_output *output = &stops.outputs[i];
		size_t motor = output->output - output_index(config, "motor", 0);
		unsigned bit = 1U << motor;

		assert_true(motor < MOTORS && !(seen & bit));
		assert_int_equal(output_value("motor", &output->values, "direction"), WORD_STOP);
		assert_in_range(output_value("motor", &output->values, "speed") + 1, 0, 11);
		seen |= bit;
	}
}

static void no_byte_and_no_end_of_a_message_does_harm(void **state)
{
	static const char TEXT[] =
		"\xef\xbb\xbf{\"m\\u006ftor\":{\"0\":{\"speed\":0,\"x\":[\"stop\"]},\"on\":"
		"\"st\\u006fp\","
		"\"\\ud83d\\ude00\":[1e5,-0.5]},\"a\\\\\\\"\":null,\"direction\" : \"stop\"}\0";
	char text[sizeof(TEXT)];
	struct fixture f;

	(void)state;
	open_fixture(&f);
	for (size_t size = 0; size < sizeof(TEXT); size++)
		look_for_stops(f.rig.config, TEXT, size);
	for (size_t at = 0; at < sizeof(TEXT) - 1; at++) {
		for (int byte = 0; byte < 256; byte++) {
			memcpy(text, TEXT, sizeof(TEXT));
			text[at] = (char)byte;
			look_for_stops(f.rig.config, text, sizeof(TEXT) - 1);
		}
	}
	close_fixture(&f);
}

/* Then an action with a time is refused, and its stop is not. */
static void a_stop_does_not_wait_for_the_clock(void **state)
{
	static const char TEXT[] =
		"{\"motor\":{\"direction\":\"stop\"},\"ts\":1795360000123,\"ttl\":1000}";
	const struct payload_bytes bytes = {(const uint8_t *)TEXT, strlen(TEXT), strlen(TEXT)};
	struct payload_action action;
	struct payload_errors errors;
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_int_equal(
		payload_parse_action(f.rig.config, &bytes, 60693, &action, &errors), -EINVAL);
	errors.count = 0;
	payload_parse_stops(f.rig.config, &bytes, &action, &errors);
	assert_int_equal(errors.count, 0);
	assert_int_equal(action.n_outputs, 1);
	assert_int_equal(action.outputs[0].output, output_index(f.rig.config, "motor", 0));
	assert_int_equal(output_value("motor", &action.outputs[0].values, "direction"), WORD_STOP);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_stop_beside_every_mistake),
		cmocka_unit_test(a_valid_stop_leaves_the_rest_as_it_is),
		cmocka_unit_test(a_stop_for_no_motor_says_that_all_stopped),
		cmocka_unit_test(the_word_alone_stops_every_motor),
		cmocka_unit_test(a_stop_that_fails_is_told_before_all_mistakes),
		cmocka_unit_test(a_stop_stands_anywhere_in_sixteen_kibibytes),
		cmocka_unit_test(what_is_not_json_stops_nothing),
		cmocka_unit_test(no_byte_and_no_end_of_a_message_does_harm),
		cmocka_unit_test(a_stop_does_not_wait_for_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
