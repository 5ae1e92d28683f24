/* SPDX-License-Identifier: MIT */
/*
 * The outbox's interface to the disk, for the spooler's thread alone. None of these functions
 * waits, and the outbox does not touch the disk itself. Each stream has a file of its own.
 *
 * Out: without a connection a batch of the oldest readings, or events, is copied, and leaves the
 * outbox once it is on disk. So everything on disk is older than everything in memory.
 *
 * In: with a connection rows are staged in their order, and the link is given them as backlog.
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

/* Readable when a connection was made or lost, or when there is room for more staged rows. */
int outbox_spool_fd(const struct outbox *outbox);
void outbox_spool_clear(struct outbox *outbox);

struct outbox_backlog {
	uint64_t connection; /* as outbox_connection() */
	uint64_t waiting;    /* in memory and not acknowledged */
	bool half_full;      /* the stream fills half of its memory */
};

struct outbox_backlog outbox_backlog(struct outbox *outbox, enum outbox_stream stream);

/* Sets the number of rows on disk that are not acknowledged, if the outbox cannot know it. */
void outbox_set_spooled(struct outbox *outbox, enum outbox_stream stream, uint64_t rows);

/* Counts the oldest rows on disk, which were removed, as lost; 'rows' rows are there now. */
void outbox_rows_dropped(
	struct outbox *outbox, enum outbox_stream stream, uint64_t dropped, uint64_t rows);

/* Counts the rows on disk as lost. */
void outbox_spool_lost(struct outbox *outbox, enum outbox_stream stream);

/* Makes backlog in memory wait, or lets it go. */
void outbox_hold(struct outbox *outbox, enum outbox_stream stream, bool held);

/*
 * Copies the oldest ones into *batch, and holds the backlog in memory. False: there is a
 * connection, or nothing to copy. Call outbox_spilled() afterwards.
 */
bool outbox_spill(struct outbox *outbox, enum outbox_stream stream, struct outbox_batch *batch);

/*
 * kept: the batch is on disk and leaves the outbox. The oldest 'dropped' rows were removed for it,
 * and 'rows' rows are on disk now. Not kept: the batch stays in the outbox.
 */
void outbox_spilled(struct outbox *outbox, enum outbox_stream stream, bool kept, uint64_t dropped,
	uint64_t rows);

/*
 * Stages the next row, by growing number, for that connection. 0; -EAGAIN: there is no room now,
 * and the fd tells when there is; -ENOTCONN: that connection is gone, with all that was staged:
 * continue after outbox_staged_until(). A row of this process from before the clock was set gets
 * its time now, or waits for it (-EAGAIN). -EMSGSIZE: larger than any of the stream can be.
 */
int outbox_stage(struct outbox *outbox, enum outbox_stream stream, uint64_t connection,
	uint64_t number, const struct spool_record *row, bool ours);

/* There are no more rows for now: the fd tells when all staged ones have been acknowledged. */
void outbox_staged_all(struct outbox *outbox, enum outbox_stream stream);

/* Every staged row up to this number has been acknowledged. */
uint64_t outbox_staged_until(struct outbox *outbox, enum outbox_stream stream);
