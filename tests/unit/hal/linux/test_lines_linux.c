/* SPDX-License-Identifier: MIT */
/*
 * Inputs through the kernel's interface, played by functions that look at each request. That the
 * kernel does with it what its document says is tested on a real one.
 */
#include "clock.h"
#include "lines_linux.h"
#include "temp_tree.h"
#include <errno.h>
#include <linux/gpio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* One kernel at a time: the functions that stand for it have no context. */
static struct {
	struct gpio_v2_line_request request; /* the last one */
	int open_result;                     /* 0: the chip opens */
	int events;                          /* where edges are written to; -1: closed */
	bool no_interrupts;
	int request_result, values_result;
	uint64_t values;
	const char *consumer; /* of the chip's second line; NULL: nobody has it */
	unsigned n_chips;     /* that are open for finding lines */
	struct gpio_v2_line_values set[4];
	uint64_t set_us[4];
	unsigned n_set;
	int set_result; /* of the first one */
} kernel;

static int line_state(struct gpio_chip *chip, uint32_t offset, struct gpio_line_state *ret_state)
{
	(void)chip;
	*ret_state = (struct gpio_line_state){0};
	(void)snprintf(ret_state->name, sizeof(ret_state->name), "%s%u",
		strcmp(chip->label, "second") == 0 ? "EXP" : "GPIO", offset);
	return 0;
}

static void close_chip(struct gpio_chip *chip)
{
	kernel.n_chips--;
	free(chip);
}

static const struct gpio_chip_ops CHIP_OPS = {.line_state = line_state, .close = close_chip};

static int chip_open(const char *path, struct gpio_chip **ret_chip)
{
	struct gpio_chip *chip = calloc(1, sizeof(*chip));

	assert_non_null(chip);
	chip->ops = &CHIP_OPS;
	chip->n_lines = 32;
	(void)snprintf(chip->label, sizeof(chip->label), "%s",
		path[strlen(path) - 1] == '1' ? "second" : "first");
	kernel.n_chips++;
	*ret_chip = chip;
	return 0;
}

static int open_chip(const char *path)
{
	return kernel.open_result < 0 ? kernel.open_result : open(path, O_RDONLY | O_CLOEXEC);
}

static const uint64_t EDGES = GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;

static int new_event_file(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	if (kernel.events >= 0)
		(void)close(kernel.events);
	kernel.events = fds[1];
	return fds[0];
}

static int control(int fd, unsigned long request, void *argument)
{
	struct gpio_v2_line_values *values = argument;
	struct gpio_v2_line_info *info = argument;

	assert_true(fd >= 0);
	if (request == GPIO_V2_GET_LINE_IOCTL) {
		kernel.request = *(struct gpio_v2_line_request *)argument;
		if (kernel.request_result < 0)
			return kernel.request_result;
		if (kernel.no_interrupts && kernel.request.config.flags & EDGES)
			return -ENXIO;
		((struct gpio_v2_line_request *)argument)->fd = new_event_file();
		return 0;
	}
	if (request == GPIO_V2_LINE_GET_VALUES_IOCTL) {
		values->bits = kernel.values;
		return kernel.values_result;
	}
	if (request == GPIO_V2_LINE_SET_VALUES_IOCTL) {
		assert_true(kernel.n_set < 4);
		kernel.set_us[kernel.n_set] = clock_now_us();
		kernel.set[kernel.n_set++] = *values;
		return kernel.n_set == 1 ? kernel.set_result : 0;
	}
	assert_int_equal(request, GPIO_V2_GET_LINEINFO_IOCTL);
	if (info->offset == 2 && kernel.consumer) {
		info->flags = GPIO_V2_LINE_FLAG_USED;
		(void)snprintf(info->consumer, sizeof(info->consumer), "%s", kernel.consumer);
	}
	return 0;
}

static const struct lines_linux KERNEL = {open_chip, control};

struct machine {
	struct temp_tree dev;
	struct hal_error error;
	struct lines *lines;
};

