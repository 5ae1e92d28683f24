/* SPDX-License-Identifier: MIT */
#include "announced.h"
#include "discovery_list.h"
#include "map_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool has(const struct announced *announced, const char *text)
{
	return announced_has(announced, &(struct announced_line){text, strlen(text)});
}

static void lines_are_found_as_a_whole(void **state)
{
	struct announced list = {.text = NULL};

	(void)state;
	assert_false(has(&list, "topic a"));
	announced_add(&list, "topic %s", "a/b");
	announced_add(&list, "topic %s", "a");
	assert_true(has(&list, "topic a"));
	assert_true(has(&list, "topic a/b"));
	assert_false(has(&list, "topic"));
	assert_false(has(&list, "opic a"));
	assert_false(has(&list, "topic a/"));
	announced_clear(&list);
	assert_null(list.text);
}

static void a_merge_adds_what_is_missing(void **state)
{
	struct announced one = {.text = NULL}, other = {.text = NULL};
	struct announced_line line;
	size_t at = 0, n = 0;

	(void)state;
	announced_add(&one, "topic a");
	announced_add(&other, "topic b");
	announced_add(&other, "topic a");
	announced_merge(&one, &other);
	announced_merge(&one, &other);
	while (announced_next(&one, &at, &line))
		n++;
	assert_int_equal(n, 2);
	assert_true(has(&one, "topic b"));
	announced_move(&one, &other);
	assert_int_equal(one.size, strlen("topic b\ntopic a\n"));
	assert_null(other.text);
	announced_clear(&one);
}

static void what_does_not_fit_is_noted(void **state)
{
	struct announced list = {.text = NULL};
	char *text = malloc(2000);

	(void)state;
	memset(text, 'x', 1999);
	text[1999] = '\0';
	announced_add(&list, "topic %s", text);
	assert_true(list.is_cut);
	assert_int_equal(list.size, 0);
	free(text);
}

enum { SENSORS = CONFIG_SENSORS_MAX };

struct seen {
	size_t messages, largest;
	char last_topic[TOPIC_MAX];
};

static void put(void *userdata, const char *topic, const char *text, size_t size)
{
	struct seen *seen = userdata;

	assert_int_equal(strlen(text), size);
	assert_string_not_equal(topic, seen->last_topic);
	(void)strcpy(seen->last_topic, topic);
	seen->messages++;
	seen->largest = size > seen->largest ? size : seen->largest;
}

/* The largest map, whatever a message has room for: each entity is in one message, and the list
 * says in which. */
static void no_entity_is_lost_between_messages(void **state)
{
	static const size_t ROOMS[] = {1500, 4000, 32 * 1024};
	struct home_assistant ha = {.id = "0123456789abcdef", .version = "1"};
	char *map = NULL, *text = malloc(32 * 1024);
	size_t size = 0;
	FILE *out = open_memstream(&map, &size);
	struct config *config;

	(void)state;
	fputs("chips: {adc: {driver: mcp3208, bus: /dev/spidev0.0}}\nsensors:\n", out);
	for (int i = 0; i < SENSORS; i++)
		fprintf(out, "  sensor_%d: {from: adc.%d}\n", i, i % 8);
	fputs("motors: [{forward: GPIO5, backward: GPIO6}]\n", out);
	fclose(out);
	config = map_load(map);
	config->mqtt.discovery = strdup("prefix");
	ha.config = config;
	for (size_t i = 0; i < sizeof(ROOMS) / sizeof(*ROOMS); i++) {
		struct announced list = {.text = NULL};
		struct seen seen = {.messages = 0};
		struct announced_line line;
		size_t n = 0, at = 0;

		assert_int_equal(discovery_list_configs(&ha, text, ROOMS[i], &list, put, &seen), 0);
		assert_true(seen.largest < ROOMS[i]);
		while (announced_next(&list, &at, &line))
			n += strncmp(line.text, "entity sensor_sensor_", 21) == 0;
		assert_int_equal(n, SENSORS);
		assert_true(seen.messages > 1);
		announced_clear(&list);
	}
	config_free(config);
	free(map);
	free(text);
}

static void an_entity_without_room_is_left_out(void **state)
{
	struct home_assistant ha = {.id = "0123456789abcdef", .version = "1"};
	struct config *config = map_load("motors: [{forward: GPIO5, backward: GPIO6}]\n");
	struct announced list = {.text = NULL};
	struct home_assistant_entity entity;
	struct home_assistant_place place = {0, 0};
	char text[700];
	size_t n = 0, left_out;

	(void)state;
	config->mqtt.discovery = strdup("prefix");
	ha.config = config;
	while (home_assistant_next(config, &place, &entity))
		n++;
	assert_int_equal(discovery_list_configs(&ha, text, 1, &list, NULL, NULL), n);
	assert_int_equal(list.size, 0);
	/* A motor's templates are long; others are there. */
	left_out = discovery_list_configs(&ha, text, sizeof(text), &list, NULL, NULL);
	assert_true(left_out > 0 && left_out < n);
	assert_null(memmem(list.text, list.size, "motor_", strlen("motor_")));
	announced_clear(&list);
	config_free(config);
}

static void the_topics_are_those_that_are_retained(void **state)
{
	struct config *config = map_load("chips:\n"
					 "  door: {driver: switch, line: GPIO23}\n"
					 "  bell: {driver: button, line: GPIO24}\n"
					 "relays:\n"
					 "  - {name: pump, line: GPIO26, topic: true}\n"
					 "  - {name: lamp, line: GPIO22}\n");
	struct announced list = {.text = NULL};

	(void)state;
	discovery_list_topics(config, &list);
	announced_add(&list, "end");
	list.text[list.size - 1] = '\0';
	assert_string_equal(list.text,
		"topic tos/status\ntopic tos/state\ntopic tos/health\ntopic tos/about\n"
		"topic tos/state/input/door\ntopic tos/state/relay/pump\nend");
	announced_clear(&list);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_found_as_a_whole),
		cmocka_unit_test(a_merge_adds_what_is_missing),
		cmocka_unit_test(what_does_not_fit_is_noted),
		cmocka_unit_test(no_entity_is_lost_between_messages),
		cmocka_unit_test(an_entity_without_room_is_left_out),
		cmocka_unit_test(the_topics_are_those_that_are_retained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
