/* SPDX-License-Identifier: MIT */
#include "fake_config.h"
#include "payload.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 64 * 1024 };

static const struct payload_gateway GATEWAY = {"1.2.3", "0123456789abcdef", "a \"board\""};

static char text[TEXT_MAX];

static void init(struct fake_config *fake)
{
	static char root[] = "tos";

	fake_config_init(fake);
	fake->config.mqtt.topic = root;
}

static void assert_has(const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s\nis not in\n%s", part, text);
}

static int format(const struct config *config, size_t bytes)
{
	return payload_format_about(config, &GATEWAY, text, bytes);
}

static void the_gateway_comes_first(void **state)
{
	static const char BEGIN[] =
		"{\"schema\":1,\"version\":\"1.2.3\",\"instance\":\"0123456789abcdef\","
		"\"board\":\"a \\\"board\\\"\",\"root\":\"tos\","
		"\"interval\":{\"min\":20,\"max\":3600000},\"inputs\":{},\"outputs\":{\"led\":[";
	struct fake_config fake;
	int size;

	(void)state;
	init(&fake);
	size = format(&fake.config, sizeof(text));
	assert_int_equal(size, strlen(text));
	assert_memory_equal(text, BEGIN, sizeof(BEGIN) - 1);
}

static void a_sensor_is_what_its_part_says(void **state)
{
	struct fake_config fake;

	(void)state;
	init(&fake);
	assert_true(format(&fake.config, sizeof(text)) > 0);
	assert_has("\"cut\":false,\"sensors\":{\"temp\":{\"quantity\":\"temperature\","
		   "\"unit\":\"°C\",\"decimals\":0,\"min\":-40,\"max\":85},");
	/* A count has no unit. */
	assert_has("\"cds\":{\"quantity\":\"raw\",\"decimals\":0,\"min\":0,\"max\":4095}");
}

static void the_maps_words_win(void **state)
{
	struct fake_config fake;
	struct config_sensor *temp = &fake.sensors[FAKE_TEMP];

	(void)state;
	init(&fake);
	temp->label = (char[]){"거실"};
	temp->class = (char[]){"heat"};
	temp->unit = (char[]){"K"};
	temp->min = 0;
	temp->max = 1000; /* more than the part can */
	assert_true(format(&fake.config, sizeof(text)) > 0);
	assert_has("\"temp\":{\"label\":\"거실\",\"quantity\":\"heat\",\"unit\":\"K\","
		   "\"decimals\":0,\"min\":0,\"max\":85}");
}

static void a_scale_makes_something_else_of_it(void **state)
{
	static struct config_point points[] = {{0, 0}, {100, 1}};
	struct fake_config fake;

	(void)state;
	init(&fake);
	fake.sensors[FAKE_CDS].scale = -2;
	fake.sensors[FAKE_CDS].offset = 10;
	fake.sensors[FAKE_TEMP].offset = 0.4;
	fake.sensors[FAKE_HUMI].calibrate = points;
	fake.sensors[FAKE_HUMI].n_calibrate = 2;
	fake.sensors[FAKE_SOUND].sampling = sampling_find("peak_to_peak");
	assert_true(format(&fake.config, sizeof(text)) > 0);
	assert_has("\"cds\":{\"decimals\":0,\"min\":-8180,\"max\":10}");
	assert_has("\"temp\":{\"quantity\":\"temperature\",\"unit\":\"°C\",\"decimals\":0,"
		   "\"min\":-40,\"max\":85}");
	assert_has("\"humi\":{\"decimals\":1}");
	assert_has("\"sound\":{\"quantity\":\"raw\",\"decimals\":2}");
}

