/* SPDX-License-Identifier: MIT */
#include "map_rig.h"
#include "outbox.h"
#include "router.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char MAP[] =
	"chips: {board: {driver: pca9685, bus: /dev/i2c-1}}\n"
	"interval: {default: 500ms, min: 20ms, max: 1h}\n"
	"leds: [{name: red, line: GPIO17}, {name: green, pwm: board.3, min_duty: 0%, gamma: 1}]\n"
	"motors: [{forward: GPIO5, backward: GPIO6, enable: board.0}]\n";

static const char TWO_MOTORS[] =
	"motors: [{forward: GPIO5, backward: GPIO6}, {forward: GPIO20, backward: GPIO21}]\n";

enum {
	TOPIC_ACTIONS,
	TOPIC_INTERVAL,
	TOPIC_LEDS,
	TOPIC_ACTION,
	TOPIC_LED,
	TOPIC_MOTOR,
	TOPIC_OUTPUT,
	TOPIC_HEALTH,
	TOPIC_BIRTH
};

struct fixture {
	struct map_rig rig;
	struct outputs *outputs;
	struct outbox *outbox;
	char met[32];
	struct router router;
	struct refusals refusals;
	struct repeats repeats;
	struct outbox_message *answer;
	uint32_t interval_ms; /* as it was set last */
	unsigned applied, reads;
};

static void on_interval(void *userdata, uint32_t interval_ms)
{
	struct fixture *fixture = userdata;

	fixture->interval_ms = interval_ms;
}

static void on_met(void *userdata, const char *instance)
{
	struct fixture *fixture = userdata;

	(void)snprintf(fixture->met, sizeof(fixture->met), "%s", instance);
}

static void on_read(void *userdata)
{
	((struct fixture *)userdata)->reads++;
}

static void on_applied(void *userdata)
{
	struct fixture *fixture = userdata;

	fixture->applied++;
}

static void open_map(struct fixture *fixture, const char *map)
{
	struct outbox_settings outbox = {4096, 65536, NULL};
	struct outputs_settings settings = {0};

	*fixture = (struct fixture){0};
	map_rig_open(&fixture->rig, map);
	settings.board = fixture->rig.board;
	settings.config = fixture->rig.config;
	assert_int_equal(outputs_new(&settings, &fixture->outputs), 0);
	assert_int_equal(outbox_new(&outbox, &fixture->outbox), 0);
	outbox_connected(fixture->outbox);
	fixture->answer = malloc(sizeof(*fixture->answer));
	assert_non_null(fixture->answer);
	fixture->router = (struct router){
		.config = fixture->rig.config,
		.outputs = fixture->outputs,
		.outbox = fixture->outbox,
		.refusals = &fixture->refusals,
		.repeats = &fixture->repeats,
		.set_interval = on_interval,
		.read_now = on_read,
		.applied = on_applied,
		.met = on_met,
		.userdata = fixture,
	};
}

static void open_fixture(struct fixture *fixture)
{
	open_map(fixture, MAP);
}

static void close_fixture(struct fixture *fixture)
{
	free(fixture->answer);
	outbox_free(fixture->outbox);
	outputs_free(fixture->outputs);
	map_rig_close(&fixture->rig);
}

/* A message that is given to the router. */
struct sent {
	unsigned topic;
	const char *payload;
	const char *levels; /* in place of the topic's wildcards */
	bool retained, repeated;
	const char *response_topic, *correlation;
};