static int setup(void **state)
{
	static struct machine machine;

	machine = (struct machine){0};
	memset(&kernel, 0, sizeof(kernel));
	kernel.events = -1;
	machine.dev = temp_tree_new();
	temp_tree_write(&machine.dev, "gpiochip0", "");
	temp_tree_write(&machine.dev, "gpiochip1", "");
	*state = &machine;
	return 0;
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	lines_close(machine->lines);
	temp_tree_free(&machine->dev);
	if (kernel.events >= 0)
		(void)close(kernel.events);
	return kernel.n_chips == 0 ? 0 : -1;
}

static int open_lines(struct machine *machine, const char *names, struct lines_settings settings)
{
	const struct gpio_linux gpio = {machine->dev.root, chip_open};
	const struct lines_request request = {
		.lines = names, .consumer = "tosd door", .settings = settings};

	return lines_linux_open(&KERNEL, &gpio, &request, &machine->error, &machine->lines);
}

static void a_line_is_requested_as_an_input_by_its_place(void **state)
{
	struct machine *machine = *state;

	assert_int_equal(open_lines(machine, "GPIO23", (struct lines_settings){0}), 0);
	assert_int_equal(kernel.request.num_lines, 1);
	assert_int_equal(kernel.request.offsets[0], 23);
	assert_string_equal(kernel.request.consumer, "tosd door");
	assert_int_equal(kernel.request.config.flags, GPIO_V2_LINE_FLAG_INPUT | EDGES);
	assert_int_equal(kernel.request.event_buffer_size, 1024);
	assert_int_equal(kernel.request.config.num_attrs, 0);
	assert_int_equal(machine->lines->n_lines, 1);
	assert_string_equal(machine->lines->name, "GPIO23");
}

static void bias_and_active_low_are_the_kernels(void **state)
{
	static const struct {
		struct lines_settings settings;
		uint64_t flags;
	} CASES[] = {
		{{LINES_BIAS_PULL_UP, true, 0},
			GPIO_V2_LINE_FLAG_BIAS_PULL_UP | GPIO_V2_LINE_FLAG_ACTIVE_LOW},
		{{LINES_BIAS_PULL_DOWN, false, 0}, GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN},
		{{LINES_BIAS_OFF, false, 0}, GPIO_V2_LINE_FLAG_BIAS_DISABLED},
	};
	struct machine *machine = *state;

	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		assert_int_equal(open_lines(machine, "GPIO4", CASES[i].settings), 0);
		assert_int_equal(kernel.request.config.flags,
			CASES[i].flags | GPIO_V2_LINE_FLAG_INPUT | EDGES);
		machine->lines = lines_close(machine->lines);
	}
}

static void the_lines_of_a_part_are_requested_together_in_order(void **state)
{
	struct machine *machine = *state;
	uint64_t levels = 0;

	assert_int_equal(open_lines(machine, "GPIO21, GPIO20", (struct lines_settings){0}), 0);
	assert_int_equal(kernel.request.num_lines, 2);
	assert_int_equal(kernel.request.offsets[0], 21);
	assert_int_equal(kernel.request.offsets[1], 20);
	kernel.values = 0xFE; /* the kernel speaks of its lines alone, whatever else is there */
	assert_int_equal(lines_levels(machine->lines, &levels), 0);
	assert_int_equal(levels, 2);
}

static void lines_of_two_chips_are_refused(void **state)
{
	struct machine *machine = *state;

	assert_int_equal(open_lines(machine, "GPIO4, EXP5", (struct lines_settings){0}), -EINVAL);
	assert_non_null(strstr(machine->error.text, "must be on one chip"));
	assert_non_null(strstr(machine->error.text, "EXP5"));
}

