/* SPDX-License-Identifier: MIT */
#include "interval_store.h"
#include "log.h"
#include "regular_file.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* One line: "500 1000": the map's interval then, and the one that was set. */
static const char FILE_NAME[] = "interval";

static int path_of(const char *state_dir, const char *suffix, char *out, size_t out_bytes)
{
	int size = snprintf(out, out_bytes, "%s/%s%s", state_dir, FILE_NAME, suffix);

	return size > 0 && (size_t)size < out_bytes ? 0 : -ENAMETOOLONG;
}

static int read_store(const char *path, uint32_t map_default_ms, uint32_t *ret_interval_ms)
{
	char line[32];
	uint32_t then_ms = 0;
	uint32_t interval_ms = 0;
	ssize_t size;
	int fd = regular_file_open(path);

	if (fd < 0)
		return fd;
	size = read(fd, line, sizeof(line) - 1);
	(void)close(fd);
	line[size > 0 ? size : 0] = '\0';
	if (sscanf(line, "%" SCNu32 " %" SCNu32, &then_ms, &interval_ms) != 2 ||
		then_ms != map_default_ms)
		return -ENOENT;
	*ret_interval_ms = interval_ms;
	return 0;
}

int interval_store_load(const char *state_dir, uint32_t map_default_ms, uint32_t *ret_interval_ms)
{
	char path[4096];
	int r;

	if (path_of(state_dir, "", path, sizeof(path)) < 0)
		return -ENAMETOOLONG;
	r = read_store(path, map_default_ms, ret_interval_ms);
	if (r < 0 && r != -ENOENT)
		log_warning("interval", "%s: %s; the interval is the map's", path,
			regular_file_error(-r));
	return r;
}

int interval_store_save(const char *state_dir, uint32_t map_default_ms, uint32_t interval_ms)
{
	char path[4096];
	char temporary[4096];
	uint32_t saved_ms;
	int fd;
	int r = 0;

	if (path_of(state_dir, "", path, sizeof(path)) < 0 ||
		path_of(state_dir, ".new", temporary, sizeof(temporary)) < 0)
		return -ENAMETOOLONG;
	/* Who repeats the interval every second must not wear out the card either. */
	if (read_store(path, map_default_ms, &saved_ms) == 0 && saved_ms == interval_ms)
		return 0;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%" PRIu32 " %" PRIu32 "\n", map_default_ms, interval_ms) < 0)
		r = -EIO;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}
