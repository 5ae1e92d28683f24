/* SPDX-License-Identifier: MIT */
/* Tests which parts are found on a board, and which are not touched. */
#include "probe_rig.h"

#include "i2c_alone.h"

static void parts_that_say_what_they_are_are_found(void **state)
{
	struct probe_rig *rig = *state;
	const cJSON *item;

	probe_rig_add(rig, "a", "bme280", "/dev/i2c-1", 0x77);
	probe_rig_add(rig, "b", "pca9685", "/dev/i2c-1", 0x41);
	probe_rig_add(rig, "c", "sht4x", "/dev/i2c-1", 0x44);
	probe_rig_add(rig, "d", "si7021", "/dev/i2c-1", 0x40); /* refuses to be read */
	probe_rig_look(rig);
	item = probe_rig_item(rig, "i2c", "0x77");
	assert_int_equal(probe_state_of(item), PROBE_FOUND);
	assert_non_null(strstr(probe_rig_text(item, "words"), "bme280"));
	assert_int_equal(probe_state_of(probe_rig_item(rig, "i2c", "0x41")), PROBE_FOUND);
	assert_int_equal(probe_state_of(probe_rig_item(rig, "i2c", "0x44")), PROBE_FOUND);
	assert_int_equal(probe_state_of(probe_rig_item(rig, "i2c", "0x40")), PROBE_FOUND);
	assert_null(probe_rig_item(rig, "i2c", "0x42"));
}

static void others_are_only_likely(void **state)
{
	struct probe_rig *rig = *state;
	const cJSON *item;

	probe_rig_add(rig, "a", "ads1015", "/dev/i2c-1", 0x49);
	probe_rig_add(rig, "b", "bh1750", "/dev/i2c-1", 0x23);
	probe_rig_look(rig);
	item = probe_rig_item(rig, "i2c", "0x49");
	assert_int_equal(probe_state_of(item), PROBE_MAYBE);
	assert_string_equal(probe_rig_text(item, "words"),
		"looks like ads1115 or ads1015, which cannot be told for certain");
	item = probe_rig_item(rig, "i2c", "0x23");
	assert_int_equal(probe_state_of(item), PROBE_MAYBE);
	assert_non_null(strstr(probe_rig_text(item, "words"), "it may be bh1750"));
}

static void nothing_is_asked_where_it_could_harm(void **state)
{
	struct probe_rig *rig = *state;

	probe_rig_add(rig, "eeprom", "pca9685", "/dev/i2c-1", 0x50);
	probe_rig_add(rig, "clock", "pca9685", "/dev/i2c-1", 0x68);
	probe_rig_look(rig);
	for (uint16_t address = 0; address < 128; address++)
		assert_int_equal(rig->is_asked[address], i2c_alone_address(address) == NULL);
	assert_null(probe_rig_item(rig, "i2c", "0x50"));
	assert_string_equal(
		probe_rig_text(probe_rig_item(rig, "i2c", "0x50-0x57"), "state"), "left alone");
}

static void a_held_wire_is_no_part(void **state)
{
	struct probe_rig *rig = *state;
	const cJSON *bus;

	probe_rig_add(rig, "a", "bme280", "/dev/i2c-1", 0x77);
	assert_int_equal(sim_set_fault(rig->probe.board, "/dev/i2c-1", SIM_FAULT_HELD_SDA), 0);
	probe_rig_look(rig);
	bus = probe_rig_item(rig, "i2c", "/dev/i2c-1");
	assert_int_equal(probe_state_of(bus), PROBE_FAULT);
	assert_non_null(strstr(probe_rig_text(bus, "words"), "SDA is held low"));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(bus, "parts")), 0);
}