/* Routes it; there must be one answer, and only one. Returns its text. */
static const char *route(struct fixture *fixture, const struct sent *sent)
{
	size_t levels_size = sent->levels ? strlen(sent->levels) + 1 : 0;
	size_t topic_size = sent->response_topic ? strlen(sent->response_topic) + 1 : 0;
	size_t correlation_size = sent->correlation ? strlen(sent->correlation) : 0;
	size_t payload_size = strlen(sent->payload);
	struct link_event *event = calloc(
		1, sizeof(*event) + levels_size + topic_size + correlation_size + payload_size + 1);
	char *at = (char *)(event + 1);
	struct outbox_message *answer = fixture->answer;

	assert_non_null(event);
	*event = (struct link_event){
		.kind = LINK_EVENT_MESSAGE,
		.topic = sent->topic,
		.retained = sent->retained,
		.repeated = sent->repeated,
		.levels_size = (uint16_t)levels_size,
		.response_topic_size = (uint16_t)topic_size,
		.correlation_size = (uint16_t)correlation_size,
		.payload_size = (uint32_t)payload_size,
		.true_size = payload_size,
	};
	memcpy(at, sent->levels ? sent->levels : "", levels_size);
	at += levels_size;
	memcpy(at, sent->response_topic ? sent->response_topic : "", topic_size);
	memcpy(at + topic_size, sent->correlation ? sent->correlation : "", correlation_size);
	memcpy(at + topic_size + correlation_size, sent->payload, payload_size);
	router_handle(&fixture->router, event);
	free(event);

	assert_true(outbox_take(fixture->outbox, true, answer));
	assert_int_equal(answer->kind, OUTBOX_KIND_ANSWER);
	outbox_acknowledge(fixture->outbox, answer->id);
	answer->payload[answer->size] = '\0';
	static struct outbox_message second;
	assert_false(outbox_take(fixture->outbox, true, &second));
	return (const char *)answer->payload;
}

static const char *act(struct fixture *fixture, const char *payload)
{
	return route(fixture, &(struct sent){.topic = TOPIC_ACTIONS, .payload = payload});
}

static void test_the_topics_and_their_order(void **state)
{
	(void)state;
	assert_string_equal(router_topic(TOPIC_ACTIONS), "actions");
	assert_string_equal(router_topic(TOPIC_INTERVAL), "sensors/interval");
	assert_string_equal(router_topic(TOPIC_LEDS), "actions/leds");
	assert_string_equal(router_topic(TOPIC_ACTION), "action");
	assert_string_equal(router_topic(TOPIC_LED), "actions/led");
	assert_string_equal(router_topic(TOPIC_MOTOR), "actions/motor");
	assert_string_equal(router_topic(TOPIC_OUTPUT), "actions/+/+");
	assert_string_equal(router_topic(TOPIC_HEALTH), "health");
	assert_string_equal(router_topic(TOPIC_BIRTH), "status");
	for (unsigned i = 0; i < ROUTER_TOPICS; i++)
		assert_int_equal(router_topic_is_vital(i), i == TOPIC_ACTIONS);
	for (unsigned i = 0; i < ROUTER_TOPICS; i++)
		assert_int_equal(router_topic_need(i),
			i <= TOPIC_LEDS             ? LINK_REQUIRED
				: i <= TOPIC_OUTPUT ? LINK_OPTIONAL
				: i == TOPIC_HEALTH ? LINK_OF_OTHERS
						    : LINK_BIRTH);
}

static void test_an_action_is_written_and_answered(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_string_equal(act(&f, "{\"id\":7,\"led\":{\"0\":{\"on\":true}}}"),
		"{\"ok\":true,\"id\":7,\"applied\":{\"led\":{\"0\":{\"on\":true,\"bright\":10}}}}");
	assert_string_equal(f.answer->topic, "tos/actions/ack");
	assert_int_equal(f.answer->qos, 1);
	assert_true(map_rig_output(&f.rig, "GPIO17") == 1.0);
	assert_int_equal(f.applied, 1);
	close_fixture(&f);
}

static void test_brightness_is_remembered_while_off(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	act(&f, "{\"led\":{\"green\":{\"on\":false,\"bright\":5}}}");
	assert_true(map_rig_output(&f.rig, "board.3") == 0.0);
	act(&f, "{\"led\":{\"green\":{\"on\":true}}}");
	assert_true(map_rig_output(&f.rig, "board.3") == 0.5);
	act(&f, "{\"led\":{\"green\":{\"on\":false}}}");
	act(&f, "{\"led\":{\"green\":{\"bright\":10}}}");
	assert_true(map_rig_output(&f.rig, "board.3") == 1.0);
	close_fixture(&f);
}

