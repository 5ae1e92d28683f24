/* SPDX-License-Identifier: MIT */
/* Tests the list of what a board has: the kernel's, made of files, and the simulated one. */
#include "board.h"
#include "board_linux.h"
#include "board_sim.h"
#include "gpio_linux.h"
#include "temp_tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
	struct temp_tree dev, sys;
	struct board_linux_roots roots;
	struct board *board;
	char text[2048]; /* a line an item */
	size_t used;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	fixture->dev = temp_tree_new();
	fixture->sys = temp_tree_new();
	fixture->roots = (struct board_linux_roots){fixture->dev.root, fixture->sys.root};
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	board_close(fixture->board);
	temp_tree_free(&fixture->dev);
	temp_tree_free(&fixture->sys);
	free(fixture);
	return 0;
}

static void note(void *userdata, const struct board_item *item)
{
	struct fixture *fixture = userdata;

	fixture->used += (size_t)snprintf(fixture->text + fixture->used,
		sizeof(fixture->text) - fixture->used, "%s|%s|%s|%u%s%s\n", item->name, item->of,
		item->words, (unsigned)item->number, item->is_held ? "|held" : "",
		item->error == -ENOENT ? "|missing" : "");
}

static const char *list(
	struct fixture *fixture, enum board_kind kind, const struct attributes_class *class)
{
	fixture->used = 0;
	fixture->text[0] = '\0';
	assert_int_equal(board_list(fixture->board, kind, class, note, fixture), 0);
	return fixture->text;
}

static const char *list_linux(
	struct fixture *fixture, enum board_kind kind, const struct attributes_class *class)
{
	fixture->board = board_close(fixture->board);
	assert_int_equal(board_linux_new(&fixture->roots, NULL, &fixture->board), 0);
	return list(fixture, kind, class);
}

static void link_to(const struct temp_tree *tree, const char *target, const char *name)
{
	temp_tree_check(symlink(target, temp_tree_path(tree, name)) == 0, name);
}

static void a_kernel_that_has_nothing_has_nothing(void **state)
{
	struct fixture *fixture = *state;

	for (enum board_kind kind = BOARD_I2C; kind < BOARD_ATTRIBUTE; kind++)
		assert_string_equal(list_linux(fixture, kind, NULL), "");
	assert_string_equal(
		list_linux(fixture, BOARD_ATTRIBUTE, driver_find("iio")->attributes), "");
}

static void buses_have_their_adapters_and_what_the_kernel_holds(void **state)
{
	struct fixture *fixture = *state;

	temp_tree_mkdir(&fixture->sys, "bus/i2c/devices/i2c-1");
	temp_tree_write(&fixture->sys, "bus/i2c/devices/i2c-1/name", "bcm2835 (i2c@7e804000)\n");
	temp_tree_mkdir(&fixture->sys, "bus/i2c/devices/i2c-20");
	temp_tree_write(&fixture->sys, "bus/i2c/devices/i2c-20/name", "fef04500.i2c\n");
	temp_tree_mkdir(&fixture->sys, "bus/i2c/devices/1-0068");
	link_to(&fixture->sys, "../../drivers/rtc-ds1307", "bus/i2c/devices/1-0068/driver");
	temp_tree_mkdir(&fixture->sys, "bus/i2c/devices/1-0050"); /* no driver */
	temp_tree_write(&fixture->dev, "i2c-1", "");
	assert_string_equal(list_linux(fixture, BOARD_I2C, NULL),
		"/dev/i2c-1||bcm2835 (i2c@7e804000)|1\n/dev/i2c-20||fef04500.i2c|20|missing\n");
	assert_string_equal(
		list_linux(fixture, BOARD_I2C_HELD, NULL), "1-0068|/dev/i2c-1|rtc-ds1307|104\n");
}

