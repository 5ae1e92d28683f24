/* SPDX-License-Identifier: MIT */
/*
 * The spool's file after a broken disk, or after somebody who may write to the state directory.
 * Whatever is in it, the rows that the spool reports can be fetched, in order, once, and then
 * removed. A damaged file is moved aside. New readings can be kept afterwards.
 */
#include "fuzz.h"
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE_MAX_BYTES = 1024 * 1024, ROWS_MAX = 1000000 };

static char folder[] = "/dev/shm/tos-fuzz-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void remove_files(void)
{
	static const char *const NAMES[] = {
		"spool.db", "spool.db-wal", "spool.db-shm", "spool.db-journal", "spool.db.damaged"};

	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
		(void)unlink(path_of(NAMES[i]));
}

static void remove_folder(void)
{
	remove_files();
	(void)rmdir(folder);
}

/* The folder is in memory, since the spool waits until the disk has everything. */
static void make_folder(void)
{
	static int made;

	if (made++)
		return;
	FUZZ_CHECK(mkdtemp(folder) != NULL);
	FUZZ_CHECK(atexit(remove_folder) == 0);
}

static void write_file(const uint8_t *data, size_t size)
{
	int fd = open(path_of("spool.db"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	FUZZ_CHECK(close(fd) == 0);
}

/* A byte of each record is read, so that a sanitizer sees one that is not there. */
static void touch(const struct spool_record *record)
{
	const volatile uint8_t *bytes = record->payload;

	for (size_t i = 0; i < record->size; i++)
		(void)bytes[i];
}

static bool is_error(int r)
{
	return r == -EBADMSG || r == -EIO || r == -ENOSPC || r == -EROFS || r == -EACCES ||
		r == -ENOMEM || r == -EBUSY;
}

/* All rows, oldest first. Returns 0 with the last one's number, or the error. */
static int drain(struct spool *spool, uint64_t *ret_last)
{
	struct spool_record record = {0};
	uint64_t number = 0, seen = 0;
	int r;

	for (;;) {
		uint64_t after = number;

		r = spool_next(spool, after, &record, &number);
		if (r <= 0)
			break;
		FUZZ_CHECK(r == 1 && number > after);
		touch(&record);
		FUZZ_CHECK(++seen <= ROWS_MAX);
	}
	if (r < 0)
		return r;
	FUZZ_CHECK(seen == spool_count(spool));
	*ret_last = number;
	return 0;
}

/* Checks that all messages can be taken and removed. After an error the file was put aside. */
static void check_kept(struct spool *spool)
{
	uint64_t last = 0;
	int r = drain(spool, &last);

	if (r == 0)
		r = spool_remove_until(spool, last);
	if (r < 0) {
		FUZZ_CHECK(is_error(r));
		FUZZ_CHECK(r != -EBADMSG || spool_count(spool) == 0);
		return;
	}
	FUZZ_CHECK(spool_count(spool) == 0);
	FUZZ_CHECK(access(path_of("spool.db"), F_OK) < 0);
}

/* A new reading is kept, now or at the next try, and comes last. */
static void check_append(struct spool *spool)
{
	const struct spool_record record = {1, "{\"temp\":23}", 11};
	uint64_t dropped, last = 0;
	int r = spool_append(spool, &record, 1, &dropped);

	if (r < 0) {
		FUZZ_CHECK(r == -EBADMSG);
		r = spool_append(spool, &record, 1, &dropped);
	}
	FUZZ_CHECK(r == 0 && spool_count(spool) >= 1);
	r = drain(spool, &last);
	FUZZ_CHECK(r == 0 || r == -EBADMSG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct spool_settings settings = {SPOOL_READINGS, folder, SIZE_MAX_BYTES, UINT64_MAX};
	struct spool *spool = NULL;
	int r;

	make_folder();
	remove_files();
	write_file(data, size);
	FUZZ_CHECK(spool_new(&settings, &spool) == 0);
	r = spool_load(spool);
	FUZZ_CHECK(r == 0 || is_error(r));
	FUZZ_CHECK(r != -EBADMSG || access(path_of("spool.db.damaged"), F_OK) == 0);
	/* Every other input is written to before it is drained. */
	if (size % 2 == 0)
		check_append(spool);
	check_kept(spool);
	check_append(spool);
	spool_free(spool);
	return 0;
}
