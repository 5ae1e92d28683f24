/* SPDX-License-Identifier: MIT */
#include "interval_store.h"
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

int interval_store_load(const char *state_dir, uint32_t map_default_ms, uint32_t *ret_interval_ms)
{
	char path[4096];
	uint32_t then_ms = 0;
	uint32_t interval_ms = 0;
	FILE *file;
	int fields;

	if (path_of(state_dir, "", path, sizeof(path)) < 0)
		return -ENAMETOOLONG;
	file = fopen(path, "re");
	if (!file)
		return -errno;
	fields = fscanf(file, "%" SCNu32 " %" SCNu32, &then_ms, &interval_ms);
	fclose(file);
	if (fields != 2 || then_ms != map_default_ms)
		return -ENOENT;
	*ret_interval_ms = interval_ms;
	return 0;
}

int interval_store_save(const char *state_dir, uint32_t map_default_ms, uint32_t interval_ms)
{
	char path[4096];
	char temporary[4096];
	FILE *file;
	int r = 0;

	if (path_of(state_dir, "", path, sizeof(path)) < 0 ||
		path_of(state_dir, ".new", temporary, sizeof(temporary)) < 0)
		return -ENAMETOOLONG;
	file = fopen(temporary, "we");
	if (!file)
		return -errno;
	if (fprintf(file, "%" PRIu32 " %" PRIu32 "\n", map_default_ms, interval_ms) < 0)
		r = -EIO;
	if (fclose(file) != 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}
