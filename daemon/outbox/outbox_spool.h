/* SPDX-License-Identifier: MIT */
/*
 * The outbox's side to the disk, for the spooler's thread alone. None of these waits for anything,
 * and the outbox does not touch the disk itself.
 *
 * Out: without a connection a batch of the oldest readings is copied, and leaves the outbox once it
 * is on disk. So all that is on disk is older than all that is in memory.
 *
 * In: with a connection rows are staged, in their order, and the link is given them as backlog.
 * Backlog in memory is held until the disk is empty.
 */
#pragma once

#include "outbox.h"
#include "spool.h"

enum { OUTBOX_BATCH_ROWS = 256, OUTBOX_BATCH_BYTES = 2 * OUTBOX_PAYLOAD_MAX };

struct outbox_batch {
	struct spool_record rows[OUTBOX_BATCH_ROWS]; /* their payloads are in bytes */
	size_t count;
	uint8_t bytes[OUTBOX_BATCH_BYTES];
};

/* Readable when there is a connection, or none any more, or room for more staged rows. */
int outbox_spool_fd(const struct outbox *outbox);
void outbox_spool_clear(struct outbox *outbox);

struct outbox_backlog {
	uint64_t connection; /* as outbox_connection() */
	uint64_t waiting;    /* readings in memory that are not acknowledged */
	bool half_full;      /* the memory for readings */
};

struct outbox_backlog outbox_backlog(struct outbox *outbox);

/* How many rows are on disk and not acknowledged, where the outbox cannot know it. */
void outbox_set_spooled(struct outbox *outbox, uint64_t rows);

/* The rows on disk are lost, and counted. */
void outbox_spool_lost(struct outbox *outbox);

/* Whether backlog in memory waits. */
void outbox_hold(struct outbox *outbox, bool held);

/*
 * The oldest readings, copied into *batch; the backlog in memory is held. false: there is a
 * connection, or nothing to copy. outbox_spilled() must follow.
 */
bool outbox_spill(struct outbox *outbox, struct outbox_batch *batch);

/*
 * That batch is on disk and leaves the outbox; the oldest 'dropped' rows had to go for it, and
 * 'rows' are there now. Or it is not (kept false), and stays.
 */
void outbox_spilled(struct outbox *outbox, bool kept, uint64_t dropped, uint64_t rows);

/*
 * The next row, by growing number, for that connection. 0; -EAGAIN: no room now, the fd tells when
 * there is; -ENOTCONN: that connection is gone, and with it what was staged: go on behind
 * outbox_staged_until(). A row of our own that was taken before the clock was set gets its time
 * now, or waits for it (-EAGAIN). -EMSGSIZE: larger than any reading can be.
 */
int outbox_stage(struct outbox *outbox, uint64_t connection, uint64_t number,
	const struct spool_record *row, bool ours);

/* No more rows for now: the fd tells when all that are staged have been acknowledged. */
void outbox_staged_all(struct outbox *outbox);

/* Up to this number every row that was staged is acknowledged. */
uint64_t outbox_staged_until(struct outbox *outbox);
