/* SPDX-License-Identifier: MIT */
/*
 * One table, keyed by the row's number. With a WAL a power cut costs the last batches at most,
 * never the file. The amount kept is counted here, so the size limit needs no search. The log is
 * small compared to the least size that a map can ask for: 64 pages (256 KiB) and the last batch.
 */
#include "spool.h"

#include "spool_kind.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ROW_BYTES = 32, /* what a row costs beside its payload, roughly */
	BUSY_MS = 100,
};

struct spool {
	char *directory, *path;
	const struct spool_table *table;
	uint64_t max_bytes, max_rows;
	sqlite3 *db; /* NULL: closed */
	sqlite3_stmt *statements[SPOOL_STATEMENTS];
	uint64_t count, bytes; /* kept */
	uint64_t last;         /* the newest row's number, even if the row is gone */
};

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

/* The system's error for a call that SQLite made, or else the usual one. */
static int system_errno(const struct spool *spool, int otherwise)
{
	int error = spool->db ? sqlite3_system_errno(spool->db) : 0;

	return error > 0 ? -error : otherwise;
}

/* Translates SQLite's codes. */
static int to_errno(const struct spool *spool, int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CANTOPEN:
		return system_errno(spool, -EACCES);
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_MISMATCH:
	case SQLITE_ERROR: /* a table of that name with other columns */
		return -EBADMSG;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	default: /* SQLITE_IOERR: also a full disk, if SQLite writes to one of its other files */
		return system_errno(spool, -EIO);
	}
}

static void close_file(struct spool *spool)
{
	for (size_t i = 0; i < SPOOL_STATEMENTS; i++) {
		sqlite3_finalize(spool->statements[i]);
		spool->statements[i] = NULL;
	}
	sqlite3_close(spool->db);
	spool->db = NULL;
}

static int execute(struct spool *spool, const char *text)
{
	return to_errno(spool, sqlite3_exec(spool->db, text, NULL, NULL, NULL));
}

static int step(const struct spool *spool, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	return code == SQLITE_ROW ? 1 : to_errno(spool, code);
}

/* Asks for one number: -EBADMSG if it is 0. */
static int expect(struct spool *spool, const char *question)
{
	sqlite3_stmt *statement = NULL;
	int r = to_errno(spool, sqlite3_prepare_v2(spool->db, question, -1, &statement, NULL));

	if (r == 0)
		r = step(spool, statement);
	if (r == 1)
		r = sqlite3_column_int(statement, 0) ? 0 : -EBADMSG;
	sqlite3_finalize(statement);
	return r;
}

static int check_file(struct spool *spool)
{
	int r = 0;

	for (size_t i = 0; i < SPOOL_QUESTIONS && r == 0; i++)
		r = expect(spool, spool->table->questions[i]);
	return r;
}

/* Reads count, bytes and the last number from the file. */
static int take_stock(struct spool *spool)
{
	sqlite3_stmt *statement = NULL;
	int r = to_errno(
		spool, sqlite3_prepare_v2(spool->db, spool->table->all, -1, &statement, NULL));

	if (r == 0)
		r = step(spool, statement);
	if (r == 1) {
		uint64_t last = (uint64_t)sqlite3_column_int64(statement, 2);

		spool->count = (uint64_t)sqlite3_column_int64(statement, 0);
		spool->bytes =
			(uint64_t)sqlite3_column_int64(statement, 1) + spool->count * ROW_BYTES;
		/* Numbers used in this process are not used again, even if their rows are gone. */
		if (last > spool->last)
			spool->last = last;
		r = 0;
	}
	sqlite3_finalize(statement);
	return r;
}

/* Checks that the table is there, and what it holds. */
static int examine(struct spool *spool)
{
	int r = execute(spool, spool->table->schema);

	if (r == 0)
		r = check_file(spool);
	for (size_t i = 0; i < SPOOL_STATEMENTS && r == 0; i++)
		r = to_errno(spool,
			sqlite3_prepare_v3(spool->db, spool->table->statements[i], -1,
				SQLITE_PREPARE_PERSISTENT, &spool->statements[i], NULL));
	if (r == 0)
		r = take_stock(spool);
	/* A row that claims gigabytes; Linux does not refuse the memory that SQLite itself needs.
	 * */
	return r == -ENOMEM ? -EBADMSG : r;
}

