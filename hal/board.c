/* SPDX-License-Identifier: MIT */
#include "board.h"
#include "lines_share.h"
#include <errno.h>
#include <string.h>

/* Begins every opening: clears the words of an earlier failure. */
static void clear(struct hal_error *error)
{
	if (error)
		error->text[0] = '\0';
}

/* If the backend had no words for its error, adds those of the number. */
static int finish(int r, struct hal_error *error)
{
	if (r < 0 && error && !error->text[0])
		return hal_error_set(error, r, "%s", hal_strerror(r));
	return r;
}

int board_open_i2c(
	struct board *board, const char *path, struct hal_error *error, struct i2c_bus **ret_bus)
{
	clear(error);
	if (!board || !path || !*path || !ret_bus)
		return finish(-EINVAL, error);
	return finish(board->ops->open_i2c(board, path, error, ret_bus), error);
}

int board_open_spi(struct board *board, const char *path, const struct spi_settings *settings,
	struct hal_error *error, struct spi_device **ret_device)
{
	clear(error);
	if (!board || !path || !*path || !settings || !ret_device)
		return finish(-EINVAL, error);
	if (settings->mode > 3 || settings->speed_hz == 0 || settings->bits != 8)
		return hal_error_set(error, -EINVAL,
			"SPI mode %u, %u Hz, %u bits: the mode is 0 to 3, the clock not 0, the "
			"bits 8",
			settings->mode, settings->speed_hz, settings->bits);
	return finish(board->ops->open_spi(board, path, settings, error, ret_device), error);
}

static int check_line_name(const char *line, struct hal_error *error)
{
	struct gpio_place place;

	if (gpio_place_parse(line, &place) == 0)
		return 0;
	return hal_error_set(error, -EINVAL,
		"\"%s\" is neither a line's name (GPIO17) nor <chip>:<offset> (pinctrl-rp1:17)",
		line ? line : "");
}

int board_open_line(struct board *board, const struct gpio_request *request,
	struct hal_error *error, struct gpio_line **ret_line)
{
	int r;

	clear(error);
	if (!board || !request || !ret_line)
		return finish(-EINVAL, error);
	r = check_line_name(request->line, error);
	if (r < 0)
		return r;
	return finish(board->ops->open_line(board, request, error, ret_line), error);
}

int board_open_pwm(struct board *board, const struct pwm_request *request, struct hal_error *error,
	struct pwm_output **ret_output)
{
	clear(error);
	if (!board || !request || !request->chip || !*request->chip || !ret_output)
		return finish(-EINVAL, error);
	if (request->period_ns == 0)
		return hal_error_set(error, -EINVAL, "the period of a PWM output cannot be 0");
	return finish(board->ops->open_pwm(board, request, error, ret_output), error);
}

int board_open_led(struct board *board, const char *name, struct hal_error *error,
	struct pwm_output **ret_output)
{
	clear(error);
	if (!board || !name || !*name || strchr(name, '/') || !ret_output)
		return finish(-EINVAL, error);
	return finish(board->ops->open_led(board, name, error, ret_output), error);
}

int board_open_attributes(struct board *board, const struct attributes_class *class,
	const char *device, struct hal_error *error, struct attributes **ret_attributes)
{
	clear(error);
	if (!board || !class || !device || !*device || !ret_attributes)
		return finish(-EINVAL, error);
	return finish(
		board->ops->open_attributes(board, class, device, error, ret_attributes), error);
}

int board_open_lines(struct board *board, const struct lines_request *request,
	struct hal_error *error, struct lines **ret_lines)
{
	char name[sizeof(((struct gpio_line *)NULL)->name)];
	const char *names;
	unsigned n = 0;
	int r;

	clear(error);
	if (!board || !request || !request->lines || !ret_lines)
		return finish(-EINVAL, error);
	names = request->lines;
	while ((r = lines_next_name(&names, name, sizeof(name))) == 0) {
		r = check_line_name(name, error);
		if (r < 0)
			return r;
		n++;
	}
	if (r != -ENOENT || n == 0 || n > LINES_MAX)
		return finish(-EINVAL, error);
	r = lines_share_tap(board, request, ret_lines);
	if (r != 0)
		return finish(r < 0 ? r : 0, error);
	return finish(board->ops->open_lines(board, request, error, ret_lines), error);
}

int board_list(struct board *board, enum board_kind kind, const struct attributes_class *class,
	board_found *found, void *userdata)
{
	if (!board || !found || (kind == BOARD_ATTRIBUTE) != (class != NULL))
		return -EINVAL;
	return board->ops->list ? board->ops->list(board, kind, class, found, userdata)
				: -EOPNOTSUPP;
}

struct board *board_close(struct board *board)
{
	if (board)
		board->ops->close(board);
	return NULL;
}
