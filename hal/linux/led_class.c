/* SPDX-License-Identifier: MIT */
#include "led_class.h"
#include "path.h"
#include "sysfs.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char CLASS[] = "class/leds";

struct led_class {
	struct pwm_output base;
	int brightness_fd;
};

static struct led_class *of(struct pwm_output *output)
{
	return (struct led_class *)output;
}

static int set(struct pwm_output *base, uint32_t duty_steps)
{
	return sysfs_rewrite_number(of(base)->brightness_fd, duty_steps);
}

static void close_output(struct pwm_output *base)
{
	struct led_class *led = of(base);

	if (led->brightness_fd >= 0)
		(void)close(led->brightness_fd);
	free(led);
}

static const struct pwm_ops OPS = {.set = set, .close = close_output};

/* For an LED that does not exist: lists those that do. */
static int fail_missing(const char *sys, const char *name, struct hal_error *error)
{
	char names[160];
	char directory[PATH_MAX];
	int r = path_join(sys, CLASS, directory, sizeof(directory));

	if (r < 0)
		return r;
	if (sysfs_list(directory, names, sizeof(names)) == 0)
		return hal_error_set(error, -ENOENT,
			"the kernel has no LED at all (%s): for an LED on a GPIO line, write "
			"line: instead of led:",
			directory);
	return hal_error_set(
		error, -ENOENT, "the kernel has no LED \"%s\"; there are %s", name, names);
}

static int fail(const char *directory, const char *file, int r, struct hal_error *error)
{
	if (r == -EACCES)
		return sysfs_no_permission(directory, error);
	return hal_error_set(error, r, "%s/%s: %s", directory, file, hal_strerror(r));
}

static int set_up(struct led_class *led, const char *directory, struct hal_error *error)
{
	uint64_t steps;
	int r = sysfs_read_number(directory, "max_brightness", &steps);

	if (r == 0 && (steps < 1 || steps > UINT32_MAX))
		r = -EIO;
	if (r < 0)
		return fail(directory, "max_brightness", r, error);
	led->base.steps = (uint32_t)steps;
	led->brightness_fd = sysfs_open_writable(directory, "brightness");
	r = led->brightness_fd < 0 ? led->brightness_fd : set(&led->base, 0);
	return r < 0 ? fail(directory, "brightness", r, error) : 0;
}

int led_class_open(
	const char *sys, const char *name, struct hal_error *error, struct pwm_output **ret_output)
{
	char file[PATH_MAX];
	char directory[PATH_MAX];
	struct led_class *led = calloc(1, sizeof(*led));

	if (!led)
		return -ENOMEM;
	led->base.ops = &OPS;
	led->brightness_fd = -1;
	(void)snprintf(led->base.name, sizeof(led->base.name), BOARD_LED_NAME, name);

	int r = path_join(CLASS, name, file, sizeof(file));
	if (r == 0)
		r = path_join(sys, file, directory, sizeof(directory));
	if (r == 0)
		r = sysfs_exists(directory, ".") ? set_up(led, directory, error)
						 : fail_missing(sys, name, error);
	if (r < 0) {
		close_output(&led->base);
		return r;
	}
	*ret_output = &led->base;
	return 0;
}
