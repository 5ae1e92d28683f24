/* SPDX-License-Identifier: MIT */
/*
 * Finding lines on the chips of a machine that is made of empty files in a folder and of the table
 * below. libgpiod itself is tested on a real kernel.
 */
#include "gpio_linux.h"
#include "temp_tree.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fake_chip_data {
	const char *file, *label;
	const char *names[3];     /* of its lines, NULL when unnamed */
	const char *consumers[3]; /* NULL when free; "" when taken by one who does not say */
	int open_result, state_result;
};

static const struct fake_chip_data FAKE_CHIPS[] = {
	{.file = "gpiochip0",
		.label = "pinctrl-rp1",
		.names = {"GPIO2", "GPIO17", "BOTH"},
		.consumers = {"w1", NULL, NULL}},
	{.file = "gpiochip1", .label = "twins", .names = {"GPIO22", "BOTH", NULL}},
	{.file = "gpiochip2", .label = "twins", .names = {"-", "-", NULL}, .consumers = {""}},
	{.file = "gpiochip3", .label = "closed", .open_result = -EACCES},
	{.file = "gpiochip4", .label = "forbidden", .open_result = -EPERM},
	{.file = "gpiochip5", .label = "no chip", .open_result = -EOPNOTSUPP},
	{.file = "gpiochip6", .label = "leaving", .state_result = -ENODEV},
	{.file = "gpiochip7", .label = "pinctrl-bcm2711", .names = {"ID_SDA", "ID_SCL", "SDA1"}},
	{.file = "gpiochip8", .label = "pinctrl-bcm2835", .names = {"SDA1", "GPIO1", "GPIO2"}},
	{.file = "gpiochip9", .label = "expander", .names = {NULL, "ID_SCL", "SDA1"}},
	{.file = "gpiochip10", .label = "tenth", .names = {"GPIO99", NULL, NULL}},
};

struct fake_chip {
	struct gpio_chip base;
	const struct fake_chip_data *data;
};

struct fake_line {
	struct gpio_line base;
	const struct fake_chip_data *data;
	uint32_t offset;
	struct gpio_request request;
};

static int n_open; /* chips and lines that are not closed yet */

static int fake_set(struct gpio_line *line, bool value)
{
	(void)line;
	(void)value;
	return 0;
}

static void fake_close_line(struct gpio_line *line)
{
	n_open--;
	free(line);
}

static const struct gpio_line_ops LINE_OPS = {fake_set, fake_close_line};

static int fake_line_state(
	struct gpio_chip *base, uint32_t offset, struct gpio_line_state *ret_state)
{
	const struct fake_chip_data *data = ((struct fake_chip *)base)->data;

	assert_true(offset < base->n_lines);
	if (data->state_result < 0)
		return data->state_result;
	(void)snprintf(ret_state->name, sizeof(ret_state->name), "%s",
		data->names[offset] ? data->names[offset] : "");
	(void)snprintf(ret_state->consumer, sizeof(ret_state->consumer), "%s",
		data->consumers[offset] ? data->consumers[offset] : "");
	return 0;
}

static int fake_request_output(struct gpio_chip *base, uint32_t offset,
	const struct gpio_request *request, struct gpio_line **ret_line)
{
	const struct fake_chip_data *data = ((struct fake_chip *)base)->data;

	assert_true(offset < base->n_lines);
	if (data->consumers[offset])
		return -EBUSY;
	struct fake_line *line = calloc(1, sizeof(*line));
	assert_non_null(line);
	*line = (struct fake_line){{.ops = &LINE_OPS}, data, offset, *request};
	n_open++;
	*ret_line = &line->base;
	return 0;
}

static void fake_close_chip(struct gpio_chip *chip)
{
	n_open--;
	free(chip);
}

static const struct gpio_chip_ops CHIP_OPS = {
	fake_line_state, fake_request_output, fake_close_chip};

