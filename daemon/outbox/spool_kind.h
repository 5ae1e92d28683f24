/* SPDX-License-Identifier: MIT */
/* The kinds of a spool's contents, and their SQL. Each kind has a file and a table of its own. */
#pragma once

#include "spool.h"
#include "state_cause.h"

enum spool_statement {
	SPOOL_INSERT,
	SPOOL_NEXT,
	SPOOL_OLDEST,
	SPOOL_STOCK,
	SPOOL_REMOVE,
	SPOOL_STATEMENTS
};

enum { SPOOL_QUESTIONS = 3 };

struct spool_table {
	const char *files[STATE_CAUSE_FILES_MAX]; /* names, ending with NULL */
	const char *schema;
	const char *questions[SPOOL_QUESTIONS]; /* the answer must be 1; each makes the next one
						   safe */
	const char *all;                        /* asks for the count, the bytes, the last number */
	const char *statements[SPOOL_STATEMENTS];
};

const struct spool_table *spool_table(enum spool_kind kind);
