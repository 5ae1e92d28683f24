/* SPDX-License-Identifier: MIT */
#include "spool_kind.h"

#include <stddef.h>

#define COLUMNS "(number INTEGER PRIMARY KEY, taken_ms INTEGER NOT NULL, payload BLOB NOT NULL)"

#define SCHEMA(table, synchronous)                                                                 \
	"PRAGMA journal_mode=WAL;"                                                                 \
	"PRAGMA synchronous=" synchronous ";"                                                      \
	"PRAGMA cache_size=-256;"                                                                  \
	"PRAGMA wal_autocheckpoint=64;"                                                            \
	"PRAGMA journal_size_limit=262144;"                                                        \
	"CREATE TABLE IF NOT EXISTS " table COLUMNS ";"

/* Only that table: no view in its place, whose rows might never end, and no trigger beside it. */
#define IS_SPOOL(table)                                                                            \
	"SELECT count(*) = 1 AND max(sql) = 'CREATE TABLE " table COLUMNS "' FROM sqlite_master"

/*
 * A row has no checksum, but it can be checked that the pages form a tree with each row in its
 * place. No limit of messages is given: SQLite 3.46 takes an argument here as the name of a table.
 */
#define IS_SOUND "SELECT count(*) = 1 AND max(quick_check) = 'ok' FROM pragma_quick_check"

/* There is room for the numbers to come. No row is below 1: a search from 0 on would miss it. */
#define IS_COUNTED(table)                                                                          \
	"SELECT coalesce(min(number) > 0 AND max(number) <= (1 << 62), 1) FROM " table

#define STOCK "SELECT count(*), coalesce(sum(length(payload)), 0)"

#define TABLE(file, table, synchronous)                                                            \
	{                                                                                          \
		.files = {file, file "-wal", file "-shm", NULL},                                   \
		.schema = SCHEMA(table, synchronous),                                              \
		.questions = {IS_SPOOL(table), IS_SOUND, IS_COUNTED(table)},                       \
		.all = STOCK ", coalesce(max(number), 0) FROM " table,                             \
		.statements = {                                                                    \
			[SPOOL_INSERT] = "INSERT INTO " table                                      \
					 "(number, taken_ms, payload) VALUES(?1, ?2, ?3)",         \
			[SPOOL_NEXT] = "SELECT number, taken_ms, payload FROM " table              \
				       " WHERE number > ?1 ORDER BY number LIMIT 1",               \
			[SPOOL_OLDEST] = "SELECT number, length(payload) FROM " table              \
					 " ORDER BY number LIMIT 1",                               \
			[SPOOL_STOCK] = STOCK " FROM " table " WHERE number <= ?1",                \
			[SPOOL_REMOVE] = "DELETE FROM " table " WHERE number <= ?1",               \
		},                                                                                 \
	}

/*
 * Readings come all the time, and a power cut may cost the last batches. So a batch of readings is
 * one sequential write that does not wait for the card. Events are rare, and each of them counts:
 * they are on the card when the write returns.
 */
/* NOLINTBEGIN(bugprone-suspicious-missing-comma): the macro joins literals on purpose */
static const struct spool_table TABLES[] = {
	[SPOOL_READINGS] = TABLE("spool.db", "reading", "NORMAL"),
	[SPOOL_EVENTS] = TABLE("events.db", "event", "FULL"),
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

const struct spool_table *spool_table(enum spool_kind kind)
{
	return &TABLES[kind];
}