static void test_motor_words(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	/* A speed is remembered by a motor that stands. */
	assert_string_equal(act(&f, "{\"motor\":{\"speed\":5}}"),
		"{\"ok\":true,\"applied\":{\"motor\":{\"direction\":\"stop\",\"speed\":5}}}");
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_string_equal(act(&f, "{\"motor\":{\"direction\":\"forward\"}}"),
		"{\"ok\":true,\"applied\":{\"motor\":{\"direction\":\"forward\",\"speed\":5}}}");
	assert_true(map_rig_output(&f.rig, "board.0") == 0.5);
	act(&f, "{\"motor\":{\"speed\":10}}");
	assert_true(map_rig_output(&f.rig, "board.0") == 1.0);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 1.0);
	/* Stop wins over the speed beside it. */
	act(&f, "{\"motor\":{\"speed\":3,\"direction\":\"stop\"}}");
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_true(map_rig_output(&f.rig, "board.0") == 0.0);
	close_fixture(&f);
}

static void test_a_mistake_changes_nothing(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_string_equal(act(&f,
				    "{\"id\":\"a\",\"led\":{\"0\":{\"on\":true}},\"motor\":{"
				    "\"direction\":\"forward\",\"speed\":99}}"),
		"{\"ok\":false,\"id\":\"a\",\"errors\":[{\"path\":\"motor.speed\",\"reason\":\"99 "
		"is outside 1..10\"}]}");
	assert_true(map_rig_output(&f.rig, "GPIO17") == 0.0);
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_int_equal(f.applied, 0);
	close_fixture(&f);
}

static void test_a_failed_write_tells_what_was_applied_before(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NO_ANSWER), 0);
	assert_string_equal(act(&f,
				    "{\"led\":{\"0\":{\"on\":true},\"1\":{\"on\":true}},"
				    "\"sensors\":{\"interval\":100}}"),
		"{\"ok\":false,\"errors\":[{\"path\":\"led.1\",\"reason\":"
		"\"pca9685 at 0x40 on /dev/i2c-1 channel 3: no answer\"}],"
		"\"applied\":{\"led\":{\"0\":{\"on\":true,\"bright\":10}}}}");
	assert_true(map_rig_output(&f.rig, "GPIO17") == 1.0);
	assert_int_equal(f.interval_ms, 0);
	close_fixture(&f);
}

static void test_a_stop_does_not_wait_for_what_fails(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	act(&f, "{\"motor\":{\"direction\":\"forward\",\"speed\":10}}");
	assert_int_equal(sim_set_fault(f.rig.board, "GPIO17", SIM_FAULT_NO_ANSWER), 0);
	act(&f, "{\"led\":{\"0\":{\"on\":true}},\"motor\":{\"direction\":\"stop\"}}");
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_true(map_rig_output(&f.rig, "board.0") == 0.0);
	close_fixture(&f);
}

static void test_every_stop_is_tried_whatever_became_of_the_one_before(void **state)
{
	struct fixture f;
	const char *answer;

	(void)state;
	open_map(&f, TWO_MOTORS);
	act(&f,
		"{\"motor\":{\"0\":{\"direction\":\"forward\"},\"1\":{\"direction\":\"forward\"}}"
		"}");
	assert_true(map_rig_output(&f.rig, "GPIO20") == 1.0);
	assert_int_equal(sim_set_fault(f.rig.board, "GPIO5", SIM_FAULT_NO_ANSWER), 0);
	answer = act(
		&f, "{\"motor\":{\"0\":{\"direction\":\"stop\"},\"1\":{\"direction\":\"stop\"}}}");
	assert_non_null(strstr(answer, "\"path\":\"motor.0\""));
	assert_non_null(strstr(answer, "\"applied\":{\"motor\":{\"1\":{\"direction\":\"stop\""));
	assert_true(map_rig_output(&f.rig, "GPIO20") == 0.0);
	close_fixture(&f);
}

