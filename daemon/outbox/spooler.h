/* SPDX-License-Identifier: MIT */
/*
 * Carries readings between the outbox and the spool: to disk in an outage that is too long for
 * memory, and back when the broker is there again. A thread of its own, so that a slow card delays
 * neither a command nor a reading; it sleeps while there is a connection and nothing on disk.
 *
 * In an outage that has lasted for after_us, or fills half of the memory for readings, the oldest
 * ones go to disk, 20 or more at a time, or what there is after 10 s. With a connection nothing is
 * written, but what was delivered is removed; the file goes with its last row.
 *
 * When the disk fails, that is told once, and memory goes on: it drops its oldest when it is full.
 */
#pragma once

#include "health_part.h"
#include "outbox.h"
#include <stdint.h>

struct spooler_settings {
	const char *directory; /* borrowed for the spooler's life */
	struct outbox *outbox; /* as well */
	uint64_t size_bytes;   /* at most, on disk */
	uint64_t after_us;
};

struct spooler;

/* Starts the thread, which takes up what an earlier process left. */
int spooler_new(const struct spooler_settings *settings, struct spooler **ret_spooler);

/* From now on. */
void spooler_configure(struct spooler *spooler, uint64_t size_bytes, uint64_t after_us);

struct spooler_status {
	struct health_part part; /* the disk */
	bool is_known;           /* what lies there; false: it could not be read */
	uint64_t rows, bytes;    /* bytes: as size_bytes counts them */
};

/* Any thread. As of the last time that the spooler did something. */
struct spooler_status spooler_status(struct spooler *spooler);

/* Readable from when the disk failed, recovered or failed for another reason, until
 * spooler_status(). */
int spooler_fd(const struct spooler *spooler);

/*
 * Saves what is not acknowledged, ends the thread, frees. To be called when the outbox has no
 * connection any more and nobody puts. 0; spooler may be NULL. -ETIMEDOUT: the disk did not answer
 * within timeout_us. Then the thread goes on, the outbox must stay, and the process should end.
 */
int spooler_close(struct spooler *spooler, uint64_t timeout_us);