static void a_bus_that_hangs_is_asked_once(void **state)
{
	struct probe_rig *rig = *state;
	const cJSON *bus;

	probe_rig_add(rig, "a", "bme280", "/dev/i2c-1", 0x77);
	assert_int_equal(sim_set_fault(rig->probe.board, "/dev/i2c-1", SIM_FAULT_STUCK), 0);
	probe_rig_look(rig);
	bus = probe_rig_item(rig, "i2c", "/dev/i2c-1");
	assert_int_equal(probe_state_of(bus), PROBE_FAULT);
	assert_non_null(strstr(probe_rig_text(bus, "words"), "the bus hangs"));
	assert_int_equal(rig->n_transfers, 1);
}

static void what_the_kernel_holds_is_named_and_not_asked(void **state)
{
	static const struct board_item HELD = {
		.name = "1-0076", .of = "/dev/i2c-1", .words = "bmp280", .number = 0x76};
	struct probe_rig *rig = *state;
	const cJSON *item;

	rig->extra = &HELD;
	rig->extra_kind = BOARD_I2C_HELD;
	probe_rig_add(rig, "a", "bme280", "/dev/i2c-1", 0x76);
	probe_rig_look(rig);
	item = probe_rig_item(rig, "i2c", "0x76");
	assert_int_equal(probe_state_of(item), PROBE_HELD);
	assert_non_null(strstr(probe_rig_text(item, "words"), "driver bmp280 (1-0076)"));
	assert_false(rig->is_asked[0x76]);
	assert_true(rig->is_asked[0x77]);
}

static void buses_of_others_are_listed_and_not_asked(void **state)
{
	static const struct board_item DISPLAY = {
		.name = "/dev/i2c-20", .words = "fef04500.i2c", .number = 20};
	struct probe_rig *rig = *state;
	const cJSON *bus;

	rig->extra = &DISPLAY;
	rig->extra_kind = BOARD_I2C;
	probe_rig_look(rig);
	bus = probe_rig_item(rig, "i2c", "/dev/i2c-20");
	assert_int_equal(probe_state_of(bus), PROBE_ALONE);
	assert_int_equal(rig->n_transfers, 0);
}

static void without_permission_the_group_is_named(void **state)
{
	static const struct {
		enum board_kind kind;
		struct board_item item;
		const char *look, *what, *cure;
	} CASES[] = {
		{BOARD_I2C, {.name = "/dev/i2c-1", .error = -EACCES}, "i2c", "/dev/i2c-1",
			"usermod -aG i2c "},
		{BOARD_I2C, {.name = "/dev/i2c-1", .error = -ENOENT}, "i2c",
			"the device files of I2C", "modprobe i2c-dev"},
		{BOARD_SPI, {.name = "/dev/spidev0.0", .error = -EACCES}, "spi", "/dev/spidev0.0",
			"usermod -aG spi "},
		{BOARD_GPIO_CHIP, {.name = "gpiochip0", .error = -EACCES}, "gpio", "/dev/gpiochip0",
			"usermod -aG gpio "},
		{BOARD_PWM, {.name = "fe20c000.pwm", .error = -EACCES}, "pwm", "/sys/class/pwm",
			"usermod -aG gpio "},
	};
	struct probe_rig *rig = *state;

	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		rig->extra = &CASES[i].item;
		rig->extra_kind = CASES[i].kind;
		probe_rig_look(rig);
		assert_int_equal(
			probe_state_of(probe_rig_item(rig, CASES[i].look, CASES[i].item.name)),
			PROBE_FAULT);
		assert_true(probe_rig_misses(rig, CASES[i].what, CASES[i].cure));
	}
	assert_int_equal(rig->n_transfers, 0);
}

static void held_lines_name_their_holder(void **state)
{
	const struct gpio_request request = {.line = "GPIO17", .consumer = "tosd led.red"};
	struct probe_rig *rig = *state;
	struct gpio_line *line = NULL;

	assert_int_equal(board_open_line(rig->probe.board, &request, NULL, &line), 0);
	assert_int_equal(sim_set_fault(rig->probe.board, "GPIO27", SIM_FAULT_NONE), 0);
	probe_rig_look(rig);
	assert_string_equal(probe_rig_text(probe_rig_item(rig, "gpio", "0 GPIO17"), "words"),
		"held by tosd led.red");
	assert_null(probe_rig_item(rig, "gpio", "0 GPIO27"));
	gpio_line_close(line);
}