static void test_retained_is_refused_on_all_topics(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_non_null(
		strstr(route(&f,
			       &(struct sent){.topic = TOPIC_ACTIONS,
				       .payload = "{\"id\":3,\"led\":{\"0\":{\"on\":true}}}",
				       .retained = true}),
			"{\"ok\":false,\"id\":3,\"errors\":[{\"path\":\"\",\"reason\":\"a retained "
			"message"));
	assert_non_null(strstr(
		route(&f,
			&(struct sent){
				.topic = TOPIC_INTERVAL, .payload = "1000", .retained = true}),
		"retained"));
	assert_string_equal(
		route(&f, &(struct sent){.topic = TOPIC_LEDS, .payload = "1 1", .retained = true}),
		"unknown command");
	assert_true(map_rig_output(&f.rig, "GPIO17") == 0.0);
	assert_int_equal(f.interval_ms, 0);
	assert_int_equal(f.applied, 0);
	f.rig.config->mqtt.accept_retained = true;
	assert_string_equal(
		route(&f, &(struct sent){.topic = TOPIC_LEDS, .payload = "1 1", .retained = true}),
		"led1 on");
	close_fixture(&f);
}

static void test_a_misspelled_topic_is_answered_with_the_right_one(void **state)
{
	static const struct {
		unsigned topic;
		const char *reason;
	} rows[] = {
		{TOPIC_ACTION,
			"tos/action is no topic of this gateway: send an action to tos/actions"},
		{TOPIC_LED,
			"tos/actions/led is no topic of this gateway: send {\\\"led\\\":{...}} to "
			"tos/actions"},
		{TOPIC_MOTOR,
			"tos/actions/motor is no topic of this gateway: send "
			"{\\\"motor\\\":{...}} to tos/actions"},
	};
	struct fixture f;

	(void)state;
	open_fixture(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *answer = route(&f,
			&(struct sent){.topic = rows[i].topic,
				.payload = "{\"id\":3,\"led\":{\"0\":{\"on\":true}}}"});

		assert_non_null(strstr(answer, "{\"ok\":false,\"id\":3,"));
		assert_non_null(strstr(answer, rows[i].reason));
		assert_string_equal(f.answer->topic, "tos/actions/ack");
	}
	assert_true(map_rig_output(&f.rig, "GPIO17") == 0.0);
	close_fixture(&f);
}

/* A retained message is cleared with it, on each topic. */
static void test_a_message_without_payload_is_not_answered(void **state)
{
	static struct outbox_message answer;
	struct fixture f;

	(void)state;
	open_fixture(&f);
	for (unsigned topic = 0; topic < ROUTER_TOPICS; topic++) {
		const struct link_event event = {
			.kind = LINK_EVENT_MESSAGE, .topic = topic, .retained = topic % 2 == 0};

		router_handle(&f.router, &event);
		assert_false(outbox_take(f.outbox, true, &answer));
	}
	assert_true(f.refusals.count == 0);
	assert_int_equal(f.applied, 0);
	close_fixture(&f);
}

static const char *meet(struct fixture *fixture, const char *payload, bool retained)
{
	static struct outbox_message answer;
	size_t size = strlen(payload);
	struct link_event *event = calloc(1, sizeof(*event) + size + 1);

	assert_non_null(event);
	*event = (struct link_event){
		.kind = LINK_EVENT_MESSAGE,
		.topic = TOPIC_HEALTH,
		.retained = retained,
		.payload_size = (uint32_t)size,
		.true_size = size,
	};
	memcpy(event + 1, payload, size + 1);
	fixture->met[0] = '\0';
	router_handle(&fixture->router, event);
	free(event);
	assert_false(outbox_take(fixture->outbox, true, &answer));
	return fixture->met;
}

