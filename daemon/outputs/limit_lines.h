/* SPDX-License-Identifier: MIT */
/*
 * The lines of the switches that limit outputs. They belong to the main thread alone: it requests
 * them, without a debounce of the kernel's, and the first edge on one counts. The debounce of the
 * map only delays that a limit is left. A limit that cannot be read counts as reached. A sensor
 * that measures the same switch has a tap, see lines_share.h.
 */
#pragma once

#include "backoff.h"
#include "board.h"
#include "config.h"
#include "lines_share.h"

struct limit {
	const struct config_chip *config; /* NULL: this chip is no limit */
	struct lines_share *share;
	bool is_known, is_active; /* the level as last read */
	bool is_hit;              /* it was reached since limits_settle(), perhaps for a moment */
	uint64_t active_us;       /* when it was last active, by the clock of the edges */
	bool is_told;             /* that it is not known */
	unsigned n_failures;      /* since it was last opened */
	int code;
	struct backoff retry;
	struct hal_error error; /* while it is not known */
};

struct limits;

/* Receives news: a limit cannot be read, or can be again (error is NULL). */
typedef void limits_news(void *userdata, const char *object, const char *error);

/* Claims the lines of the map's limits, and opens those that it can. board and config are borrowed;
 * old: those of the map before, of which equal ones are taken over, and which is to be freed; or
 * NULL. */
int limits_new(struct board *board, const struct config *config, struct limits *old,
	struct limits **ret_limits);
struct limits *limits_free(struct limits *limits);

/* True if the map has any. */
bool limits_exist(const struct limits *limits);

/* Readable while edges wait. It is handed on to the next map. */
int limits_fd(const struct limits *limits);

/* Takes all edges that wait. True if a limit was reached, or lost. */
bool limits_take(struct limits *limits, uint64_t now_us);

/* Reads the level of one again. */
void limits_read(struct limits *limits, size_t chip, uint64_t now_us);

/* Opens what is due. Returns when to call again; UINT64_MAX. */
uint64_t limits_retry(struct limits *limits, uint64_t now_us);

/* Tells what has changed since it was told. */
void limits_tell(struct limits *limits, limits_news *news, void *userdata);

/* Makes every one that could not be opened due now. */
void limits_hurry(struct limits *limits);

/* By the chip's index: true if it is reached, or was since limits_settle(). */
bool limits_reached(const struct limits *limits, size_t chip);

/* Why its level is not known; NULL: it is. */
const char *limits_error(const struct limits *limits, size_t chip);

/* Limits that were reached only for a moment have been dealt with. */
void limits_settle(struct limits *limits);
