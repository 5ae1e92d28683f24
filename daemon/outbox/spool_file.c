/* SPDX-License-Identifier: MIT */
/* Opens and closes a spool's file, checks what is in it, and speaks to SQLite. */
#include "spool_internal.h"

#include <errno.h>

enum { BUSY_MS = 100 };

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

void spool_file_close(struct spool *spool)
{
	for (size_t i = 0; i < SPOOL_STATEMENTS; i++) {
		sqlite3_finalize(spool->statements[i]);
		spool->statements[i] = NULL;
	}
	sqlite3_close(spool->db);
	spool->db = NULL;
}

int spool_file_execute(struct spool *spool, const char *text)
{
	return to_errno(spool, sqlite3_exec(spool->db, text, NULL, NULL, NULL));
}

int spool_file_step(const struct spool *spool, sqlite3_stmt *statement)
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
		r = spool_file_step(spool, statement);
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
		r = spool_file_step(spool, statement);
	if (r == 1) {
		uint64_t last = (uint64_t)sqlite3_column_int64(statement, 2);

		spool->count = (uint64_t)sqlite3_column_int64(statement, 0);
		spool->bytes = (uint64_t)sqlite3_column_int64(statement, 1) +
			spool->count * SPOOL_ROW_BYTES;
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
	int r = spool_file_execute(spool, spool->table->schema);

	if (r == 0)
		r = check_file(spool);
	for (size_t i = 0; i < SPOOL_STATEMENTS && r == 0; i++)
		r = to_errno(spool,
			sqlite3_prepare_v3(spool->db, spool->table->statements[i], -1,
				SQLITE_PREPARE_PERSISTENT, &spool->statements[i], NULL));
	if (r == 0)
		r = take_stock(spool);
	/* A row that claims gigabytes: Linux does not refuse memory that SQLite itself needs. */
	return r == -ENOMEM ? -EBADMSG : r;
}

int spool_file_open(struct spool *spool)
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
		spool_file_close(spool);
	return r;
}