static void what_is_derived_has_its_own_unit_or_that_of_its_sources(void **state)
{
	static size_t of[] = {FAKE_TEMP, FAKE_HUMI}, same[] = {FAKE_TEMP, FAKE_TEMP};
	struct fake_config fake;
	struct config_sensor *cds = &fake.sensors[FAKE_CDS], *sound = &fake.sensors[FAKE_SOUND];

	(void)state;
	init(&fake);
	cds->derived = derived_find("dew_point");
	sound->derived = derived_find("mean");
	cds->of = sound->of = of;
	cds->n_of = sound->n_of = 2;
	assert_true(format(&fake.config, sizeof(text)) > 0);
	assert_has("\"cds\":{\"quantity\":\"temperature\",\"unit\":\"°C\",\"decimals\":0}");
	assert_has("\"sound\":{\"decimals\":2}"); /* of degrees and percent */
	sound->of = same;
	assert_true(format(&fake.config, sizeof(text)) > 0);
	assert_has("\"sound\":{\"quantity\":\"temperature\",\"unit\":\"°C\",\"decimals\":2}");
}

/* Every kind of the table, with all its keys and nothing that no action takes. */
static void outputs_are_what_the_tables_say(void **state)
{
	const enum port_type ports[OUTPUT_PORTS_MAX] = {PORT_NONE};
	struct fake_config fake;

	(void)state;
	init(&fake);
	fake_config_clear_outputs(&fake);
	for (size_t i = 0; output_kind_table[i]; i++)
		fake_config_add(&fake, output_kind_table[i]->word, "one");
	assert_true(format(&fake.config, sizeof(text)) > 0);
	for (size_t i = 0; output_kind_table[i]; i++) {
		const struct output_kind *kind = output_kind_table[i];
		char part[128];
		const char *at;

		(void)snprintf(part, sizeof(part),
			"\"%s\":[{\"name\":\"one\",\"nature\":\"%s\",%s\"modifiers\":[\"for\"%s",
			kind->word, kind->nature, kind->moves ? "\"moves\":true," : "",
			output_toggle_key(kind) >= 0 ? ",\"toggle\"" : "");
		assert_has(part);
		at = strstr(text, part);
		for (size_t k = 0; k < kind->n_keys; k++) {
			const struct output_key *key = &kind->keys[k];

			(void)snprintf(part, sizeof(part), "\"%s\":{\"type\":", key->name);
			if (!key->is_hidden && output_key_is_there(kind, k, ports))
				at = at ? strstr(at, part) : NULL;
			if (!at)
				fail_msg("%s of %s is not there", part, kind->word);
		}
	}
	assert_has("\"bright\":{\"type\":\"integer\",\"min\":1,\"max\":10}");
	assert_has("\"direction\":{\"type\":\"choice\",\"choices\":[\"forward\",\"backward\","
		   "\"stop\"]}");
}

/* The ends of an angle are the map's. */
static void narrow(const double *params, size_t key, struct output_range *range)
{
	assert_int_equal(key, 0);
	range->max = (int)(10 * params[0]);
}

static void a_key_has_the_range_of_its_output(void **state)
{
	static const struct output_key KEYS[] = {
		{.name = "angle", .type = OUTPUT_KEY_NUMBER, .decimals = 1, .min = -5, .max = 3600},
		{.name = "color", .type = OUTPUT_KEY_COLOR},
		{.name = "on", .type = OUTPUT_KEY_BOOL, .is_hidden = true},
	};
	static const struct output_kind KIND = {
		.nature = "test", .keys = KEYS, .n_keys = 3, .narrow = narrow};
	struct fake_config fake;

	(void)state;
	init(&fake);
	fake.outputs[0].kind = &KIND;
	fake.outputs[0].params[0] = 90.5;
	assert_true(format(&fake.config, sizeof(text)) > 0);
	assert_has("\"nature\":\"test\",\"modifiers\":[\"for\"],\"keys\":{\"angle\":{\"type\":"
		   "\"number\","
		   "\"decimals\":1,\"min\":-0.5,\"max\":90.5},\"color\":{\"type\":\"color\"}}}");
}