static void test_the_health_of_another_gateway_is_not_answered(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_string_equal(
		meet(&f, "{\"version\":\"1.1.0\",\"instance\":\"0123456789abcdef\",\"sens", false),
		"0123456789abcdef");
	assert_string_equal(meet(&f, "{\"instance\":\"0123456789abcdef\"}", true), "");
	assert_string_equal(meet(&f, "{\"version\":\"1.0.0\"}", false), "");
	assert_string_equal(meet(&f, "{\"instance\":\"0123456789abcde", false), "");
	assert_string_equal(meet(&f, "{\"instance\":\"0123456789abcdef", false), "");
	assert_string_equal(meet(&f, "{\"instance\":\"0123456789abcdeg\"}", false), "");
	assert_string_equal(
		meet(&f, "{\"broker\":\"\\\"instance\\\":\\\"0123456789abcdef\\\"\"}", false), "");
	assert_true(f.refusals.count == 0);
	close_fixture(&f);
}

static void test_the_interval_as_text(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_string_equal(route(&f, &(struct sent){.topic = TOPIC_INTERVAL, .payload = "1000"}),
		"{\"ok\":true,\"applied\":{\"sensors\":{\"interval\":1000}}}");
	assert_int_equal(f.interval_ms, 1000);
	assert_non_null(strstr(route(&f, &(struct sent){.topic = TOPIC_INTERVAL, .payload = "5"}),
		"\"ok\":false"));
	assert_int_equal(f.interval_ms, 1000);
	close_fixture(&f);
}

static void test_leds_as_text(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_string_equal(
		route(&f, &(struct sent){.topic = TOPIC_LEDS, .payload = "1 1"}), "led1 on");
	assert_true(map_rig_output(&f.rig, "GPIO17") == 1.0);
	assert_string_equal(
		route(&f, &(struct sent){.topic = TOPIC_LEDS, .payload = "2 0"}), "led2 off");
	assert_string_equal(route(&f, &(struct sent){.topic = TOPIC_LEDS, .payload = "3 1"}),
		"unknown command");
	assert_string_equal(route(&f, &(struct sent){.topic = TOPIC_LEDS, .payload = "light!"}),
		"unknown command");
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NO_ANSWER), 0);
	assert_string_equal(route(&f, &(struct sent){.topic = TOPIC_LEDS, .payload = "2 1"}),
		"led2 failed: pca9685 at 0x40 on /dev/i2c-1 channel 3: no answer");
	close_fixture(&f);
}

static const char *say(struct fixture *fixture, const char *output, const char *text)
{
	return route(
		fixture, &(struct sent){.topic = TOPIC_OUTPUT, .levels = output, .payload = text});
}

static void test_an_outputs_own_topic_takes_plain_text(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_string_equal(say(&f, "led/green", "12.5%"),
		"{\"ok\":true,\"applied\":{\"led\":{\"green\":{\"on\":true,\"bright\":2,"
		"\"percent\":12.5}}}}");
	assert_string_equal(f.answer->topic, "tos/actions/ack");
	assert_true(map_rig_output(&f.rig, "board.3") == 0.125);
	assert_string_equal(say(&f, "led/0", "TOGGLE"),
		"{\"ok\":true,\"applied\":{\"led\":{\"0\":{\"on\":true,\"bright\":10}}}}");
	assert_string_equal(say(&f, "motor/motor0", "forward 5"),
		"{\"ok\":true,\"applied\":{\"motor\":{\"motor0\":{\"direction\":\"forward\","
		"\"speed\":5}}}}");
	assert_int_equal(f.applied, 3);
	assert_non_null(strstr(say(&f, "led/blue", "on"), "\"path\":\"led.blue\""));
	assert_int_equal(f.applied, 3);
	assert_int_equal(f.refusals.count, 1);
	assert_string_equal(route(&f,
				    &(struct sent){.topic = TOPIC_OUTPUT,
					    .levels = "motor/0",
					    .payload = "stop",
					    .response_topic = "client/7/answers"}),
		"{\"ok\":true,\"applied\":{\"motor\":{\"0\":{\"direction\":\"stop\","
		"\"speed\":5}}}}");
	assert_string_equal(f.answer->topic, "client/7/answers");
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	close_fixture(&f);
}