static void the_buses_of_a_running_gateway_are_not_touched(void **state)
{
	struct probe_rig *rig = *state;
	char name[] = "climate", bus[] = "/dev/i2c-1";
	struct config_chip chip = {
		.name = name, .driver = driver_find("bme280"), .bus = bus, .address = 0x76};
	const struct config running = {.chips = &chip, .n_chips = 1};
	const cJSON *item;

	probe_rig_add(rig, "a", "bme280", "/dev/i2c-1", 0x76);
	probe_rig_add(rig, "b", "bmp280", "/dev/i2c-3", 0x76);
	rig->probe.is_running = true;
	rig->probe.pid = 4711;
	rig->probe.running = &running;
	probe_rig_look(rig);
	item = probe_rig_item(rig, "i2c", "0x76");
	assert_non_null(strstr(probe_rig_text(item, "words"), "\"climate\" of the running map"));
	assert_int_equal(probe_state_of(item), PROBE_HELD);
	assert_int_equal(probe_state_of(probe_rig_item(rig, "i2c", "/dev/i2c-1")), PROBE_HELD);
	assert_int_equal(probe_state_of(probe_rig_item(rig, "i2c", "/dev/i2c-3")), PROBE_FOUND);

	/* Its map cannot be read: nobody knows what it uses. */
	rig->probe.running = NULL;
	rig->n_transfers = 0;
	probe_rig_look(rig);
	assert_int_equal(rig->n_transfers, 0);
	assert_non_null(
		strstr(probe_rig_text(probe_rig_item(rig, "tosd", "runs here"), "words"), "4711"));
}

static void devices_of_the_kernel_have_their_channels(void **state)
{
	const struct sim_wave wave = {.kind = SIM_WAVE_SINE, .min = 0, .max = 1, .period_us = 1};
	struct probe_rig *rig = *state;
	const cJSON *item, *channels;

	probe_rig_add(rig, "cpu", "hwmon", "cpu_thermal", 0);
	probe_rig_add(rig, "adc", "iio", "1-0048", 0);
	assert_int_equal(
		sim_set_wave(rig->probe.board, "adc",
			(unsigned)driver_channel_find(driver_find("iio"), "voltage1"), &wave),
		0);
	probe_rig_look(rig);
	assert_string_equal(probe_rig_text(probe_rig_item(rig, "kernel", "cpu_thermal"), "words"),
		"hwmon: temp1");
	item = probe_rig_item(rig, "kernel", "1-0048");
	channels = cJSON_GetObjectItemCaseSensitive(item, "channels");
	assert_int_equal(cJSON_GetArraySize(channels), 1);
	assert_string_equal(cJSON_GetStringValue(channels->child), "voltage1");
}

static void a_broker_that_is_not_there_is_missing(void **state)
{
	struct probe_rig *rig = *state;

	probe_rig_look(rig);
	assert_int_equal(
		probe_state_of(probe_rig_item(rig, "broker", "mqtt://127.0.0.1:1")), PROBE_FAULT);
	assert_true(probe_rig_misses(rig, "a broker", "-h HOST"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, probe_rig_setup, probe_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(parts_that_say_what_they_are_are_found),
		TEST(others_are_only_likely),
		TEST(nothing_is_asked_where_it_could_harm),
		TEST(a_held_wire_is_no_part),
		TEST(a_bus_that_hangs_is_asked_once),
		TEST(what_the_kernel_holds_is_named_and_not_asked),
		TEST(buses_of_others_are_listed_and_not_asked),
		TEST(without_permission_the_group_is_named),
		TEST(held_lines_name_their_holder),
		TEST(the_buses_of_a_running_gateway_are_not_touched),
		TEST(devices_of_the_kernel_have_their_channels),
		TEST(a_broker_that_is_not_there_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
