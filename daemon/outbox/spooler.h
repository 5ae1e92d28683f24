/* SPDX-License-Identifier: MIT */
/*
 * Carries readings and events between the outbox and their spools: to disk in an outage that is too
 * long for memory, and back when the broker returns. It is a thread of its own, so that a slow card
 * delays neither commands nor readings. It sleeps while there is a connection and nothing on disk.
 *
 * If an outage has lasted for after_us, or readings fill half of their memory, the oldest ones go
 * to disk: 20 or more at a time, or after 10 s as many as there are. Events go after a second of an
 * outage, and once a second. With a connection nothing is written, but delivered rows are removed;
 * a file goes with its last row.
 *
 * If the disk fails, this is logged once, and memory goes on: when full, it drops its oldest.
 */
#pragma once

#include "health_part.h"
#include "outbox.h"
#include <stdint.h>

struct spooler_settings {
	const char *directory; /* borrowed for the spooler's life */
	struct outbox *outbox; /* borrowed for the same time */
	uint64_t size_bytes;   /* limit on disk; for events there is OUTBOX_EVENTS_MAX as well */
	uint64_t after_us;
};

struct spooler;

/* Starts the thread, which takes over what an earlier process left. */
int spooler_new(const struct spooler_settings *settings, struct spooler **ret_spooler);

/* Takes effect at once. */
void spooler_configure(struct spooler *spooler, uint64_t size_bytes, uint64_t after_us);

struct spooler_status {
	struct health_part part; /* the disk */
	bool is_known;           /* false: the rows could not be read; the next two are unknown */
	uint64_t rows, bytes;    /* on disk; bytes as size_bytes counts them */
};

/* Any thread. The status after the spooler's last step, or that this one waits for a disk that does
 * not answer, which is logged, too. */
struct spooler_status spooler_status(struct spooler *spooler);

/* Readable once the disk has failed, recovered or failed for another reason, until
 * spooler_status(). */
int spooler_fd(const struct spooler *spooler);

/*
 * Saves what is not acknowledged, ends the thread, frees. Call this when the outbox has no
 * connection any more and nobody puts. 0; spooler may be NULL. -ETIMEDOUT: the disk did not answer
 * within timeout_us. Then the thread goes on, the outbox must stay, and the process should end.
 */
int spooler_close(struct spooler *spooler, uint64_t timeout_us);
