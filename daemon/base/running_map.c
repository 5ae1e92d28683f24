/* SPDX-License-Identifier: MIT */
#include "running_map.h"
#include "regular_file.h"
#include "state_file.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

int running_map_path(const char *state_dir, enum running_map_copy copy, char *out, size_t out_bytes)
{
	static const char *const NAMES[RUNNING_MAP_COPIES] = {
		[RUNNING_MAP_NOW] = "running-map.yaml",
		[RUNNING_MAP_NEXT] = "next-map.yaml",
		[RUNNING_MAP_START] = "start-map.yaml",
	};
	int size = snprintf(out, out_bytes, "%s/%s", state_dir, NAMES[copy]);

	return size > 0 && (size_t)size < out_bytes ? 0 : -ENAMETOOLONG;
}

static int keep(const char *state_dir, enum running_map_copy copy, const char *text, size_t size)
{
	char path[PATH_BYTES];
	int r = running_map_path(state_dir, copy, path, sizeof(path));

	return r < 0 ? r : state_file_replace(path, text, size);
}

static void drop(const char *state_dir, enum running_map_copy copy)
{
	char path[PATH_BYTES];

	if (running_map_path(state_dir, copy, path, sizeof(path)) == 0)
		(void)state_file_remove(path);
}

static bool is_there(const char *state_dir, enum running_map_copy copy)
{
	char path[PATH_BYTES];

	return running_map_path(state_dir, copy, path, sizeof(path)) == 0 &&
		access(path, F_OK) == 0;
}

/* True: no copy has another text. */
static bool is_only(const char *state_dir, const char *text, size_t size)
{
	char path[PATH_BYTES];

	if (is_there(state_dir, RUNNING_MAP_NEXT) || is_there(state_dir, RUNNING_MAP_START))
		return false;
	if (!is_there(state_dir, RUNNING_MAP_NOW))
		return true;
	return running_map_path(state_dir, RUNNING_MAP_NOW, path, sizeof(path)) == 0 &&
		state_file_holds(path, text, size);
}

int running_map_begin(const char *state_dir, const char *text, size_t size)
{
	int r;

	if (is_only(state_dir, text, size))
		return running_map_save(state_dir, text, size);
	r = keep(state_dir, RUNNING_MAP_START, text, size);
	return r < 0 ? r : 1;
}

int running_map_save(const char *state_dir, const char *text, size_t size)
{
	int r = keep(state_dir, RUNNING_MAP_NOW, text, size);

	if (r < 0)
		return r;
	drop(state_dir, RUNNING_MAP_NEXT);
	drop(state_dir, RUNNING_MAP_START);
	return 0;
}

int running_map_announce(const char *state_dir, const char *text, size_t size)
{
	return keep(state_dir, RUNNING_MAP_NEXT, text, size);
}

int running_map_settle(const char *state_dir)
{
	char next[PATH_BYTES], now[PATH_BYTES];
	int r = running_map_path(state_dir, RUNNING_MAP_NEXT, next, sizeof(next));

	if (r == 0)
		r = running_map_path(state_dir, RUNNING_MAP_NOW, now, sizeof(now));
	if (r < 0)
		return r;
	if (rename(next, now) < 0)
		return -errno;
	drop(state_dir, RUNNING_MAP_START);
	return 0;
}

void running_map_withdraw(const char *state_dir)
{
	drop(state_dir, RUNNING_MAP_NEXT);
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

int running_map_differs(const char *state_dir, enum running_map_copy copy, const char *map_path)
{
	char path[PATH_BYTES];
	FILE *kept = NULL, *map = NULL;
	bool differs = false;
	int a = EOF, b = EOF;
	int r = running_map_path(state_dir, copy, path, sizeof(path));

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
