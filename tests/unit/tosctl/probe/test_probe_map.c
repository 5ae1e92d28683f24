/* SPDX-License-Identifier: MIT */
/* The map of what was found has no mistakes, whatever was found. */
#include "probe_rig.h"

#include "map.h"
#include "save.h"
#include "temp_tree.h"

#include <ctype.h>

static char *map_of(struct probe_rig *rig)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	probe_rig_look(rig);
	probe_write_map(rig->found, &rig->options.mqtt, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* Loads the text; NULL with its mistakes printed. */
static struct config *load(const char *text)
{
	static const struct host host = {.name = "pi", .id = "0123456789ab"};
	struct temp_tree tree = temp_tree_new();
	struct config *config = NULL;
	struct diag *diag = NULL;

	temp_tree_write(&tree, "map.yaml", text);
	assert_int_equal(diag_new("map.yaml", &diag), 0);
	(void)config_load(temp_tree_path(&tree, "map.yaml"), &host, diag, &config);
	if (!config) {
		diag_print(diag, stderr);
		print_error("%s", text);
	}
	diag_free(diag);
	temp_tree_free(&tree);
	return config;
}

/* With every row that only looks like the part: a "#" before two blanks, or before a section. */
static void uncomment(char *text)
{
	char *to = text;

	for (const char *line = text; *line;) {
		const char *end = strchr(line, '\n') + 1;

		if (line[0] == '#' &&
			(strncmp(line, "#  ", 3) == 0 || islower((unsigned char)line[1])))
			line++;
		memmove(to, line, (size_t)(end - line));
		to += end - line;
		line = end;
	}
	*to = '\0';
}

static size_t count_measured(const struct config *config, const char *driver)
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_sensors; i++)
		n += strcmp(config->chips[config->sensors[i].chip].driver->name, driver) == 0;
	return n;
}

/* Each part of the table, alone on a board. */
static void every_part_of_i2c_comes_into_a_good_map(void **state)
{
	struct probe_rig *rig = *state;

	for (const struct driver *const *at = driver_table; *at; at++) {
		const struct driver *driver = *at;
		struct config *config;
		char *text;

		if (driver->bus != DRIVER_BUS_I2C)
			continue;
		probe_rig_add(rig, "part", driver->name, "/dev/i2c-1", driver->addresses[0]);
		text = map_of(rig);
		config = load(text);
		assert_non_null(config);
		assert_int_equal(config->n_chips,
			probe_state_of(cJSON_GetObjectItemCaseSensitive(
				cJSON_GetObjectItemCaseSensitive(rig->found, "i2c")->child, "parts")
					       ->child) == PROBE_FOUND);
		config_free(config);

		uncomment(text);
		config = load(text);
		if (!config)
			fail_msg("%s", driver->name);
		assert_int_equal(config->n_chips, 1);
		assert_int_equal(config->chips[0].address, driver->addresses[0]);
		if (driver->n_channels > 0)
			assert_true(count_measured(config, config->chips[0].driver->name) > 0);
		config_free(config);
		free(text);
		assert_int_equal(sim_remove_part(rig->probe.board, "part"), 0);
	}
}

static void many_parts_have_names_of_their_own(void **state)
{
	struct probe_rig *rig = *state;
	struct config *config;
	char *text;

	probe_rig_add(rig, "a", "bme280", "/dev/i2c-1", 0x76);
	probe_rig_add(rig, "b", "bme280", "/dev/i2c-1", 0x77);
	probe_rig_add(rig, "c", "bme280", "/dev/i2c-3", 0x77);
	probe_rig_add(rig, "d", "ads1115", "/dev/i2c-1", 0x48);
	probe_rig_add(rig, "e", "ads1115", "/dev/i2c-1", 0x49);
	probe_rig_add(rig, "f", "pca9685", "/dev/i2c-1", 0x40);
	probe_rig_add(rig, "g", "hwmon", "cpu_thermal", 0);
	probe_rig_add(rig, "h", "hwmon", "1-004a", 0);
	probe_rig_add(rig, "i", "iio", "28-01:2", 0);
	text = map_of(rig);
	config = load(text);
	assert_non_null(config);
	assert_int_equal(config->n_chips, 7);
	assert_string_equal(config->sensors[0].name, "temperature");
	config_free(config);
	uncomment(text);
	config = load(text);
	assert_non_null(config);
	assert_int_equal(config->n_chips, 9);
	assert_int_equal(count_measured(config, "ads1115"), 8);
	assert_int_equal(config->outputs_of[0].n > 0, true);
	config_free(config);
	free(text);
}

