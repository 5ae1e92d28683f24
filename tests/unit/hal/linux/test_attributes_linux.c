/* SPDX-License-Identifier: MIT */
/*
 * The kernel's measuring devices, made of files as Linux 6.1 lays them out: hwmon has a folder of
 * its class in the path, IIO has none.
 */
#include "attributes_linux.h"
#include "driver.h"
#include "temp_tree.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BUS "devices/platform/soc/fe804000.i2c/i2c-1"

struct kernel {
	struct temp_tree sys;
	struct hal_error error;
	struct attributes *device;
};

static int setup(void **state)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));

	assert_non_null(kernel);
	kernel->sys = temp_tree_new();
	temp_tree_mkdir(&kernel->sys, "class/hwmon");
	temp_tree_mkdir(&kernel->sys, "bus/iio/devices");
	*state = kernel;
	return 0;
}

static int teardown(void **state)
{
	struct kernel *kernel = *state;

	(void)attributes_close(kernel->device);
	temp_tree_free(&kernel->sys);
	free(kernel);
	return 0;
}

static void write_attribute(
	const struct temp_tree *sys, const char *folder, const char *attribute, const char *text)
{
	char file[160];

	(void)snprintf(file, sizeof(file), "%s/%s", folder, attribute);
	temp_tree_write(sys, file, text);
}

/* A device of the class (its folder below the root) with this number's name, on this node. */
static void make_device(const struct temp_tree *sys, const char *class, const char *number,
	const char *path, const char *name)
{
	char link[96];
	char target[160];

	temp_tree_mkdir(sys, path);
	write_attribute(sys, path, "name", name);
	(void)snprintf(link, sizeof(link), "%s/%s", class, number);
	(void)snprintf(target, sizeof(target), "%s/%s", sys->root, path);
	temp_tree_check(symlink(target, temp_tree_path(sys, link)) == 0, "symlink");
}

static void make_hwmon(
	struct kernel *kernel, const char *number, const char *node, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), BUS "/%s/hwmon/%s", node, number);
	make_device(&kernel->sys, "class/hwmon", number, path, name);
	write_attribute(&kernel->sys, path, "temp1_input", "21500\n");
}

static int open_device(struct kernel *kernel, const char *driver, const char *device)
{
	return attributes_linux_open(kernel->sys.root, driver_find(driver)->attributes, device,
		&kernel->error, &kernel->device);
}

static int read_number(struct kernel *kernel, const char *attribute, double wanted)
{
	double value = wanted;
	int r = attributes_read_number(kernel->device, attribute, &value);

	assert_true(value >= wanted && value <= wanted);
	return r;
}

static void test_a_device_is_found_by_its_name(void **state)
{
	struct kernel *kernel = *state;

	make_hwmon(kernel, "hwmon0", "1-0048", "tmp75\n");
	make_hwmon(kernel, "hwmon1", "1-0049", "lm75\n");
	assert_int_equal(open_device(kernel, "hwmon", "lm75"), 0);
	assert_string_equal(kernel->device->name, "/sys/class/hwmon/lm75");
	write_attribute(&kernel->sys, BUS "/1-0049/hwmon/hwmon1", "temp1_input", "-7000\n");
	assert_int_equal(read_number(kernel, "temp1_input", -7000), 0);
}

static void test_a_device_is_found_by_its_node_or_its_label(void **state)
{
	struct kernel *kernel = *state;

	make_hwmon(kernel, "hwmon0", "1-0048", "lm75\n");
	make_hwmon(kernel, "hwmon1", "1-0049", "lm75\n");
	write_attribute(&kernel->sys, BUS "/1-0048/hwmon/hwmon0", "label", "inlet\n");
	write_attribute(&kernel->sys, BUS "/1-0048/hwmon/hwmon0", "temp1_input", "1000\n");
	assert_int_equal(open_device(kernel, "hwmon", "1-0049"), 0);
	assert_int_equal(read_number(kernel, "temp1_input", 21500), 0);
	kernel->device = attributes_close(kernel->device);
	assert_int_equal(open_device(kernel, "hwmon", "inlet"), 0);
	assert_int_equal(read_number(kernel, "temp1_input", 1000), 0);
}

static void test_an_iio_device_is_no_trigger(void **state)
{
	struct kernel *kernel = *state;

	make_device(
		&kernel->sys, "bus/iio/devices", "trigger0", BUS "/1-0076/trigger0", "bme280\n");
	make_device(&kernel->sys, "bus/iio/devices", "iio:device0", BUS "/1-0076/iio:device0",
		"bme280\n");
	write_attribute(
		&kernel->sys, BUS "/1-0076/iio:device0", "in_pressure_input", "101.325000000\n");
	assert_int_equal(open_device(kernel, "iio", "bme280"), 0);
	assert_int_equal(read_number(kernel, "in_pressure_input", 101.325), 0);
	kernel->device = attributes_close(kernel->device);
	assert_int_equal(open_device(kernel, "iio", "1-0076"), 0);
}