static void test_a_stop_on_an_outputs_own_topic_never_hurts(void **state)
{
	static const struct sent ROWS[] = {
		{.levels = "motor/0", .payload = "stop", .retained = true},
		{.levels = "motor/motor0", .payload = "off 5s", .retained = true},
		{.levels = "motor/0", .payload = "0% nonsense"},
		{.levels = "motor/9", .payload = "off"},
		{.levels = "led/red", .payload = "stop"},
		{.levels = "motor/0", .payload = "{\"direction\":\"stop\"}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct sent sent = ROWS[i];
		struct fixture f;

		open_fixture(&f);
		(void)say(&f, "motor/0", "forward");
		assert_true(map_rig_output(&f.rig, "GPIO5") == 1.0);
		sent.topic = TOPIC_OUTPUT;
		assert_non_null(strstr(route(&f, &sent), "{\"ok\":false,"));
		assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
		close_fixture(&f);
	}
}

static const char TOGGLE[] = "{\"id\":7,\"led\":{\"0\":{\"toggle\":true}}}";
static const char IS_ON[] =
	"{\"ok\":true,\"id\":7,\"applied\":{\"led\":{\"0\":{\"on\":true,\"bright\":10}}}}";

static void test_what_comes_again_is_not_carried_out_again(void **state)
{
	const struct sent again = {.payload = TOGGLE, .repeated = true};
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_string_equal(act(&f, TOGGLE), IS_ON);
	assert_string_equal(route(&f, &again), IS_ON);
	assert_true(map_rig_output(&f.rig, "GPIO17") == 1.0);
	/* Another message, and the same one sent anew, are carried out. */
	assert_non_null(strstr(route(&f,
				       &(struct sent){.payload = TOGGLE,
					       .repeated = true,
					       .correlation = "x",
					       .response_topic = "a"}),
		"\"on\":false"));
	assert_string_equal(act(&f, TOGGLE), IS_ON);
	/* A harmless action is carried out as often as it comes. */
	act(&f, "{\"led\":{\"0\":{\"on\":true}}}");
	act(&f, "{\"led\":{\"0\":{\"on\":false}}}");
	(void)route(
		&f, &(struct sent){.payload = "{\"led\":{\"0\":{\"on\":true}}}", .repeated = true});
	assert_true(map_rig_output(&f.rig, "GPIO17") == 1.0);
	close_fixture(&f);
}

static void test_what_may_be_older_than_the_process_is_refused_but_its_stops(void **state)
{
	const struct sent again = {.payload = TOGGLE, .repeated = true};
	const struct sent for_a_time = {
		.payload = "{\"led\":{\"0\":{\"on\":true,\"for\":9000}},\"motor\":\"stop\"}",
		.repeated = true};
	struct fixture f;

	(void)state;
	open_fixture(&f);
	act(&f, "{\"motor\":{\"direction\":\"forward\"}}");
	f.router.is_forgetful = true;
	assert_non_null(strstr(route(&f, &again), "send it anew"));
	assert_non_null(strstr(route(&f, &for_a_time), "send it anew"));
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	assert_true(map_rig_output(&f.rig, "GPIO17") == 0.0);
	/* It stays refused if it comes once more, on a later connection. */
	f.router.is_forgetful = false;
	assert_non_null(strstr(route(&f, &again), "send it anew"));
	assert_true(map_rig_output(&f.rig, "GPIO17") == 0.0);
	/* One that is known is answered, and its stop is carried out again. */
	act(&f, for_a_time.payload);
	act(&f, "{\"motor\":{\"direction\":\"forward\"}}");
	assert_non_null(
		strstr(route(&f, &(struct sent){.payload = for_a_time.payload, .repeated = true}),
			"\"ok\":true"));
	assert_true(map_rig_output(&f.rig, "GPIO5") == 0.0);
	close_fixture(&f);
}

static void test_a_reading_is_asked_for_once(void **state)
{
	static const char READ[] = "{\"id\":1,\"sensors\":{\"read\":true}}";
	static const char ANSWER[] =
		"{\"ok\":true,\"id\":1,\"applied\":{\"sensors\":{\"read\":true}}}";
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_non_null(strstr(act(&f, READ), "this gateway has no sensors"));
	f.rig.config->n_sensors = 1;
	assert_string_equal(act(&f, READ), ANSWER);
	assert_int_equal(f.reads, 1);
	assert_string_equal(route(&f, &(struct sent){.payload = READ, .repeated = true}), ANSWER);
	assert_int_equal(f.reads, 1);
	f.rig.config->n_sensors = 0;
	close_fixture(&f);
}

static void test_what_failed_is_not_tried_again_by_itself(void **state)
{
	const struct sent again = {
		.payload = "{\"led\":{\"green\":{\"toggle\":true}}}", .repeated = true};
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NO_ANSWER), 0);
	assert_non_null(strstr(act(&f, again.payload), "no answer"));
	assert_int_equal(sim_set_fault(f.rig.board, "board", SIM_FAULT_NONE), 0);
	assert_non_null(strstr(route(&f, &again), "could not be carried out whole then"));
	assert_true(map_rig_output(&f.rig, "board.3") == 0.0);
	close_fixture(&f);
}

