/* SPDX-License-Identifier: MIT */
#include "kept_map.h"
#include "regular_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int kept_map_path(const char *state_dir, char *out, size_t out_bytes)
{
	int size = snprintf(out, out_bytes, "%s/running-map.yaml", state_dir);

	return size > 0 && (size_t)size < out_bytes ? 0 : -ENAMETOOLONG;
}

static int copy(int from, int to)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)n) != n)
			return errno ? -errno : -EIO;
	return n < 0 ? -errno : 0;
}

int kept_map_save(const char *state_dir, const char *map_path)
{
	char path[4096];
	char temporary[4096 + 8];
	int from, to;
	int r = kept_map_path(state_dir, path, sizeof(path));

	if (r < 0)
		return r;
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	from = regular_file_open(map_path);
	if (from < 0)
		return from;
	to = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0600);
	if (to < 0) {
		r = -errno;
		close(from);
		return r;
	}
	r = copy(from, to);
	close(from);
	if (close(to) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
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
