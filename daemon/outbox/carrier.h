/* SPDX-License-Identifier: MIT */
/*
 * Carries one stream between the outbox and its spool. Belongs to the spooler's thread; every
 * function may wait for the disk.
 */
#pragma once

#include "health_part.h"
#include "outbox_spool.h"
#include "spool.h"

/* The differences between the streams. */
struct carrier_kind {
	enum outbox_stream stream;
	enum spool_kind spool;
	const char *what; /* "readings" */
	uint64_t max_rows;
	uint64_t after_us; /* the longest that an outage lasts before they go to disk */
	uint64_t batch_us; /* a small batch is written after this time */
};

struct carrier {
	const struct carrier_kind *kind;
	const char *directory;
	struct outbox *outbox;
	struct outbox_batch *batch;
	struct spool *spool;
	struct health_part part; /* the disk */
	bool is_changed;         /* the part has changed; the owner clears this */
	uint64_t now_us;
	uint64_t connection;   /* seen last; 0: none */
	uint64_t outage_us;    /* when the connection was lost */
	uint64_t written_us;   /* the last batch */
	uint64_t retry_us;     /* no write before */
	bool is_failing;       /* the disk fails, and the user knows */
	bool is_spilling;      /* it writes in this outage, and the user knows */
	bool is_draining;      /* there may be rows to send with this connection */
	bool is_unread;        /* there may be rows that could not be read */
	uint64_t loaded_until; /* rows up to here are from an earlier process */
	uint64_t drain_begin, read_until, staged, removed; /* row numbers */
};

/* directory, outbox and batch are borrowed. The outage begins now. Backlog in memory is held until
 * carrier_load(). Any thread; does not touch the disk. 0, or -ENOMEM. */
int carrier_init(struct carrier *carrier, const struct carrier_kind *kind, const char *directory,
	struct outbox *outbox, struct outbox_batch *batch);
void carrier_fini(struct carrier *carrier);

/* Takes over what an earlier process left. */
void carrier_load(struct carrier *carrier);

/* Does what is due. after_us, size_bytes: from the map. */
void carrier_turn(struct carrier *carrier, uint64_t after_us, uint64_t size_bytes);

/* Returns true if time alone may make something due. */
bool carrier_waits(const struct carrier *carrier);

/* The last turn: saves what is not acknowledged, and logs what cannot be saved. */
void carrier_save(struct carrier *carrier);
