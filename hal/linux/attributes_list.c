/* SPDX-License-Identifier: MIT */
/* The devices of a class and what they measure, by the names of their attributes. */
#include "attributes_linux.h"
#include "path.h"
#include "sysfs.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list {
	const struct attributes_class *class;
	char folder[PATH_MAX]; /* of all devices */
	struct dirent **entries;
	int n;
	board_found *found;
	void *userdata;
};

static bool find_directory(const struct list *list, int i, char ret_directory[PATH_MAX])
{
	const char *entry = list->entries[i]->d_name;

	return strncmp(entry, list->class->prefix, strlen(list->class->prefix)) == 0 &&
		path_join(list->folder, entry, ret_directory, PATH_MAX) == 0;
}

static bool is_called(const struct list *list, int i, const char *name)
{
	char directory[PATH_MAX], other[ATTRIBUTE_BYTES] = "";

	return find_directory(list, i, directory) &&
		sysfs_read_text(directory, "name", other, sizeof(other)) == 0 &&
		strcmp(name, other) == 0;
}

/* By its name, if no other device has it; otherwise by its node. */
static void name_device(
	const struct list *list, int device, const char *directory, struct board_item *item)
{
	char name[ATTRIBUTE_BYTES] = "", node[NAME_MAX + 1];
	int n = 0;

	(void)sysfs_read_text(directory, "name", name, sizeof(name));
	attributes_linux_node(directory, node, sizeof(node));
	for (int i = 0; i < list->n; i++)
		n += i == device || is_called(list, i, name);
	(void)snprintf(item->of, sizeof(item->of), "%.63s", *name && n == 1 ? name : node);
	(void)snprintf(item->words, sizeof(item->words), "%.63s", node);
}

/* "in_temp_input" is a measurement called "temp", and so is "in_temp_raw". */
static bool find_channel(
	const struct list *list, const char *attribute, char *ret_name, size_t bytes)
{
	const char *input = list->class->input, *end = strrchr(attribute, '_');
	size_t skipped = strlen(input);

	if (!end || strncmp(attribute, input, skipped) != 0 || end < attribute + skipped ||
		(strcmp(end, "_input") != 0 && strcmp(end, "_raw") != 0))
		return false;
	(void)snprintf(ret_name, bytes, "%.*s", (int)(end - attribute - (int)skipped),
		attribute + skipped);
	return true;
}

static void list_channels(const struct list *list, const char *directory, struct board_item *item)
{
	struct dirent **attributes = NULL;
	int n = scandir(directory, &attributes, NULL, versionsort);
	char last[BOARD_ITEM_BYTES] = "";

	for (int i = 0; i < n; i++) {
		/* A device may have both, one after the other. */
		if (find_channel(list, attributes[i]->d_name, item->name, sizeof(item->name)) &&
			strcmp(item->name, last) != 0) {
			list->found(list->userdata, item);
			memcpy(last, item->name, sizeof(last));
		}
		free(attributes[i]);
	}
	free(attributes);
}

int attributes_linux_list(
	const char *sys, const struct attributes_class *class, board_found *found, void *userdata)
{
	struct list list = {.class = class, .found = found, .userdata = userdata};

	if (path_join(sys, class->folder, list.folder, sizeof(list.folder)) < 0)
		return -ENAMETOOLONG;
	list.n = scandir(list.folder, &list.entries, NULL, versionsort);
	if (list.n < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	for (int i = 0; i < list.n; i++) {
		struct board_item item = {.error = 0};
		char directory[PATH_MAX];

		if (!find_directory(&list, i, directory))
			continue;
		name_device(&list, i, directory, &item);
		list_channels(&list, directory, &item);
	}
	for (int i = 0; i < list.n; i++)
		free(list.entries[i]);
	free(list.entries);
	return 0;
}
