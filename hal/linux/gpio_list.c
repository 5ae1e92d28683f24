/* SPDX-License-Identifier: MIT */
/* The GPIO chips and their lines, without a request. */
#include "gpio_linux.h"
#include "path.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char PREFIX[] = "gpiochip";

static int is_chip_name(const struct dirent *entry)
{
	return strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0;
}

/* Links do not count, see gpio_linux_open(). */
static bool is_link(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

static void list_lines(struct gpio_chip *chip, const char *name, board_found *found, void *userdata)
{
	for (uint32_t offset = 0; offset < chip->n_lines; offset++) {
		struct board_item item = {.number = offset};
		struct gpio_line_state state = {.is_held = false};

		item.error = chip->ops->line_state(chip, offset, &state);
		item.is_held = state.is_held;
		(void)snprintf(item.name, sizeof(item.name), "%s", state.name);
		(void)snprintf(item.words, sizeof(item.words), "%s", state.consumer);
		(void)snprintf(item.of, sizeof(item.of), "%.63s", name);
		found(userdata, &item);
	}
}

static void list_chip(const struct gpio_linux *gpio, const char *path, const char *name,
	bool is_lines, board_found *found, void *userdata)
{
	struct board_item item = {.error = 0};
	struct gpio_chip *chip = NULL;

	(void)snprintf(item.name, sizeof(item.name), "%.63s", name);
	item.error = gpio->chip_open(path, &chip);
	if (chip) {
		(void)snprintf(item.words, sizeof(item.words), "%s", chip->label);
		item.number = chip->n_lines;
	}
	if (!is_lines)
		found(userdata, &item);
	else if (chip)
		list_lines(chip, name, found, userdata);
	if (chip)
		chip->ops->close(chip);
}

int gpio_linux_list(
	const struct gpio_linux *gpio, bool is_lines, board_found *found, void *userdata)
{
	struct dirent **entries = NULL;
	int n = scandir(gpio->dev, &entries, is_chip_name, versionsort);

	if (n < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];

		if (path_join(gpio->dev, entries[i]->d_name, path, sizeof(path)) == 0 &&
			!is_link(path))
			list_chip(gpio, path, entries[i]->d_name, is_lines, found, userdata);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
