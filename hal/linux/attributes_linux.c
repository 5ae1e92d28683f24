/* SPDX-License-Identifier: MIT */
#include "attributes_linux.h"
#include "path.h"
#include "sysfs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct attributes_linux {
	struct attributes base;
	int directory; /* the device's own folder, even if its name comes to mean another one */
};

/* The search and its result. */
struct search {
	const struct attributes_class *class;
	const char *wanted;
	char folder[PATH_MAX]; /* of all devices */
	char found[PATH_MAX];
	unsigned n_found;
	unsigned n_devices;
	char nodes[96];  /* of those found */
	char names[120]; /* of all */
};

static struct attributes_linux *of(struct attributes *attributes)
{
	return (struct attributes_linux *)attributes;
}

static int read_attribute(
	struct attributes *base, const char *attribute, char *ret_text, size_t text_bytes)
{
	int directory = of(base)->directory;
	int r = sysfs_read_text_at(directory, attribute, ret_text, text_bytes);

	/* A device has a name as long as it exists. */
	if (r == -ENOENT && faccessat(directory, "name", F_OK, 0) < 0)
		return -ENODEV;
	/* ENODATA: disabled, or no value at the moment. */
	return r == -ENODATA ? -ERANGE : r;
}

static void close_attributes(struct attributes *base)
{
	struct attributes_linux *attributes = of(base);

	if (attributes->directory >= 0)
		(void)close(attributes->directory);
	free(attributes);
}

static const struct attributes_ops OPS = {read_attribute, close_attributes};

void attributes_linux_node(const char *directory, char *ret_node, size_t node_bytes)
{
	char *path = realpath(directory, NULL);
	char *slash = path ? strrchr(path, '/') : NULL;

	ret_node[0] = '\0';
	if (slash) {
		*slash = '\0';
		slash = strrchr(path, '/');
	}
	if (slash && strcmp(slash + 1, "hwmon") == 0) {
		*slash = '\0';
		slash = strrchr(path, '/');
	}
	if (slash)
		(void)snprintf(ret_node, node_bytes, "%s", slash + 1);
	free(path);
}

static void look_at(struct search *search, const char *directory)
{
	char name[ATTRIBUTE_BYTES] = "", label[ATTRIBUTE_BYTES] = "", node[NAME_MAX + 1];
	char both[sizeof(name) + sizeof(node) + 3];

	(void)sysfs_read_text(directory, "name", name, sizeof(name));
	(void)sysfs_read_text(directory, "label", label, sizeof(label));
	attributes_linux_node(directory, node, sizeof(node));
	search->n_devices++;
	(void)snprintf(both, sizeof(both), "%s (%s)", name, node);
	sysfs_add_word(search->names, sizeof(search->names), both);
	if (strcmp(search->wanted, name) != 0 && strcmp(search->wanted, label) != 0 &&
		strcmp(search->wanted, node) != 0)
		return;
	search->n_found++;
	sysfs_add_word(search->nodes, sizeof(search->nodes), node);
	(void)snprintf(search->found, sizeof(search->found), "%s", directory);
}

static void look_at_all(struct search *search)
{
	struct dirent **entries = NULL;
	int n = scandir(search->folder, &entries, NULL, versionsort);

	for (int i = 0; i < n; i++) {
		const char *entry = entries[i]->d_name;
		char directory[PATH_MAX];

		if (strncmp(entry, search->class->prefix, strlen(search->class->prefix)) == 0 &&
			path_join(search->folder, entry, directory, sizeof(directory)) == 0)
			look_at(search, directory);
		free(entries[i]);
	}
	free(entries);
}

static int find(struct search *search, const char *sys, struct hal_error *error)
{
	int r = path_join(sys, search->class->folder, search->folder, sizeof(search->folder));

	if (r < 0)
		return r;
	look_at_all(search);
	if (search->n_found == 1)
		return 0;
	if (search->n_found > 1)
		return hal_error_set(error, -EINVAL,
			"%u devices are called \"%s\": name the node of the one, %s",
			search->n_found, search->wanted, search->nodes);
	if (search->n_devices > 0)
		return hal_error_set(error, -ENOENT, "the kernel has no such device; there are %s",
			search->names);
	return hal_error_set(error, -ENOENT,
		"the kernel has no such device at all (%s/%s*): load its driver, with "
		"dtoverlay=i2c-sensor in config.txt for parts on I2C on a Raspberry Pi",
		search->folder, search->class->prefix);
}

int attributes_linux_open(const char *sys, const struct attributes_class *class, const char *device,
	struct hal_error *error, struct attributes **ret_attributes)
{
	struct search search = {.class = class, .wanted = device};
	struct attributes_linux *attributes;
	int r = find(&search, sys, error);

	if (r < 0)
		return r;
	attributes = calloc(1, sizeof(*attributes));
	if (!attributes)
		return -ENOMEM;
	attributes->base.ops = &OPS;
	attributes_path(class, device, attributes->base.name, sizeof(attributes->base.name));
	attributes->directory = open(search.found, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (attributes->directory < 0) {
		/* The device went away just now. */
		close_attributes(&attributes->base);
		return -ENODEV;
	}
	*ret_attributes = &attributes->base;
	return 0;
}
