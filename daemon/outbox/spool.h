/* SPDX-License-Identifier: MIT */
/*
 * Readings or events on disk, for an outage. It is an SQLite file in the state directory, opened
 * only when there is something to keep or to fetch, and removed when it is empty. Rows are ordered
 * by a number that only grows, even across restarts.
 *
 * Every function may wait for the disk. Belongs to one thread at a time.
 */
#pragma once

#include "state_cause.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spool;

/* The kinds of contents. Each has a file of its own, "spool.db" and "events.db". */
enum spool_kind { SPOOL_READINGS, SPOOL_EVENTS };

struct spool_settings {
	enum spool_kind kind;
	const char *directory; /* where the file is or will be; copied */
	/* Beyond these limits the oldest are dropped. bytes: as spool_bytes() counts them. */
	uint64_t max_bytes, max_rows;
};

struct spool_record {
	uint64_t taken_ms; /* the time stamp */
	const void *payload;
	size_t size;
};

/* Does not touch the disk yet. 0, or -ENOMEM. */
int spool_new(const struct spool_settings *settings, struct spool **ret_spool);

/* The file's name in the directory, "spool.db". */
const char *spool_name(const struct spool *spool);

/* Takes effect with the next rows. */
void spool_set_size(struct spool *spool, uint64_t max_bytes);

/*
 * Takes over what an earlier process left, if there is a file. 0; or an error: -EROFS, -EIO,
 * -ENOSPC, or one of open(). A file that is no spool, or is damaged, is moved aside (to
 * "spool.db.damaged") and reported once by -EBADMSG. Then the spool is empty.
 */
int spool_load(struct spool *spool);

/* The number of rows kept. */
uint64_t spool_count(const struct spool *spool);

/* Their size as it counts against max_bytes. */
uint64_t spool_bytes(const struct spool *spool);

/* The newest row's number, even if the row is gone. 0: there was none. */
uint64_t spool_last(const struct spool *spool);

/*
 * Adds all of them durably, or none. *ret_dropped: how many of the oldest were removed for them. An
 * error as above: nothing was added, and the next call starts from the beginning.
 */
int spool_append(struct spool *spool, const struct spool_record *records, size_t count,
	uint64_t *ret_dropped);

/* Removes the oldest rows until that many are left. 0, or an error: none was removed. */
int spool_trim(struct spool *spool, uint64_t rows, uint64_t *ret_dropped);

/*
 * Reads the first row after number 'after' (0: the oldest). 1 with *ret_record, whose payload is
 * valid until the next call, and its number; 0: there is none; or an error.
 */
int spool_next(
	struct spool *spool, uint64_t after, struct spool_record *ret_record, uint64_t *ret_number);

/* Removes the rows up to that number. When none is left, the file is removed. */
int spool_remove_until(struct spool *spool, uint64_t number);

/* 0, or what is wrong with its files or their directory, even if nothing has used them. */
int spool_probe(const struct spool *spool);

/* Describes an error of the functions above. */
void spool_describe(const struct spool *spool, int error, struct state_cause *ret_cause);

/* Closes the file. Returns NULL; spool may be NULL. */
struct spool *spool_free(struct spool *spool);