static int open_file(struct spool *spool)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int r;

	if (spool->db)
		return 0;
	r = to_errno(spool, sqlite3_open_v2(spool->path, &spool->db, flags, NULL));
	if (r == 0) {
		sqlite3_busy_timeout(spool->db, BUSY_MS);
		r = examine(spool);
	}
	if (r < 0)
		close_file(spool);
	return r;
}

static void path_with(const struct spool *spool, const char *suffix, char *out, size_t out_bytes)
{
	snprintf(out, out_bytes, "%s%s", spool->path, suffix);
}

static void remove_companions(const struct spool *spool)
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

	close_file(spool);
	path_with(spool, ".damaged", path, sizeof(path));
	if (rename(spool->path, path) < 0)
		unlink(spool->path);
	remove_companions(spool);
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
static int failed(struct spool *spool, int r)
{
	int cause = may_have_other_cause(r) ? spool_probe(spool) : 0;

	if (cause < 0)
		r = cause;
	else if (r == -EROFS && is_of_later_format(spool))
		r = -EBADMSG;
	if (r == -EBADMSG)
		move_aside(spool);
	else
		close_file(spool);
	return r;
}

int spool_load(struct spool *spool)
{
	int r;

	if (access(spool->path, F_OK) < 0)
		return errno == ENOENT ? 0 : failed(spool, -errno);
	r = open_file(spool);
	if (r < 0)
		return failed(spool, r);
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
	r = step(spool, statement);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	if (r < 0)
		return r;
	spool->last++;
	spool->count++;
	spool->bytes += record->size + ROW_BYTES;
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
	r = step(spool, statement);
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
	r = step(spool, statement);
	if (r == 1) {
		*ret_count = (uint64_t)sqlite3_column_int64(statement, 0);
		*ret_bytes = (uint64_t)sqlite3_column_int64(statement, 1) + *ret_count * ROW_BYTES;
	}
	sqlite3_reset(statement);
	return r < 0 ? r : 0;
}

static int drop_oldest(struct spool *spool, uint64_t *dropped)
{
	sqlite3_stmt *statement = spool->statements[SPOOL_OLDEST];
	uint64_t number = 0;
	uint64_t size = 0;
	int r = step(spool, statement);

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
	spool->bytes -= size + ROW_BYTES;
	*dropped += 1;
	return 0;
}

/* 0 or an error: then nothing was begun. */
static int begin(struct spool *spool)
{
	int r = open_file(spool);

	if (r < 0)
		return r;
	/* A row that is still being read would keep the log from being emptied. */
	sqlite3_reset(spool->statements[SPOOL_NEXT]);
	return execute(spool, "BEGIN IMMEDIATE");
}

/* r: how all since begin() went. An error rolls it back. */
static int commit(struct spool *spool, int r, uint64_t dropped, uint64_t *ret_dropped)
{
	if (r == 0)
		r = execute(spool, "COMMIT");
	if (r < 0)
		return failed(spool, r); /* closing rolls back; the next opening counts anew */
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
	r = open_file(spool);
	if (r < 0)
		return failed(spool, r);
	statement = spool->statements[SPOOL_NEXT];
	sqlite3_reset(statement);
	sqlite3_bind_int64(statement, 1, to_sqlite(after));
	r = step(spool, statement);
	if (r < 0)
		return failed(spool, r);
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
	int r = open_file(spool);

	if (r == 0) {
		sqlite3_reset(spool->statements[SPOOL_NEXT]);
		r = take_stock_up_to(spool, number, &count, &bytes);
	}
	if (r == 0)
		r = remove_up_to(spool, number);
	if (r < 0)
		return failed(spool, r);
	spool->count -= count;
	spool->bytes -= bytes;
	if (spool->count == 0) {
		close_file(spool);
		unlink(spool->path);
		remove_companions(spool);
	}
	return 0;
}

struct spool *spool_free(struct spool *spool)
{
	if (!spool)
		return NULL;
	close_file(spool);
	free(spool->path);
	free(spool->directory);
	free(spool);
	return NULL;
}
