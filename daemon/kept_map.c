/* SPDX-License-Identifier: MIT */
#include "kept_map.h"
#include "regular_file.h"
#include "state_file.h"
#include <errno.h>
#include <stdio.h>

int kept_map_path(const char *state_dir, char *out, size_t out_bytes)
{
	int size = snprintf(out, out_bytes, "%s/running-map.yaml", state_dir);

	return size > 0 && (size_t)size < out_bytes ? 0 : -ENAMETOOLONG;
}

int kept_map_save(const char *state_dir, const char *text, size_t size)
{
	char path[4096];
	int r = kept_map_path(state_dir, path, sizeof(path));

	return r < 0 ? r : state_file_replace(path, text, size);
}

static FILE *open_file(const char *path)
{
	int fd = regular_file_open(path);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

bool kept_map_differs(const char *state_dir, const char *map_path)
{
	char path[4096];
	FILE *kept, *map;
	bool differs = false;
	int a = EOF, b = EOF;

	if (kept_map_path(state_dir, path, sizeof(path)) < 0 || !(kept = open_file(path)))
		return false;
	map = open_file(map_path);
	do {
		a = getc(kept);
		b = map ? getc(map) : EOF;
		differs = a != b;
	} while (!differs && a != EOF);
	fclose(kept);
	if (map)
		fclose(map);
	return differs;
}
