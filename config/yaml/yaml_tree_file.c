/* SPDX-License-Identifier: MIT */
#include "regular_file.h"
#include "yaml_tree.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct diag_place whole_file = {0};

/* Tells how a map of this name is made. EXAMPLES_DIR is where they are installed, if they are. */
static void tell_missing(struct diag *diag, const char *path)
{
	bool has_examples = access(EXAMPLES_DIR, R_OK) == 0;
	char cure[PATH_MAX + 256];

	(void)snprintf(cure, sizeof(cure),
		"`sudo tosctl probe --write %s` makes a first map of what it finds on this "
		"board%s%s",
		path, has_examples ? "; examples are in " : "", has_examples ? EXAMPLES_DIR : "");
	diag_error(diag, whole_file,
		strcmp(path, "-") == 0 ? "standard input is not read: put the map into a file, and "
					 "name that"
				       : cure,
		"cannot be read: %s", strerror(ENOENT));
}

static void tell_unreadable(struct diag *diag, const char *path, int error)
{
	char cure[PATH_MAX + 128];

	(void)snprintf(cure, sizeof(cure),
		"it holds no password, so everybody may: sudo chmod a+r %s", path);
	diag_error(diag, whole_file, error == EACCES ? cure : NULL, "cannot be read: %s",
		strerror(error));
}

/* Reads at most size bytes. The bytes read, or a negative errno. */
static ssize_t read_all(int fd, char *buffer, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, buffer + used, size - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

static ssize_t read_file(const char *path, char *buffer, size_t size)
{
	int fd = regular_file_open(path);

	if (fd < 0)
		return fd;
	ssize_t n = read_all(fd, buffer, size);
	(void)close(fd);
	return n;
}

int yaml_text_read_file(const char *path, struct diag *diag, char **ret_text, size_t *ret_size)
{
	/* One byte more than allowed distinguishes a file that is too big from one that just fits.
	 * */
	char *buffer = malloc(YAML_TEXT_MAX + 1);

	if (!buffer)
		return -ENOMEM;
	ssize_t n = read_file(path, buffer, YAML_TEXT_MAX + 1);
	if (n >= 0 && n <= YAML_TEXT_MAX) {
		char *text = realloc(buffer, n > 0 ? (size_t)n : 1);
		*ret_text = text ? text : buffer;
		*ret_size = (size_t)n;
		return 0;
	}
	if (n == -REGULAR_FILE_IS_NOT)
		diag_error(diag, whole_file, "put the map into a file", "is not a regular file");
	else if (n == -ENOENT)
		tell_missing(diag, path);
	else if (n < 0)
		tell_unreadable(diag, path, (int)-n);
	else
		diag_error(diag, whole_file, "is this the right file?", "is bigger than %d KiB",
			YAML_TEXT_MAX / 1024);
	free(buffer);
	return -EINVAL;
}