static const struct fake_chip_data *find_data(const char *path)
{
	char target[PATH_MAX];

	/* As the kernel does: a symbolic link leads to the chip itself. */
	if (!realpath(path, target))
		return NULL;
	for (size_t i = 0; i < sizeof(FAKE_CHIPS) / sizeof(FAKE_CHIPS[0]); i++) {
		if (strcmp(strrchr(target, '/') + 1, FAKE_CHIPS[i].file) == 0)
			return &FAKE_CHIPS[i];
	}
	return NULL;
}

static int fake_chip_open(const char *path, struct gpio_chip **ret_chip)
{
	const struct fake_chip_data *data = find_data(path);

	if (!data)
		return -ENOENT;
	if (data->open_result < 0)
		return data->open_result;
	struct fake_chip *chip = calloc(1, sizeof(*chip));
	assert_non_null(chip);
	chip->base.ops = &CHIP_OPS;
	chip->base.n_lines = 3;
	(void)snprintf(chip->base.label, sizeof(chip->base.label), "%s", data->label);
	chip->data = data;
	n_open++;
	*ret_chip = &chip->base;
	return 0;
}

struct machine {
	struct temp_tree dev;
	struct gpio_linux gpio;
	struct hal_error error;
	struct gpio_line *line;
};

/* A machine with the chips of that bit mask, bit N for gpiochipN. */
static struct machine *machine_new(unsigned chips)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	assert_non_null(machine);
	machine->dev = temp_tree_new();
	machine->gpio = (struct gpio_linux){machine->dev.root, fake_chip_open};
	for (unsigned i = 0; i < 32; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "gpiochip%u", i);
		if (chips & (1U << i))
			temp_tree_write(&machine->dev, name, "");
	}
	return machine;
}

static void machine_free(struct machine *machine)
{
	(void)gpio_line_close(machine->line);
	assert_int_equal(n_open, 0);
	temp_tree_free(&machine->dev);
	free(machine);
}

static int open_line(struct machine *machine, const char *name)
{
	const struct gpio_request request = {
		.line = name,
		.consumer = "tosd led.red",
		.value = true,
		.active_low = true,
		.drive = GPIO_DRIVE_OPEN_DRAIN,
		.bias = LINES_BIAS_PULL_UP,
	};

	return gpio_linux_open(&machine->gpio, &request, &machine->error, &machine->line);
}

/* name must fail with that error and those words; %s stands for the dev folder. */
#define assert_open_fails(machine, name, code, ...)                                                \
	do {                                                                                       \
		char expected_[HAL_ERROR_BYTES];                                                   \
		assert_int_equal(open_line(machine, name), code);                                  \
		assert_null((machine)->line);                                                      \
		(void)snprintf(expected_, sizeof(expected_), __VA_ARGS__);                         \
		assert_string_equal((machine)->error.text, expected_);                             \
	} while (0)

static void assert_opened(const struct machine *machine, const char *file, uint32_t offset)
{
	const struct fake_line *line = (const struct fake_line *)machine->line;
	char place[64];

	assert_non_null(line);
	assert_string_equal(line->data->file, file);
	assert_int_equal(line->offset, offset);
	(void)snprintf(place, sizeof(place), "%.40s/%s line %u", machine->dev.root, file, offset);
	assert_string_equal(line->base.place, place);
}

static void test_a_line_is_found_by_its_name_on_any_chip(void **state)
{
	(void)state;
	struct machine *machine = machine_new(1U << 0 | 1U << 10);

	assert_int_equal(open_line(machine, "GPIO99"), 0);
	assert_opened(machine, "gpiochip10", 0);
	assert_string_equal(machine->line->name, "GPIO99");
	machine_free(machine);
}

static void test_the_request_reaches_the_chip_in_one_call(void **state)
{
	(void)state;
	struct machine *machine = machine_new(1U << 0);

	assert_int_equal(open_line(machine, "GPIO17"), 0);
	const struct fake_line *line = (const struct fake_line *)machine->line;
	assert_true(line->request.value);
	assert_true(line->request.active_low);
	assert_int_equal(line->request.drive, GPIO_DRIVE_OPEN_DRAIN);
	assert_int_equal(line->request.bias, LINES_BIAS_PULL_UP);
	assert_string_equal(line->request.consumer, "tosd led.red");
	machine_free(machine);
}