static void who_holds_a_line_is_named(void **state)
{
	struct machine *machine = *state;

	kernel.request_result = -EBUSY;
	kernel.consumer = "w1";
	assert_int_equal(open_lines(machine, "GPIO1, GPIO2", (struct lines_settings){0}), -EBUSY);
	assert_non_null(strstr(machine->error.text, "line GPIO2 ("));
	assert_non_null(strstr(machine->error.text, "is held by \"w1\""));

	kernel.consumer = "";
	assert_int_equal(open_lines(machine, "GPIO2", (struct lines_settings){0}), -EBUSY);
	assert_non_null(strstr(machine->error.text, "held by the kernel or another program"));
}

static void a_kernel_without_the_interface_is_named_so(void **state)
{
	struct machine *machine = *state;

	kernel.request_result = -ENOTTY;
	assert_int_equal(open_lines(machine, "GPIO2", (struct lines_settings){0}), -EOPNOTSUPP);
	kernel.request_result = 0;
	kernel.open_result = -EACCES;
	assert_int_equal(open_lines(machine, "GPIO2", (struct lines_settings){0}), -EACCES);
	assert_non_null(strstr(machine->error.text, "gpio"));
}

static void a_line_that_is_not_there_is_not_requested(void **state)
{
	struct machine *machine = *state;

	assert_int_equal(open_lines(machine, "GPIO99", (struct lines_settings){0}), -ENOENT);
	assert_int_equal(open_lines(machine, "gpiochip0:32", (struct lines_settings){0}), -ENOENT);
	assert_non_null(strstr(machine->error.text, "only 32 lines"));
	assert_int_equal(kernel.request.num_lines, 0);
}

static void a_chip_that_went_away_is_an_error(void **state)
{
	struct machine *machine = *state;
	uint64_t levels = 7;

	assert_int_equal(open_lines(machine, "GPIO2", (struct lines_settings){0}), 0);
	kernel.values_result = -ENODEV;
	assert_int_equal(lines_levels(machine->lines, &levels), -ENODEV);
	kernel.values_result = -EREMOTEIO;
	assert_int_equal(lines_levels(machine->lines, &levels), -ENXIO);
	assert_int_equal(levels, 7);
}

static void stamp(uint32_t offset, bool rising, uint32_t seqno, uint64_t time_us)
{
	const struct gpio_v2_line_event event = {
		.timestamp_ns = time_us * 1000 + 999,
		.id = rising ? GPIO_V2_LINE_EVENT_RISING_EDGE : GPIO_V2_LINE_EVENT_FALLING_EDGE,
		.offset = offset,
		.seqno = seqno,
	};

	assert_int_equal(write(kernel.events, &event, sizeof(event)), sizeof(event));
}

static void edges_have_the_kernels_time_and_what_is_missing_is_counted(void **state)
{
	struct machine *machine = *state;
	struct lines_edge edge;

	assert_int_equal(open_lines(machine, "GPIO21, GPIO20", (struct lines_settings){0}), 0);
	const struct lines_ops *ops = machine->lines->ops;

	assert_true(machine->lines->fd >= 0);
	assert_int_equal(ops->edge(machine->lines, &edge), 0);
	stamp(20, true, 1, 5000);
	stamp(21, false, 2, 6000);
	stamp(20, false, 9, 7000);
	assert_int_equal(ops->edge(machine->lines, &edge), 1);
	assert_int_equal(edge.line, 1);
	assert_true(edge.level);
	assert_int_equal(edge.time_us, 5000);
	assert_int_equal(ops->edge(machine->lines, &edge), 1);
	assert_int_equal(edge.line, 0);
	assert_false(edge.level);
	assert_int_equal(machine->lines->lost, 0);
	assert_int_equal(ops->edge(machine->lines, &edge), 1);
	assert_int_equal(machine->lines->lost, 6);
	assert_int_equal(ops->edge(machine->lines, &edge), 0);
	stamp(4, true, 10, 8000);
	assert_int_equal(ops->edge(machine->lines, &edge), -EIO);
}

