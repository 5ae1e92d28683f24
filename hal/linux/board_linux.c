/* SPDX-License-Identifier: MIT */
#include "board_linux.h"
#include "attributes_linux.h"
#include "board_files.h"
#include "gpio_linux.h"
#include "i2c_linux.h"
#include "led_class.h"
#include "lines_linux.h"
#include "pwm_linux.h"
#include "spi_linux.h"
#include <errno.h>
#include <stdlib.h>

struct board_linux {
	struct board base;
	struct board_linux_roots roots;
};

static const struct board_linux_roots REAL_ROOTS = {.dev = "/dev", .sys = "/sys"};

static const struct board_linux_roots *roots_of(struct board *board)
{
	return &((struct board_linux *)board)->roots;
}

static int open_i2c(
	struct board *board, const char *path, struct hal_error *error, struct i2c_bus **ret_bus)
{
	struct i2c_bus *bus;
	int r = i2c_linux_open(roots_of(board)->dev, path, error, &bus);

	if (r < 0)
		return r;
	bus->trace = board->trace;
	*ret_bus = bus;
	return 0;
}

static int open_spi(struct board *board, const char *path, const struct spi_settings *settings,
	struct hal_error *error, struct spi_device **ret_device)
{
	struct spi_device *device;
	int r = spi_linux_open(roots_of(board)->dev, path, settings, error, &device);

	if (r < 0)
		return r;
	device->trace = board->trace;
	*ret_device = device;
	return 0;
}

static int open_line(struct board *board, const struct gpio_request *request,
	struct hal_error *error, struct gpio_line **ret_line)
{
	const struct gpio_linux gpio = {roots_of(board)->dev, gpio_chip_open};
	struct gpio_line *line;
	int r = gpio_linux_open(&gpio, request, error, &line);

	if (r < 0)
		return r;
	line->trace = board->trace;
	*ret_line = line;
	return 0;
}

static int open_pwm(struct board *board, const struct pwm_request *request, struct hal_error *error,
	struct pwm_output **ret_output)
{
	struct pwm_output *output;
	int r = pwm_linux_open(roots_of(board)->sys, request, error, &output);

	if (r < 0)
		return r;
	output->trace = board->trace;
	*ret_output = output;
	return 0;
}

static int open_led(struct board *board, const char *name, struct hal_error *error,
	struct pwm_output **ret_output)
{
	struct pwm_output *output;
	int r = led_class_open(roots_of(board)->sys, name, error, &output);

	if (r < 0)
		return r;
	output->trace = board->trace;
	*ret_output = output;
	return 0;
}

static int open_attributes(struct board *board, const struct attributes_class *class,
	const char *device, struct hal_error *error, struct attributes **ret_attributes)
{
	struct attributes *attributes;
	int r = attributes_linux_open(roots_of(board)->sys, class, device, error, &attributes);

	if (r < 0)
		return r;
	attributes->trace = board->trace;
	*ret_attributes = attributes;
	return 0;
}

static int open_lines(struct board *board, const struct lines_request *request,
	struct hal_error *error, struct lines **ret_lines)
{
	const struct gpio_linux gpio = {roots_of(board)->dev, gpio_chip_open};
	struct lines *lines;
	int r = lines_linux_open(&lines_linux_kernel, &gpio, request, error, &lines);

	if (r < 0)
		return r;
	lines->trace = board->trace;
	*ret_lines = lines;
	return 0;
}

static int list(struct board *board, enum board_kind kind, const struct attributes_class *class,
	board_found *found, void *userdata)
{
	const struct board_linux_roots *roots = roots_of(board);
	const struct gpio_linux gpio = {roots->dev, gpio_chip_open};

	if (kind == BOARD_GPIO_CHIP || kind == BOARD_GPIO_LINE)
		return gpio_linux_list(&gpio, kind == BOARD_GPIO_LINE, found, userdata);
	if (kind == BOARD_ATTRIBUTE)
		return attributes_linux_list(roots->sys, class, found, userdata);
	return board_files_list(roots, kind, found, userdata);
}

static void close_board(struct board *board)
{
	free(board);
}

static const struct board_ops OPS = {open_i2c, open_spi, open_line, open_pwm, open_led,
	open_attributes, open_lines, close_board, list};

int board_linux_new(const struct board_linux_roots *roots, const struct hal_trace *trace,
	struct board **ret_board)
{
	struct board_linux *board = calloc(1, sizeof(*board));

	if (!board)
		return -ENOMEM;
	board->base.ops = &OPS;
	board->base.trace = trace;
	board->roots = roots ? *roots : REAL_ROOTS;
	*ret_board = &board->base;
	return 0;
}