static void test_two_of_one_name_are_told_with_their_nodes(void **state)
{
	struct kernel *kernel = *state;

	make_hwmon(kernel, "hwmon0", "1-0048", "lm75\n");
	make_hwmon(kernel, "hwmon1", "1-0049", "lm75\n");
	assert_int_equal(open_device(kernel, "hwmon", "lm75"), -EINVAL);
	assert_string_equal(kernel->error.text,
		"2 devices are called \"lm75\": name the node of the one, 1-0048, 1-0049");
}

static void test_a_missing_device_is_told_with_those_that_there_are(void **state)
{
	struct kernel *kernel = *state;

	assert_int_equal(open_device(kernel, "hwmon", "lm75"), -ENOENT);
	assert_non_null(strstr(kernel->error.text, "/class/hwmon/hwmon*): load its driver"));
	make_hwmon(kernel, "hwmon0", "1-0048", "tmp75\n");
	make_device(&kernel->sys, "class/hwmon", "hwmon1",
		"devices/virtual/thermal/thermal_zone0/hwmon1", "cpu_thermal\n");
	assert_int_equal(open_device(kernel, "hwmon", "lm75"), -ENOENT);
	assert_string_equal(kernel->error.text,
		"the kernel has no such device; there are tmp75 (1-0048), cpu_thermal "
		"(thermal_zone0)");
	/* The number is no name: it changes. */
	assert_int_equal(open_device(kernel, "hwmon", "hwmon0"), -ENOENT);
	assert_null(kernel->device);
}

static void test_many_devices_are_told_as_far_as_the_words_have_room(void **state)
{
	struct kernel *kernel = *state;

	for (int i = 0; i < 40; i++) {
		char number[16];
		char node[16];

		(void)snprintf(number, sizeof(number), "hwmon%d", i);
		(void)snprintf(node, sizeof(node), "1-00%02x", (unsigned)i);
		make_hwmon(kernel, number, node, "lm75\n");
	}
	assert_int_equal(open_device(kernel, "hwmon", "tmp75"), -ENOENT);
	assert_non_null(strstr(kernel->error.text, "there are lm75 (1-0000), lm75 (1-0001), "));
	assert_int_equal(kernel->error.text[strlen(kernel->error.text) - 1], ')');
	assert_int_equal(open_device(kernel, "hwmon", "lm75"), -EINVAL);
}

static void test_an_attribute_that_is_not_there(void **state)
{
	struct kernel *kernel = *state;

	make_hwmon(kernel, "hwmon0", "1-0048", "lm75\n");
	assert_int_equal(open_device(kernel, "hwmon", "lm75"), 0);
	assert_int_equal(read_number(kernel, "temp2_input", 42), -ENOENT);
	assert_int_equal(read_number(kernel, "name", 42), -EBADMSG);
}

/* Gone, and another device has its number: what is open is still the first one. */
static void test_a_device_that_went_is_not_the_next_one_of_its_number(void **state)
{
	struct kernel *kernel = *state;

	make_hwmon(kernel, "hwmon0", "1-0048", "lm75\n");
	assert_int_equal(open_device(kernel, "hwmon", "lm75"), 0);
	temp_tree_check(remove(temp_tree_path(&kernel->sys, "class/hwmon/hwmon0")) == 0, "remove");
	temp_tree_check(remove(temp_tree_path(&kernel->sys, BUS "/1-0048/hwmon/hwmon0/name")) == 0,
		"remove");
	temp_tree_check(
		remove(temp_tree_path(&kernel->sys, BUS "/1-0048/hwmon/hwmon0/temp1_input")) == 0,
		"remove");
	make_hwmon(kernel, "hwmon0", "1-0049", "tmp75\n");
	assert_int_equal(read_number(kernel, "temp1_input", 42), -ENODEV);
	kernel->device = attributes_close(kernel->device);

	make_hwmon(kernel, "hwmon1", "1-004a", "lm75\n");
	assert_int_equal(open_device(kernel, "hwmon", "lm75"), 0);
	assert_int_equal(read_number(kernel, "temp1_input", 21500), 0);
}

static void test_a_text_that_is_too_long_is_an_error(void **state)
{
	struct kernel *kernel = *state;
	char text[200];

	memset(text, '1', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	make_hwmon(kernel, "hwmon0", "1-0048", "lm75\n");
	write_attribute(&kernel->sys, BUS "/1-0048/hwmon/hwmon0", "temp1_input", text);
	assert_int_equal(open_device(kernel, "hwmon", "lm75"), 0);
	assert_int_equal(read_number(kernel, "temp1_input", 42), -EIO);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_device_is_found_by_its_name),
		TEST(test_a_device_is_found_by_its_node_or_its_label),
		TEST(test_an_iio_device_is_no_trigger),
		TEST(test_two_of_one_name_are_told_with_their_nodes),
		TEST(test_a_missing_device_is_told_with_those_that_there_are),
		TEST(test_many_devices_are_told_as_far_as_the_words_have_room),
		TEST(test_an_attribute_that_is_not_there),
		TEST(test_a_device_that_went_is_not_the_next_one_of_its_number),
		TEST(test_a_text_that_is_too_long_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