static void a_chip_without_interrupts_gives_levels_alone(void **state)
{
	struct machine *machine = *state;
	uint64_t levels = 0;

	kernel.no_interrupts = true;
	kernel.values = 1;
	assert_int_equal(open_lines(machine, "GPIO4", (struct lines_settings){0}), 0);
	assert_int_equal(machine->lines->fd, -1);
	assert_int_equal(kernel.request.config.flags, GPIO_V2_LINE_FLAG_INPUT);
	assert_int_equal(lines_levels(machine->lines, &levels), 0);
	assert_int_equal(levels, 1);
}

static void open_with_output(struct machine *machine, bool active_low)
{
	const struct gpio_linux gpio = {machine->dev.root, chip_open};
	const struct lines_request request = {.lines = "GPIO9, GPIO10",
		.consumer = "tosd level",
		.settings = {.active_low = active_low},
		.outputs = 1};

	assert_int_equal(
		lines_linux_open(&KERNEL, &gpio, &request, &machine->error, &machine->lines), 0);
}

/* In one request with the inputs, and inactive from its first moment. */
static void an_output_has_flags_and_a_level_of_its_own(void **state)
{
	struct machine *machine = *state;
	const struct gpio_v2_line_config *config = &kernel.request.config;

	open_with_output(machine, true);
	assert_int_equal(
		config->flags, GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_ACTIVE_LOW | EDGES);
	assert_int_equal(config->num_attrs, 2);
	assert_int_equal(config->attrs[0].mask, 1);
	assert_int_equal(config->attrs[0].attr.id, GPIO_V2_LINE_ATTR_ID_FLAGS);
	assert_int_equal(config->attrs[0].attr.flags,
		GPIO_V2_LINE_FLAG_OUTPUT | GPIO_V2_LINE_FLAG_ACTIVE_LOW);
	assert_int_equal(config->attrs[1].mask, 1);
	assert_int_equal(config->attrs[1].attr.id, GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES);
	assert_int_equal(config->attrs[1].attr.values, 0);
}

static void a_pulse_is_as_long_as_was_asked_for(void **state)
{
	struct machine *machine = *state;

	open_with_output(machine, false);
	assert_int_equal(lines_pulse(machine->lines, 0, 10), 0);
	assert_int_equal(kernel.n_set, 2);
	assert_int_equal(kernel.set[0].mask, 1);
	assert_int_equal(kernel.set[0].bits, 1);
	assert_int_equal(kernel.set[1].mask, 1);
	assert_int_equal(kernel.set[1].bits, 0);
	assert_true(kernel.set_us[1] - kernel.set_us[0] >= 10);
}

static void a_pulse_that_cannot_be_is_an_error(void **state)
{
	struct machine *machine = *state;

	open_with_output(machine, false);
	assert_int_equal(lines_pulse(machine->lines, 2, 10), -EINVAL);
	assert_int_equal(lines_pulse(machine->lines, 0, LINES_PULSE_MAX_US + 1), -EINVAL);
	assert_int_equal(kernel.n_set, 0);
	kernel.set_result = -ENODEV;
	assert_int_equal(lines_pulse(machine->lines, 0, 10), -ENODEV);
	assert_int_equal(kernel.n_set, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_requested_as_an_input_by_its_place),
		TEST(bias_and_active_low_are_the_kernels),
		TEST(the_lines_of_a_part_are_requested_together_in_order),
		TEST(lines_of_two_chips_are_refused),
		TEST(who_holds_a_line_is_named),
		TEST(a_kernel_without_the_interface_is_named_so),
		TEST(a_line_that_is_not_there_is_not_requested),
		TEST(a_chip_that_went_away_is_an_error),
		TEST(edges_have_the_kernels_time_and_what_is_missing_is_counted),
		TEST(a_chip_without_interrupts_gives_levels_alone),
		TEST(an_output_has_flags_and_a_level_of_its_own),
		TEST(a_pulse_is_as_long_as_was_asked_for),
		TEST(a_pulse_that_cannot_be_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