static void test_a_line_is_found_by_label_or_file_and_offset(void **state)
{
	(void)state;
	struct machine *machine = machine_new(1U << 0 | 1U << 1);

	assert_int_equal(open_line(machine, "pinctrl-rp1:1"), 0);
	assert_opened(machine, "gpiochip0", 1);
	machine->line = gpio_line_close(machine->line);
	assert_int_equal(open_line(machine, "gpiochip1:2"), 0);
	assert_opened(machine, "gpiochip1", 2);
	machine_free(machine);
}

/* Raspberry Pi OS on a Raspberry Pi 5. */
static void test_a_link_is_no_second_chip(void **state)
{
	(void)state;
	struct machine *machine = machine_new(1U << 0);

	assert_int_equal(symlink("gpiochip0", temp_tree_path(&machine->dev, "gpiochip4")), 0);
	assert_int_equal(open_line(machine, "GPIO17"), 0);
	assert_opened(machine, "gpiochip0", 1);
	machine->line = gpio_line_close(machine->line);
	assert_int_equal(open_line(machine, "gpiochip4:1"), 0);
	assert_opened(machine, "gpiochip0", 1);
	machine_free(machine);
}

static void test_a_name_that_fits_twice_is_refused_with_the_choices(void **state)
{
	(void)state;
	struct machine *machine = machine_new(1U << 0 | 1U << 1 | 1U << 2);
	const char *dev = machine->dev.root;

	assert_open_fails(machine, "BOTH", -EINVAL,
		"BOTH fits twice, %s/gpiochip0 line 2 and %s/gpiochip1 line 1: write one of them "
		"as <chip>:<offset>",
		dev, dev);
	assert_open_fails(machine, "-", -EINVAL,
		"- fits twice, %s/gpiochip2 line 0 and %s/gpiochip2 line 1: write one of them as "
		"<chip>:<offset>",
		dev, dev);
	assert_open_fails(machine, "twins:0", -EINVAL,
		"twins:0 fits twice, %s/gpiochip1 line 0 and %s/gpiochip2 line 0: write one of "
		"them as <chip>:<offset>",
		dev, dev);
	machine_free(machine);
}

/* Kernels differ in what they call the lines of a Raspberry Pi's header. */
static void test_a_line_is_found_by_the_name_of_another_kernel(void **state)
{
	(void)state;
	struct machine *machine = machine_new(1U << 7 | 1U << 9);

	assert_int_equal(open_line(machine, "GPIO2"), 0);
	assert_opened(machine, "gpiochip7", 2);
	assert_string_equal(machine->line->name, "GPIO2");
	machine->line = gpio_line_close(machine->line);
	assert_open_fails(
		machine, "GPIO3", -ENOENT, "no chip has a line GPIO3; `gpioinfo` lists them");
	machine_free(machine);

	/* And back. A name that is there goes before the other names. */
	machine = machine_new(1U << 8);
	assert_int_equal(open_line(machine, "ID_SCL"), 0);
	assert_opened(machine, "gpiochip8", 1);
	machine->line = gpio_line_close(machine->line);
	assert_int_equal(open_line(machine, "SDA1"), 0);
	assert_opened(machine, "gpiochip8", 0);
	machine_free(machine);

	/* Only on a chip that has the header's lines. */
	machine = machine_new(1U << 9);
	assert_open_fails(
		machine, "GPIO2", -ENOENT, "no chip has a line GPIO2; `gpioinfo` lists them");
	machine_free(machine);
}

static void test_a_line_in_use_names_its_holder(void **state)
{
	(void)state;
	struct machine *machine = machine_new(1U << 0 | 1U << 2);
	const char *dev = machine->dev.root;

	assert_open_fails(machine, "GPIO2", -EBUSY,
		"line GPIO2 (%s/gpiochip0 line 0) is held by \"w1\"", dev);
	assert_open_fails(machine, "gpiochip2:0", -EBUSY,
		"line gpiochip2:0 (%s/gpiochip2 line 0) is held by the kernel or another program",
		dev);
	machine_free(machine);
}