static void a_board_with_nothing_has_a_good_map_too(void **state)
{
	struct config *config;
	char *text = map_of(*state);

	config = load(text);
	assert_non_null(config);
	assert_int_equal(config->n_chips + config->n_sensors + config->n_outputs, 0);
	config_free(config);
	free(text);
}

static void nothing_of_a_held_wire_is_written(void **state)
{
	struct probe_rig *rig = *state;
	char *text;

	probe_rig_add(rig, "a", "bh1750", "/dev/i2c-1", 0x23);
	assert_int_equal(sim_set_fault(rig->probe.board, "/dev/i2c-1", SIM_FAULT_HELD_SDA), 0);
	text = map_of(rig);
	assert_null(strstr(text, "/dev/i2c-1"));
	free(text);
}

/* The examples name chips of the map. */
static void each_pwm_part_has_an_example(void **state)
{
	struct probe_rig *rig = *state;
	struct config *config;
	char *text;

	probe_rig_add(rig, "a", "pca9685", "/dev/i2c-1", 0x40);
	probe_rig_add(rig, "b", "pca9685", "/dev/i2c-1", 0x41);
	text = map_of(rig);
	assert_non_null(strstr(text, "#  - {name: lamp_pca9685, pwm: pca9685.0}\n"));
	assert_non_null(strstr(text, "#  - {name: lamp_pca9685_2, pwm: pca9685_2.0}\n"));
	uncomment(text);
	config = load(text);
	assert_non_null(config);
	config_free(config);
	free(text);
}

static void the_broker_is_written_and_no_password(void **state)
{
	static char url[] = "mqtts://[::1]:8883", topic[] = "home/at tic", user[] = "me: \"x\" #1",
		    *urls[] = {url};
	struct probe_rig *rig = *state;
	struct config *config;
	char *text;

	rig->options.mqtt.urls = urls;
	rig->options.mqtt.topic = topic;
	rig->options.mqtt.username = user;
	rig->options.password = "sesame";
	text = map_of(rig);
	assert_null(strstr(text, "sesame"));
	assert_non_null(strstr(text, "/etc/credstore/tosd.mqtt-password"));
	config = CONFIG_HAS_TLS ? load(text) : NULL;
	if (config) {
		assert_string_equal(config->mqtt.urls[0], url);
		assert_string_equal(config->mqtt.topic, topic);
		assert_string_equal(config->mqtt.username, user);
	}
	assert_true(config || !CONFIG_HAS_TLS);
	config_free(config);
	free(text);
}

static void the_parts_of_a_running_map_keep_their_names(void **state)
{
	struct probe_rig *rig = *state;
	char name[] = "climate", bus[] = "/dev/i2c-1";
	struct config_chip chip = {
		.name = name, .driver = driver_find("bme280"), .bus = bus, .address = 0x76};
	const struct config running = {.chips = &chip, .n_chips = 1};
	struct config *config;
	char *text;

	probe_rig_add(rig, "a", "bme280", "/dev/i2c-1", 0x76);
	rig->probe.is_running = true;
	rig->probe.running = &running;
	text = map_of(rig);
	config = load(text);
	assert_non_null(config);
	assert_string_equal(config->chips[0].name, "climate");
	assert_int_equal(config->n_sensors, 3);
	config_free(config);
	free(text);
}

static void a_map_with_a_mistake_is_not_saved(void **state)
{
	struct temp_tree tree = temp_tree_new();
	char path[PATH_MAX];
	bool is_same;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s", temp_tree_path(&tree, "map.yaml"));
	assert_int_equal(probe_save(path, "chips: 1\n", 9, true, &is_same), -1);
	assert_int_equal(access(path, F_OK), -1);
	temp_tree_free(&tree);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, probe_rig_setup, probe_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_part_of_i2c_comes_into_a_good_map),
		TEST(many_parts_have_names_of_their_own),
		TEST(a_board_with_nothing_has_a_good_map_too),
		TEST(nothing_of_a_held_wire_is_written),
		TEST(each_pwm_part_has_an_example),
		TEST(the_broker_is_written_and_no_password),
		TEST(the_parts_of_a_running_map_keep_their_names),
		cmocka_unit_test(a_map_with_a_mistake_is_not_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
