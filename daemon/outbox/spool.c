/* SPDX-License-Identifier: MIT */
/*
 * One table, keyed by the row's number. With a WAL a power cut costs the last batches at most,
 * never the file. The amount kept is counted here, so the size limit needs no search. The log is
 * small compared to the least size that a map can ask for: 64 pages (256 KiB) and the last batch.
 */
#include "spool_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int spool_new(const struct spool_settings *settings, struct spool **ret_spool)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool)
		return -ENOMEM;
	spool->table = spool_table(settings->kind);
	spool->max_bytes = settings->max_bytes;
	spool->max_rows = settings->max_rows;
	spool->directory = strdup(settings->directory);
	if (!spool->directory ||
		asprintf(&spool->path, "%s/%s", spool->directory, spool_name(spool)) < 0) {
		free(spool->directory);
		free(spool);
		return -ENOMEM;
	}
	*ret_spool = spool;
	return 0;
}

const char *spool_name(const struct spool *spool)
{
	return spool->table->files[0];
}

void spool_set_size(struct spool *spool, uint64_t max_bytes)
{
	spool->max_bytes = max_bytes;
}

int spool_load(struct spool *spool)
{
	int r;

	if (access(spool->path, F_OK) < 0)
		return errno == ENOENT ? 0 : spool_failed(spool, -errno);
	r = spool_file_open(spool);
	if (r < 0)
		return spool_failed(spool, r);
	return spool->count > 0 ? 0 : spool_remove_until(spool, UINT64_MAX);
}

uint64_t spool_count(const struct spool *spool)
{
	return spool->count;
}

uint64_t spool_bytes(const struct spool *spool)
{
	return spool->bytes;
}

uint64_t spool_last(const struct spool *spool)
{
	return spool->last;
}

static int insert(struct spool *spool, const struct spool_record *record)
{
	sqlite3_stmt *statement = spool->statements[SPOOL_INSERT];
	int r;

	sqlite3_bind_int64(statement, 1, (sqlite3_int64)spool->last + 1);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)record->taken_ms);
	sqlite3_bind_blob64(statement, 3, record->payload, record->size, SQLITE_STATIC);
	r = spool_file_step(spool, statement);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	if (r < 0)
		return r;
	spool->last++;
	spool->count++;
	spool->bytes += record->size + SPOOL_ROW_BYTES;
	return 0;
}

static sqlite3_int64 to_sqlite(uint64_t number)
{
	return number > INT64_MAX ? INT64_MAX : (sqlite3_int64)number;
}

static int remove_up_to(struct spool *spool, uint64_t number)
{
	sqlite3_stmt *statement = spool->statements[SPOOL_REMOVE];
	int r;

	sqlite3_bind_int64(statement, 1, to_sqlite(number));
	r = spool_file_step(spool, statement);
	sqlite3_reset(statement);
	return r;
}

/* Counts what that removal would free. It looks at those rows alone. */
static int take_stock_up_to(
	struct spool *spool, uint64_t number, uint64_t *ret_count, uint64_t *ret_bytes)
{
	sqlite3_stmt *statement = spool->statements[SPOOL_STOCK];
	int r;

	sqlite3_bind_int64(statement, 1, to_sqlite(number));
	r = spool_file_step(spool, statement);
	if (r == 1) {
		*ret_count = (uint64_t)sqlite3_column_int64(statement, 0);
		*ret_bytes =
			(uint64_t)sqlite3_column_int64(statement, 1) + *ret_count * SPOOL_ROW_BYTES;
	}
	sqlite3_reset(statement);
	return r < 0 ? r : 0;
}