static void test_what_is_not_there_comes_with_a_cure(void **state)
{
	(void)state;
	struct machine *machine = machine_new(1U << 0 | 1U << 5);

	assert_open_fails(
		machine, "GPIO77", -ENOENT, "no chip has a line GPIO77; `gpioinfo` lists them");
	assert_open_fails(machine, "pinctrl-rp2:1", -ENOENT,
		"line pinctrl-rp2:1: there is no GPIO chip \"pinctrl-rp2\"; `gpiodetect` lists "
		"names and labels");
	assert_open_fails(machine, "gpiochip17:1", -ENOENT,
		"line gpiochip17:1: there is no GPIO chip \"gpiochip17\"; `gpiodetect` lists names "
		"and labels");
	assert_open_fails(machine, "pinctrl-rp1:3", -ENOENT,
		"%s/gpiochip0 (pinctrl-rp1) has only 3 lines, from 0", machine->dev.root);
	machine_free(machine);
}

static void test_a_machine_without_chips(void **state)
{
	(void)state;
	struct machine *machine = machine_new(0);

	assert_open_fails(machine, "GPIO17", -ENOENT,
		"line GPIO17: there is no GPIO chip at all (%s/gpiochip*)", machine->dev.root);
	assert_open_fails(machine, "pinctrl-rp1:17", -ENOENT,
		"line pinctrl-rp1:17: there is no GPIO chip at all (%s/gpiochip*)",
		machine->dev.root);
	machine_free(machine);
}

static void test_a_closed_chip_matters_only_when_the_line_is_on_no_other(void **state)
{
	(void)state;
	struct machine *machine = machine_new(1U << 0 | 1U << 3 | 1U << 10);

	assert_int_equal(open_line(machine, "GPIO99"), 0);
	assert_opened(machine, "gpiochip10", 0);
	machine->line = gpio_line_close(machine->line);
	assert_open_fails(machine, "GPIO77", -EACCES,
		"no permission for %s/gpiochip3: is the user in group gpio?", machine->dev.root);
	assert_open_fails(machine, "gpiochip3:0", -EACCES,
		"no permission for %s/gpiochip3: is the user in group gpio?", machine->dev.root);
	machine_free(machine);
}

static void test_a_chip_that_the_unit_forbids_has_another_cure(void **state)
{
	(void)state;
	struct machine *machine = machine_new(1U << 0 | 1U << 4);

	assert_open_fails(machine, "GPIO77", -EPERM,
		"no permission for %s/gpiochip4: not in the systemd unit; add "
		"DeviceAllow=%s/gpiochip4 rw to its [Service] (systemctl edit tosd)",
		machine->dev.root, machine->dev.root);
	machine_free(machine);
}

static void test_a_chip_that_leaves_meanwhile_is_passed_over(void **state)
{
	(void)state;
	struct machine *machine = machine_new(1U << 6 | 1U << 10);

	assert_int_equal(open_line(machine, "GPIO99"), 0);
	machine->line = gpio_line_close(machine->line);
	assert_open_fails(
		machine, "GPIO77", -ENODEV, "%s/gpiochip6: the device is gone", machine->dev.root);
	machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_is_found_by_its_name_on_any_chip),
		cmocka_unit_test(test_the_request_reaches_the_chip_in_one_call),
		cmocka_unit_test(test_a_line_is_found_by_label_or_file_and_offset),
		cmocka_unit_test(test_a_link_is_no_second_chip),
		cmocka_unit_test(test_a_name_that_fits_twice_is_refused_with_the_choices),
		cmocka_unit_test(test_a_line_is_found_by_the_name_of_another_kernel),
		cmocka_unit_test(test_a_line_in_use_names_its_holder),
		cmocka_unit_test(test_what_is_not_there_comes_with_a_cure),
		cmocka_unit_test(test_a_machine_without_chips),
		cmocka_unit_test(test_a_closed_chip_matters_only_when_the_line_is_on_no_other),
		cmocka_unit_test(test_a_chip_that_the_unit_forbids_has_another_cure),
		cmocka_unit_test(test_a_chip_that_leaves_meanwhile_is_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
