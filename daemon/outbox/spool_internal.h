/* SPDX-License-Identifier: MIT */
/*
 * Shared by the spool's own files.
 *
 *   spool.c         the rows
 *   spool_file.c    the file: opened, checked and closed, and its errors
 *   spool_damage.c  what an error says about the file, and the moving aside of a damaged one
 *   spool_kind.c    the SQL
 */
#pragma once

#include "spool.h"
#include "spool_kind.h"
#include <sqlite3.h>

enum { SPOOL_ROW_BYTES = 32 }; /* what a row costs beside its payload, roughly */

struct spool {
	char *directory, *path;
	const struct spool_table *table;
	uint64_t max_bytes, max_rows;
	sqlite3 *db; /* NULL: closed */
	sqlite3_stmt *statements[SPOOL_STATEMENTS];
	uint64_t count, bytes; /* kept */
	uint64_t last;         /* the newest row's number, even if the row is gone */
};

/* spool_file.c. An error is one of spool_load(), and still has to go through spool_failed(). */

/* Opens the file, or makes it, checks it, and counts what it holds. 0 if it is open already. */
int spool_file_open(struct spool *spool);
void spool_file_close(struct spool *spool);
int spool_file_execute(struct spool *spool, const char *text);
/* 1: there is a row; 0: there is no further one; or an error. */
int spool_file_step(const struct spool *spool, sqlite3_stmt *statement);

/* spool_damage.c */

/* Closes the file after error r, and moves it aside if it is damaged. Returns r or its cause. */
int spool_failed(struct spool *spool, int r);
/* Removes the files that SQLite keeps beside a closed one. */
void spool_remove_companions(const struct spool *spool);
