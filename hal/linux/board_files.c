/* SPDX-License-Identifier: MIT */
/*
 * Each kind of thing is a folder whose entries are looked at one by one. Nothing is opened but
 * small files of sysfs.
 */
#include "board_files.h"
#include "path.h"
#include "sysfs.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fills the item from the entry of that folder. False: it is none of the kind. */
typedef bool look(const struct board_linux_roots *roots, const char *folder, const char *entry,
	struct board_item *item);

static void set_text(char text[BOARD_ITEM_BYTES], const char *value)
{
	(void)snprintf(text, BOARD_ITEM_BYTES, "%.63s", value);
}

/* 0, or why this process may not do that with the file. */
static int check_access(const char *folder, const char *file, int mode)
{
	char path[PATH_MAX];

	if (path_join(folder, file, path, sizeof(path)) < 0)
		return -ENAMETOOLONG;
	return access(path, mode) == 0 ? 0 : -errno;
}

/* The last part of what the link points to. */
static bool read_link(const char *folder, const char *link, char ret_name[BOARD_ITEM_BYTES])
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t length;

	if (path_join(folder, link, path, sizeof(path)) < 0)
		return false;
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';

	const char *slash = strrchr(target, '/');

	set_text(ret_name, slash ? slash + 1 : target);
	return true;
}

/* "i2c-1": an adapter. */
static bool look_at_bus(const struct board_linux_roots *roots, const char *folder,
	const char *entry, struct board_item *item)
{
	if (sscanf(entry, "i2c-%u", &item->number) != 1)
		return false;
	(void)snprintf(item->name, sizeof(item->name), "/dev/i2c-%u", item->number);
	(void)sysfs_read_text(folder, "name", item->words, sizeof(item->words));
	item->error = check_access(roots->dev, entry, R_OK | W_OK);
	return true;
}

/* "1-0076" with a driver. Devices beyond 7 bits ("1-a050") have names of their own. */
static bool look_at_held(const struct board_linux_roots *roots, const char *folder,
	const char *entry, struct board_item *item)
{
	unsigned bus;

	(void)roots;
	if (sscanf(entry, "%u-%4x", &bus, &item->number) != 2 ||
		!read_link(folder, "driver", item->words))
		return false;
	set_text(item->name, entry);
	(void)snprintf(item->of, sizeof(item->of), "/dev/i2c-%u", bus);
	return item->number <= I2C_ADDRESS_MAX;
}

static bool look_at_spi(const struct board_linux_roots *roots, const char *folder,
	const char *entry, struct board_item *item)
{
	(void)folder;
	if (strncmp(entry, "spidev", strlen("spidev")) != 0)
		return false;
	(void)snprintf(item->name, sizeof(item->name), "/dev/%.50s", entry);
	item->error = check_access(roots->dev, entry, R_OK | W_OK);
	return true;
}

static bool look_at_pwm(const struct board_linux_roots *roots, const char *folder,
	const char *entry, struct board_item *item)
{
	uint64_t channels = 0;

	(void)roots;
	if (strncmp(entry, "pwmchip", strlen("pwmchip")) != 0)
		return false;
	if (!read_link(folder, "device", item->name))
		set_text(item->name, entry);
	set_text(item->words, entry);
	(void)sysfs_read_number(folder, "npwm", &channels);
	item->number = (uint32_t)channels;
	item->error = check_access(folder, "export", W_OK);
	return true;
}

/* The trigger is the word in brackets: "none [mmc0] heartbeat". */
static bool look_at_led(const struct board_linux_roots *roots, const char *folder,
	const char *entry, struct board_item *item)
{
	char triggers[4096] = "";
	uint64_t steps = 0;

	(void)roots;
	if (entry[0] == '.' || sysfs_read_number(folder, "max_brightness", &steps) < 0)
		return false;
	(void)sysfs_read_text(folder, "trigger", triggers, sizeof(triggers));

	char *begin = strchr(triggers, '['), *end = begin ? strchr(begin, ']') : NULL;

	if (end)
		*end = '\0';
	set_text(item->name, entry);
	set_text(item->words, end ? begin + 1 : "");
	item->number = (uint32_t)steps;
	item->error = check_access(folder, "brightness", W_OK);
	return true;
}

static const struct {
	const char *folder; /* below /sys, or below /dev */
	bool is_dev;
	look *look;
} KINDS[] = {
	[BOARD_I2C] = {"bus/i2c/devices", false, look_at_bus},
	[BOARD_I2C_HELD] = {"bus/i2c/devices", false, look_at_held},
	[BOARD_SPI] = {"", true, look_at_spi},
	[BOARD_PWM] = {"class/pwm", false, look_at_pwm},
	[BOARD_LED] = {"class/leds", false, look_at_led},
};

int board_files_list(const struct board_linux_roots *roots, enum board_kind kind,
	board_found *found, void *userdata)
{
	const char *root = KINDS[kind].is_dev ? roots->dev : roots->sys;
	char all[PATH_MAX], folder[PATH_MAX];
	struct dirent **entries = NULL;
	int n;

	if (path_join(root, KINDS[kind].folder, all, sizeof(all)) < 0)
		return -ENAMETOOLONG;
	n = scandir(all, &entries, NULL, versionsort);
	if (n < 0)
		return errno == ENOMEM ? -ENOMEM : 0; /* the kernel has none of the kind */
	for (int i = 0; i < n; i++) {
		struct board_item item = {.error = 0};

		if (path_join(all, entries[i]->d_name, folder, sizeof(folder)) == 0 &&
			KINDS[kind].look(roots, folder, entries[i]->d_name, &item))
			found(userdata, &item);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