static void spi_pwm_and_leds_have_the_maps_names(void **state)
{
	struct fixture *fixture = *state;

	temp_tree_write(&fixture->dev, "spidev0.0", "");
	temp_tree_write(&fixture->dev, "sda", "");
	temp_tree_mkdir(&fixture->sys, "class/pwm/pwmchip0");
	temp_tree_write(&fixture->sys, "class/pwm/pwmchip0/npwm", "4\n");
	temp_tree_write(&fixture->sys, "class/pwm/pwmchip0/export", "");
	link_to(&fixture->sys, "../../devices/platform/1f00098000.pwm",
		"class/pwm/pwmchip0/device");
	temp_tree_mkdir(&fixture->sys, "class/leds/ACT");
	temp_tree_write(&fixture->sys, "class/leds/ACT/max_brightness", "255\n");
	temp_tree_write(&fixture->sys, "class/leds/ACT/brightness", "0\n");
	temp_tree_write(&fixture->sys, "class/leds/ACT/trigger", "none [mmc0] heartbeat\n");
	assert_string_equal(list_linux(fixture, BOARD_SPI, NULL), "/dev/spidev0.0|||0\n");
	assert_string_equal(list_linux(fixture, BOARD_PWM, NULL), "1f00098000.pwm||pwmchip0|4\n");
	assert_string_equal(list_linux(fixture, BOARD_LED, NULL), "ACT||mmc0|255\n");
}

static void make_device(struct fixture *fixture, const char *number, const char *called)
{
	char path[128], link[64], target[192];

	(void)snprintf(path, sizeof(path), "devices/i2c-1/1-00%s/iio:device%s", number, number);
	temp_tree_mkdir(&fixture->sys, path);
	(void)snprintf(target, sizeof(target), "%s/%s", fixture->sys.root, path);
	(void)snprintf(
		path, sizeof(path), "devices/i2c-1/1-00%s/iio:device%s/name", number, number);
	temp_tree_write(&fixture->sys, path, called);
	temp_tree_mkdir(&fixture->sys, "bus/iio/devices");
	(void)snprintf(link, sizeof(link), "bus/iio/devices/iio:device%s", number);
	link_to(&fixture->sys, target, link);
}

static void devices_go_by_name_or_by_node_where_two_have_it(void **state)
{
	struct fixture *fixture = *state;
	const struct attributes_class *class = driver_find("iio")->attributes;

	make_device(fixture, "23", "bh1750\n");
	make_device(fixture, "44", "sht3x\n");
	make_device(fixture, "45", "sht3x\n");
	temp_tree_write(&fixture->sys, "devices/i2c-1/1-0023/iio:device23/in_illuminance_raw", "1");
	temp_tree_write(
		&fixture->sys, "devices/i2c-1/1-0023/iio:device23/in_illuminance_scale", "1");
	temp_tree_write(&fixture->sys, "devices/i2c-1/1-0044/iio:device44/in_temp_input", "1");
	temp_tree_write(&fixture->sys, "devices/i2c-1/1-0044/iio:device44/in_temp_raw", "1");
	temp_tree_write(&fixture->sys, "devices/i2c-1/1-0045/iio:device45/out_voltage0_raw", "1");
	temp_tree_write(
		&fixture->sys, "devices/i2c-1/1-0045/iio:device45/in_humidityrelative_raw", "1");
	assert_string_equal(list_linux(fixture, BOARD_ATTRIBUTE, class),
		"illuminance|bh1750|1-0023|0\ntemp|1-0044|1-0044|0\n"
		"humidityrelative|1-0045|1-0045|0\n");
}

/* Two lines, the second one held. */
static int line_state(struct gpio_chip *chip, uint32_t offset, struct gpio_line_state *ret_state)
{
	(void)chip;
	*ret_state = (struct gpio_line_state){.is_held = offset == 1};
	(void)snprintf(ret_state->name, sizeof(ret_state->name), "GPIO%u", (unsigned)offset);
	if (offset == 1)
		(void)snprintf(ret_state->consumer, sizeof(ret_state->consumer), "tosd led.red");
	return 0;
}

static void close_chip(struct gpio_chip *chip)
{
	free(chip);
}

