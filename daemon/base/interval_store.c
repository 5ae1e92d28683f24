/* SPDX-License-Identifier: MIT */
#include "interval_store.h"
#include "log.h"
#include "regular_file.h"
#include "state_cause.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* The file is one line, "500 1000": the map's interval at that time, and the one that was set. */

static int path_of(const char *state_dir, char *out, size_t out_bytes)
{
	int size = snprintf(out, out_bytes, "%s/%s", state_dir, INTERVAL_STORE_NAME);

	return size > 0 && (size_t)size < out_bytes ? 0 : -ENAMETOOLONG;
}

static int read_store(const char *path, uint32_t map_default_ms, uint32_t *ret_interval_ms)
{
	char line[INTERVAL_STORE_BYTES];
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
	static const char *const NAMES[] = {INTERVAL_STORE_NAME, NULL};
	struct state_cause cause;
	char path[4096];
	int r;

	if (path_of(state_dir, path, sizeof(path)) < 0)
		return -ENAMETOOLONG;
	r = read_store(path, map_default_ms, ret_interval_ms);
	if (r == 0 || r == -ENOENT)
		return r;
	state_cause_describe(state_dir, NAMES, r, &cause);
	log_warning("interval", "%s: %s; the interval is the map's%s%s", path, cause.why,
		*cause.cure ? ": " : "", cause.cure);
	return r;
}

size_t interval_store_format(
	uint32_t map_default_ms, uint32_t interval_ms, char text[static INTERVAL_STORE_BYTES])
{
	return (size_t)snprintf(text, INTERVAL_STORE_BYTES, "%" PRIu32 " %" PRIu32 "\n",
		map_default_ms, interval_ms);
}
