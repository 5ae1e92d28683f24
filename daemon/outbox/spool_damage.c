/* SPDX-License-Identifier: MIT */
/* What a failed call tells about a spool's file: damaged, or out of reach for another reason. */
#include "spool_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void path_with(const struct spool *spool, const char *suffix, char *out, size_t out_bytes)
{
	snprintf(out, out_bytes, "%s%s", spool->path, suffix);
}

void spool_remove_companions(const struct spool *spool)
{
	static const char *const SUFFIXES[] = {"-wal", "-shm", "-journal"};
	char path[4096];

	for (size_t i = 0; i < sizeof(SUFFIXES) / sizeof(SUFFIXES[0]); i++) {
		path_with(spool, SUFFIXES[i], path, sizeof(path));
		unlink(path);
	}
}

/* Somebody may want to look at the file. A later one replaces it. */
static void move_aside(struct spool *spool)
{
	char path[4096];

	spool_file_close(spool);
	path_with(spool, ".damaged", path, sizeof(path));
	if (rename(spool->path, path) < 0)
		unlink(spool->path);
	spool_remove_companions(spool);
	spool->count = 0;
	spool->bytes = 0;
}

int spool_probe(const struct spool *spool)
{
	return state_cause_find(spool->directory, spool->table->files);
}

void spool_describe(const struct spool *spool, int error, struct state_cause *ret_cause)
{
	state_cause_describe(spool->directory, spool->table->files, error, ret_cause);
}

/* Errors about the text in the file, or about its other users, have no other cause. */
static bool may_have_other_cause(int r)
{
	return r != -EBADMSG && r != -EBUSY && r != -ENOMEM;
}

/*
 * SQLite reads a file whose header names a later format for writing, and does not write it. Our
 * files never do, so then the header is damaged. https://www.sqlite.org/fileformat2.html, 1.3.3.
 */
static bool is_of_later_format(const struct spool *spool)
{
	enum { WRITE_VERSION_AT = 18, WAL_VERSION = 2 };
	int fd = open(spool->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint8_t version = 0;
	bool is_later;

	if (fd < 0)
		return false;
	is_later = pread(fd, &version, sizeof(version), WRITE_VERSION_AT) == sizeof(version) &&
		version > WAL_VERSION;
	(void)close(fd);
	return is_later;
}

/*
 * An error closes the file, and the next call opens it again. A file that is read-only for another
 * reason than its header is not damaged, though the reason may be gone by now.
 */
int spool_failed(struct spool *spool, int r)
{
	int cause = may_have_other_cause(r) ? spool_probe(spool) : 0;

	if (cause < 0)
		r = cause;
	else if (r == -EROFS && is_of_later_format(spool))
		r = -EBADMSG;
	if (r == -EBADMSG)
		move_aside(spool);
	else
		spool_file_close(spool);
	return r;
}