static int open_chip(const char *path, struct gpio_chip **ret_chip)
{
	static const struct gpio_chip_ops OPS = {.line_state = line_state, .close = close_chip};
	struct gpio_chip *chip;

	if (strstr(path, "gpiochip1"))
		return -EACCES;
	chip = calloc(1, sizeof(*chip));
	if (!chip)
		return -ENOMEM;
	*chip = (struct gpio_chip){.ops = &OPS, .n_lines = 2, .label = "pinctrl-rp1"};
	*ret_chip = chip;
	return 0;
}

static void held_lines_name_their_holder(void **state)
{
	struct fixture *fixture = *state;
	const struct gpio_linux gpio = {fixture->dev.root, open_chip};

	temp_tree_write(&fixture->dev, "gpiochip0", "");
	temp_tree_write(&fixture->dev, "gpiochip1", "");
	link_to(&fixture->dev, "gpiochip0", "gpiochip4"); /* as on a Raspberry Pi 5 */
	assert_int_equal(gpio_linux_list(&gpio, false, note, fixture), 0);
	assert_string_equal(fixture->text, "gpiochip0||pinctrl-rp1|2\ngpiochip1|||0\n");
	fixture->used = 0;
	assert_int_equal(gpio_linux_list(&gpio, true, note, fixture), 0);
	assert_string_equal(
		fixture->text, "GPIO0|gpiochip0||0\nGPIO1|gpiochip0|tosd led.red|1|held\n");
}

static void the_simulated_board_has_what_was_put_on_it(void **state)
{
	struct fixture *fixture = *state;
	const struct gpio_request request = {.line = "GPIO17", .consumer = "led.red"};
	struct gpio_line *line = NULL;

	assert_int_equal(board_sim_new(NULL, NULL, &fixture->board), 0);
	assert_int_equal(
		sim_add_part(fixture->board, "climate", driver_find("bme280"), "/dev/i2c-1", 0x77),
		0);
	assert_int_equal(
		sim_add_part(fixture->board, "adc", driver_find("mcp3208"), "/dev/spidev0.0", 0),
		0);
	assert_int_equal(
		sim_add_part(fixture->board, "cpu", driver_find("hwmon"), "cpu_thermal", 0), 0);
	assert_int_equal(sim_set_fault(fixture->board, "leds/ACT", SIM_FAULT_NONE), 0);
	assert_int_equal(board_open_line(fixture->board, &request, NULL, &line), 0);
	assert_string_equal(list(fixture, BOARD_I2C, NULL), "/dev/i2c-1||simulated|0\n");
	assert_string_equal(list(fixture, BOARD_I2C_HELD, NULL), "");
	assert_string_equal(list(fixture, BOARD_SPI, NULL), "/dev/spidev0.0||simulated|0\n");
	assert_string_equal(list(fixture, BOARD_LED, NULL), "ACT||simulated|255\n");
	assert_string_equal(list(fixture, BOARD_GPIO_CHIP, NULL), "gpiochip0||simulated|1\n");
	assert_string_equal(
		list(fixture, BOARD_GPIO_LINE, NULL), "GPIO17|gpiochip0|led.red|0|held\n");
	assert_string_equal(list(fixture, BOARD_ATTRIBUTE, driver_find("hwmon")->attributes),
		"temp1|cpu_thermal|simulated|0\n");
	gpio_line_close(line);
}

static void what_cannot_be_told_is_refused(void **state)
{
	static const struct board_ops OPS = {0};
	struct board board = {.ops = &OPS};

	(void)state;
	assert_int_equal(board_list(&board, BOARD_I2C, NULL, note, NULL), -EOPNOTSUPP);
	assert_int_equal(board_list(&board, BOARD_ATTRIBUTE, NULL, note, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_kernel_that_has_nothing_has_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			buses_have_their_adapters_and_what_the_kernel_holds, setup, teardown),
		cmocka_unit_test_setup_teardown(
			spi_pwm_and_leds_have_the_maps_names, setup, teardown),
		cmocka_unit_test_setup_teardown(
			devices_go_by_name_or_by_node_where_two_have_it, setup, teardown),
		cmocka_unit_test_setup_teardown(held_lines_name_their_holder, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_simulated_board_has_what_was_put_on_it, setup, teardown),
		cmocka_unit_test(what_cannot_be_told_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