static void test_the_answer_goes_where_the_sender_wants_it(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	route(&f,
		&(struct sent){.topic = TOPIC_ACTIONS,
			.payload = "{\"led\":{\"0\":{\"on\":true}}}",
			.response_topic = "client/7/answers",
			.correlation = "c-1"});
	assert_string_equal(f.answer->topic, "client/7/answers");
	assert_int_equal(f.answer->correlation_size, 3);
	assert_memory_equal(f.answer->correlation, "c-1", 3);
	close_fixture(&f);
}

static void test_a_response_topic_with_a_wildcard_is_no_topic(void **state)
{
	static const char *const topics[] = {"a/#", "#", "a/+", "+/b"};
	struct fixture f;

	(void)state;
	open_fixture(&f);
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		route(&f,
			&(struct sent){.topic = TOPIC_ACTIONS,
				.payload = "{\"led\":{\"0\":{\"on\":true}}}",
				.response_topic = topics[i],
				.correlation = "c"});
		assert_string_equal(f.answer->topic, "tos/actions/ack");
		assert_int_equal(f.answer->correlation_size, 0);
	}
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_topics_and_their_order),
		cmocka_unit_test(test_an_action_is_written_and_answered),
		cmocka_unit_test(test_brightness_is_remembered_while_off),
		cmocka_unit_test(test_motor_words),
		cmocka_unit_test(test_a_mistake_changes_nothing),
		cmocka_unit_test(test_a_failed_write_tells_what_was_applied_before),
		cmocka_unit_test(test_a_stop_does_not_wait_for_what_fails),
		cmocka_unit_test(test_every_stop_is_tried_whatever_became_of_the_one_before),
		cmocka_unit_test(test_retained_is_refused_on_all_topics),
		cmocka_unit_test(test_a_misspelled_topic_is_answered_with_the_right_one),
		cmocka_unit_test(test_a_message_without_payload_is_not_answered),
		cmocka_unit_test(test_the_health_of_another_gateway_is_not_answered),
		cmocka_unit_test(test_the_interval_as_text),
		cmocka_unit_test(test_leds_as_text),
		cmocka_unit_test(test_an_outputs_own_topic_takes_plain_text),
		cmocka_unit_test(test_a_stop_on_an_outputs_own_topic_never_hurts),
		cmocka_unit_test(test_what_comes_again_is_not_carried_out_again),
		cmocka_unit_test(test_what_may_be_older_than_the_process_is_refused_but_its_stops),
		cmocka_unit_test(test_a_reading_is_asked_for_once),
		cmocka_unit_test(test_what_failed_is_not_tried_again_by_itself),
		cmocka_unit_test(test_the_answer_goes_where_the_sender_wants_it),
		cmocka_unit_test(test_a_response_topic_with_a_wildcard_is_no_topic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