/* A fade needs more than on and off, and nothing that must be off first. */
static void modifiers_are_those_that_the_output_takes(void **state)
{
	struct fake_config fake;
	struct config_output *led;

	(void)state;
	init(&fake);
	led = &fake.outputs[0];
	led->ports[0].type = PORT_LINE;
	assert_true(format(&fake.config, sizeof(text)) > 0);
	assert_has("\"modifiers\":[\"for\",\"toggle\"],\"keys\"");
	led->ports[0].type = PORT_CHIP_PWM;
	assert_true(format(&fake.config, sizeof(text)) > 0);
	assert_has("\"modifiers\":[\"for\",\"toggle\",\"fade\"],\"keys\"");
	led->interlock = (char[]){"lamp"};
	assert_true(format(&fake.config, sizeof(text)) > 0);
	assert_has("\"modifiers\":[\"for\",\"toggle\"],\"keys\"");
}

static void inputs_have_their_words(void **state)
{
	struct fake_config fake;

	(void)state;
	init(&fake);
	fake.config.n_sensors = 0;
	fake.chips[FAKE_ADC] =
		(struct config_chip){.name = (char[]){"sensors"}, .driver = driver_find("switch")};
	assert_true(format(&fake.config, sizeof(text)) > 0);
	assert_has("\"inputs\":{\"sensors\":{\"part\":\"switch\",\"events\":[0,1]}}");
}

static void sensors_are_left_out_where_there_is_no_room(void **state)
{
	struct fake_config fake;
	size_t whole, size;
	char *cut;

	(void)state;
	init(&fake);
	fake.sensors[FAKE_TEMP].label = (char[]){",\"cut\":false,\"sensors\":{"};
	fake.sensors[FAKE_HUMI].name = (char[]){"sensors"};
	fake.sensors[FAKE_CDS].name = (char[]){"cut"};
	fake.chips[FAKE_CLIMATE].name = (char[]){"cut"};
	fake.chips[FAKE_ADC].name = (char[]){"sensors"};
	fake.chips[FAKE_CLIMATE].driver = fake.chips[FAKE_ADC].driver = driver_find("switch");
	for (size_t i = 0; i < FAKE_SENSORS; i++)
		fake.sensors[i].channel = 0;
	whole = size = (size_t)format(&fake.config, sizeof(text));
	assert_true(payload_cut_about(text, &size));
	cut = strndup(text, size);
	assert_string_equal(cut + size - 11, "\"cut\":true}");
	assert_null(strstr(cut, "temp"));
	/* The same is made at once where that is known. */
	for (size_t bytes = 0; bytes <= whole + 1; bytes++) {
		int r = format(&fake.config, bytes);

		if (bytes <= size)
			assert_int_equal(r, -ENOBUFS);
		else if (bytes <= whole)
			assert_string_equal(text, cut);
		else
			assert_int_equal(r, whole);
	}
	size = strlen(cut);
	assert_false(payload_cut_about(cut, &size)); /* twice is once */
	free(cut);
}

/* Whatever a map holds, its outputs are told. */
static void the_largest_map_fits(void **state)
{
	static char name[] = "123456789-123456789-123456789-123456789-123456789-123456789-123";
	struct fake_config fake;

	(void)state;
	for (size_t i = 0; output_kind_table[i]; i++) {
		init(&fake);
		fake_config_clear_outputs(&fake);
		for (size_t n = 0; n < output_kind_table[i]->max && n < CONFIG_OUTPUTS_MAX; n++)
			fake_config_add(&fake, output_kind_table[i]->word, name);
		assert_true(format(&fake.config, sizeof(text)) > 0);
		assert_has("\"cut\":false");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_gateway_comes_first),
		cmocka_unit_test(a_sensor_is_what_its_part_says),
		cmocka_unit_test(the_maps_words_win),
		cmocka_unit_test(a_scale_makes_something_else_of_it),
		cmocka_unit_test(what_is_derived_has_its_own_unit_or_that_of_its_sources),
		cmocka_unit_test(outputs_are_what_the_tables_say),
		cmocka_unit_test(a_key_has_the_range_of_its_output),
		cmocka_unit_test(modifiers_are_those_that_the_output_takes),
		cmocka_unit_test(inputs_have_their_words),
		cmocka_unit_test(sensors_are_left_out_where_there_is_no_room),
		cmocka_unit_test(the_largest_map_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
