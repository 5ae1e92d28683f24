/* SPDX-License-Identifier: MIT */
/* The writer of Home Assistant's messages; whether they keep its rules is tested on real ones. */
#include "fake_config.h"
#include "home_assistant.h"
#include "home_assistant_internal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char text[64 * 1024];

static void init(struct fake_config *fake)
{
	static char root[] = "tos", name[] = "Green House";

	fake_config_init(fake);
	fake->config.mqtt.topic = root;
	fake->config.device.name = name;
}

static int format(const struct config *config, size_t bytes)
{
	const struct home_assistant ha = {
		.config = config, .id = "0123456789abcdef", .version = "1.2.3"};
	struct home_assistant_place place = {0, 0};

	return home_assistant_format(&ha, &place, text, bytes);
}

static void assert_has(const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s\nis not in\n%s", part, text);
}

static void the_device_comes_first(void **state)
{
	static const char BEGIN[] =
		"{\"dev\":{\"ids\":[\"0123456789abcdef\"],\"name\":\"Green House\","
		"\"mf\":\"tos-gateway\",\"sw\":\"1.2.3\"},"
		"\"o\":{\"name\":\"tos-gateway\",\"sw\":\"1.2.3\"},"
		"\"avty\":[{\"t\":\"tos/status\"}],\"cmps\":{\"gateway_interval\":{\"p\":";
	struct fake_config fake;
	int size;

	(void)state;
	init(&fake);
	size = format(&fake.config, sizeof(text));
	assert_int_equal(size, strlen(text));
	assert_memory_equal(text, BEGIN, sizeof(BEGIN) - 1);
	fake.config.device.area = (char[]){"Garden"};
	assert_true(format(&fake.config, sizeof(text)) > 0);
	assert_has(",\"sw\":\"1.2.3\",\"sa\":\"Garden\"},");
}

static void names_are_the_maps_and_labels_are_shown(void **state)
{
	struct fake_config fake;

	(void)state;
	init(&fake);
	fake.sensors[FAKE_TEMP].label = (char[]){"거실 \"1\""};
	assert_true(format(&fake.config, sizeof(text)) > 0);
	assert_has("\"sensor_temp\":{\"p\":\"sensor\",\"uniq_id\":\"0123456789abcdef_sensor_temp\","
		   "\"def_ent_id\":\"sensor.green_house_temp\",\"qos\":1,"
		   "\"name\":\"거실 \\\"1\\\"\",");
}

static void a_place_goes_through_all_entities(void **state)
{
	struct fake_config fake;
	struct home_assistant_entity entity;
	struct home_assistant_place place = {0, 0};
	size_t sensors = 0, others = 0;

	(void)state;
	init(&fake);
	while (home_assistant_next(&fake.config, &place, &entity)) {
		if (strncmp(entity.key, "sensor_", 7) == 0)
			sensors++;
		else
			others++;
		assert_non_null(entity.platform);
	}
	assert_int_equal(sensors, FAKE_SENSORS);
	assert_true(others > fake.config.n_outputs);
	assert_false(home_assistant_next(&fake.config, &place, &entity));
}

static void every_kind_of_output_becomes_something(void **state)
{
	struct fake_config fake;
	char key[HOME_ASSISTANT_KEY_BYTES];

	(void)state;
	init(&fake);
	fake_config_clear_outputs(&fake);
	for (size_t i = 0; output_kind_table[i]; i++)
		fake_config_add(&fake, output_kind_table[i]->word, "it");
	assert_true(format(&fake.config, sizeof(text)) > 0);
	for (size_t i = 0; output_kind_table[i]; i++) {
		(void)snprintf(key, sizeof(key), "\"%s_it\":{\"p\":", output_kind_table[i]->word);
		assert_has(key);
	}
}

static void what_does_not_fit_comes_in_the_next(void **state)
{
	struct fake_config fake;
	struct home_assistant ha = {.id = "0123456789abcdef", .version = "1"};
	struct home_assistant_place place = {0, 0};
	size_t messages = 0;
	int size;

	(void)state;
	init(&fake);
	ha.config = &fake.config;
	assert_int_equal(home_assistant_format(&ha, &place, text, 100), -ENOBUFS);
	assert_int_equal(home_assistant_format(&ha, &place, text, 1), -ENOBUFS);
	while ((size = home_assistant_format(&ha, &place, text, 2000)) != 0) {
		assert_true(size > 0 && size < 2000);
		assert_string_equal(text + size - 3, "}}}");
		messages++;
	}
	assert_true(messages > 3);
}

static void a_removal_names_the_platform_alone(void **state)
{
	const struct home_assistant_entity gone[] = {{"a", "sensor"}, {"b", "light"}};
	struct fake_config fake;
	struct home_assistant ha = {.id = "0123456789abcdef", .version = "1"};
	int size;

	(void)state;
	init(&fake);
	ha.config = &fake.config;
	size = home_assistant_format_removal(&ha, gone, 2, text, sizeof(text));
	assert_int_equal(size, strlen(text));
	assert_has(",\"cmps\":{\"a\":{\"p\":\"sensor\"},\"b\":{\"p\":\"light\"}}}");
	assert_int_equal(home_assistant_format_removal(&ha, gone, 2, text, 100), -ENOBUFS);
}

static void a_class_is_known_with_its_units_alone(void **state)
{
	(void)state;
	assert_string_equal(home_assistant_class("temperature", "°C"), "temperature");
	assert_string_equal(home_assistant_class("illuminance", "lx"), "illuminance");
	assert_null(home_assistant_class("temperature", "lx"));
	assert_null(home_assistant_class("temperature", NULL));
	assert_null(home_assistant_class(NULL, "lx"));
	assert_null(home_assistant_class("count", "pulses"));
	assert_true(home_assistant_class_is_total("water"));
	assert_false(home_assistant_class_is_total("temperature"));
	assert_false(home_assistant_class_is_total(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_device_comes_first),
		cmocka_unit_test(names_are_the_maps_and_labels_are_shown),
		cmocka_unit_test(a_place_goes_through_all_entities),
		cmocka_unit_test(every_kind_of_output_becomes_something),
		cmocka_unit_test(what_does_not_fit_comes_in_the_next),
		cmocka_unit_test(a_removal_names_the_platform_alone),
		cmocka_unit_test(a_class_is_known_with_its_units_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
