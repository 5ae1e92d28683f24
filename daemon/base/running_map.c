/* SPDX-License-Identifier: MIT */
#include "running_map.h"
#include "regular_file.h"
#include "state_file.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

int running_map_path(const char *state_dir, char *out, size_t out_bytes)
{
	int size = snprintf(out, out_bytes, "%s/running-map.yaml", state_dir);

	return size > 0 && (size_t)size < out_bytes ? 0 : -ENAMETOOLONG;
}

int running_map_save(const char *state_dir, const char *text, size_t size)
{
	char path[4096];
	int r = running_map_path(state_dir, path, sizeof(path));

	return r < 0 ? r : state_file_replace(path, text, size);
}

static int open_file(const char *path, FILE **ret_file)
{
	int fd = regular_file_open(path);

	if (fd < 0)
		return fd;
	*ret_file = fdopen(fd, "r");
	if (*ret_file)
		return 0;
	(void)close(fd);
	return -ENOMEM;
}

int running_map_differs(const char *state_dir, const char *map_path)
{
	char path[4096];
	FILE *kept = NULL, *map = NULL;
	bool differs = false;
	int a = EOF, b = EOF;
	int r = running_map_path(state_dir, path, sizeof(path));

	if (r == 0)
		r = open_file(path, &kept);
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	/* A map that cannot be read counts as different. */
	(void)open_file(map_path, &map);
	do {
		a = getc(kept);
		b = map ? getc(map) : EOF;
		differs = a != b;
	} while (!differs && a != EOF);
	(void)fclose(kept);
	if (map)
		(void)fclose(map);
	return differs;
}