static int drop_oldest(struct spool *spool, uint64_t *dropped)
{
	sqlite3_stmt *statement = spool->statements[SPOOL_OLDEST];
	uint64_t number = 0;
	uint64_t size = 0;
	int r = spool_file_step(spool, statement);

	if (r == 1) {
		number = (uint64_t)sqlite3_column_int64(statement, 0);
		size = (uint64_t)sqlite3_column_int64(statement, 1);
	}
	sqlite3_reset(statement);
	if (r <= 0)
		return r < 0 ? r : -EIO;
	r = remove_up_to(spool, number);
	if (r < 0)
		return r;
	spool->count--;
	spool->bytes -= size + SPOOL_ROW_BYTES;
	*dropped += 1;
	return 0;
}

/* 0 or an error: then nothing was begun. */
static int begin(struct spool *spool)
{
	int r = spool_file_open(spool);

	if (r < 0)
		return r;
	/* A row that is still being read would keep the log from being emptied. */
	sqlite3_reset(spool->statements[SPOOL_NEXT]);
	return spool_file_execute(spool, "BEGIN IMMEDIATE");
}

/* r: how all since begin() went. An error rolls it back. */
static int commit(struct spool *spool, int r, uint64_t dropped, uint64_t *ret_dropped)
{
	if (r == 0)
		r = spool_file_execute(spool, "COMMIT");
	if (r < 0)
		/* Closing rolls back, and the next opening counts anew. */
		return spool_failed(spool, r);
	*ret_dropped = dropped;
	return 0;
}

int spool_append(struct spool *spool, const struct spool_record *records, size_t count,
	uint64_t *ret_dropped)
{
	uint64_t dropped = 0;
	int r = begin(spool);

	for (size_t i = 0; i < count && r == 0; i++)
		r = insert(spool, &records[i]);
	/* The newest row stays, however large it is. */
	while (r == 0 && spool->count > 1 &&
		(spool->bytes > spool->max_bytes || spool->count > spool->max_rows))
		r = drop_oldest(spool, &dropped);
	return commit(spool, r, dropped, ret_dropped);
}

int spool_trim(struct spool *spool, uint64_t rows, uint64_t *ret_dropped)
{
	uint64_t dropped = 0;
	int r = begin(spool);

	while (r == 0 && spool->count > rows)
		r = drop_oldest(spool, &dropped);
	return commit(spool, r, dropped, ret_dropped);
}

int spool_next(
	struct spool *spool, uint64_t after, struct spool_record *ret_record, uint64_t *ret_number)
{
	sqlite3_stmt *statement;
	int r;

	if (spool->count == 0)
		return 0;
	r = spool_file_open(spool);
	if (r < 0)
		return spool_failed(spool, r);
	statement = spool->statements[SPOOL_NEXT];
	sqlite3_reset(statement);
	sqlite3_bind_int64(statement, 1, to_sqlite(after));
	r = spool_file_step(spool, statement);
	if (r < 0)
		return spool_failed(spool, r);
	if (r == 0) {
		sqlite3_reset(statement);
		return 0;
	}
	*ret_number = (uint64_t)sqlite3_column_int64(statement, 0);
	*ret_record = (struct spool_record){
		.taken_ms = (uint64_t)sqlite3_column_int64(statement, 1),
		.payload = sqlite3_column_blob(statement, 2),
		.size = (size_t)sqlite3_column_bytes(statement, 2),
	};
	return 1;
}

int spool_remove_until(struct spool *spool, uint64_t number)
{
	uint64_t count = 0;
	uint64_t bytes = 0;
	int r = spool_file_open(spool);

	if (r == 0) {
		sqlite3_reset(spool->statements[SPOOL_NEXT]);
		r = take_stock_up_to(spool, number, &count, &bytes);
	}
	if (r == 0)
		r = remove_up_to(spool, number);
	if (r < 0)
		return spool_failed(spool, r);
	spool->count -= count;
	spool->bytes -= bytes;
	if (spool->count == 0) {
		spool_file_close(spool);
		unlink(spool->path);
		spool_remove_companions(spool);
	}
	return 0;
}

struct spool *spool_free(struct spool *spool)
{
	if (!spool)
		return NULL;
	spool_file_close(spool);
	free(spool->path);
	free(spool->directory);
	free(spool);
	return NULL;
}
