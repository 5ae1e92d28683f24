/* SPDX-License-Identifier: MIT */
#include "carrier.h"

#include "clock.h"
#include "log.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum {
	BATCH_ROWS = 20,     /* at least, unless the batch_us of the stream is over */
	RETRY_US = 10000000, /* after the disk failed */
};

static void note(struct carrier *carrier, const char *error)
{
	if (health_part_note(&carrier->part, error, clock_wall_ms()))
		carrier->is_changed = true;
}

static void report(struct carrier *carrier, int error)
{
	const char *directory = carrier->directory, *name = spool_name(carrier->spool);
	const char *what = carrier->kind->what;
	char text[HEALTH_PART_TEXT_BYTES];

	carrier->retry_us = carrier->now_us + RETRY_US;
	if (error == -EBADMSG) {
		outbox_spool_lost(carrier->outbox, carrier->kind->stream);
		(void)snprintf(text, sizeof(text),
			"%s/%s is damaged, and is now %s.damaged; the %s in it are not sent",
			directory, name, name, what);
	} else {
		struct state_cause cause;

		spool_describe(carrier->spool, error, &cause);
		(void)snprintf(text, sizeof(text),
			"%s/%s: %s; %s are kept in memory only, which drops the oldest when it is "
			"full%s%s",
			directory, name, cause.why, what, *cause.cure ? ": " : "", cause.cure);
	}
	note(carrier, text);
	/* Damage is reported even after another failure. */
	if (!carrier->is_failing || error == -EBADMSG)
		log_error("spool", "%s", text);
	carrier->is_failing = true;
}

/* Something was written, or could be. Reading would prove less: the disk may be full. */
static void works(struct carrier *carrier)
{
	if (!carrier->is_failing)
		return;
	log_notice("spool", "%s/%s works again", carrier->directory, spool_name(carrier->spool));
	note(carrier, NULL);
	carrier->is_failing = false;
}

void carrier_load(struct carrier *carrier)
{
	int r = spool_load(carrier->spool);

	/* A damaged file has been moved aside, so nothing more will come of it. */
	carrier->is_unread = r < 0 && r != -EBADMSG;
	if (r < 0)
		report(carrier, r);
	outbox_set_spooled(carrier->outbox, carrier->kind->stream, spool_count(carrier->spool));
	if (carrier->loaded_until == 0)
		carrier->loaded_until = spool_last(carrier->spool);
	if (spool_count(carrier->spool) > 0)
		log_notice("spool", "%" PRIu64 " %s are on disk from an earlier run",
			spool_count(carrier->spool), carrier->kind->what);
}

/* Writes one batch. 1: done. 0: there was nothing more, or there is a connection. Or an error. */
static int spill_batch(struct carrier *carrier)
{
	struct outbox_batch *batch = carrier->batch;
	uint64_t dropped = 0;
	int r;

	if (!outbox_spill(carrier->outbox, carrier->kind->stream, batch))
		return 0;
	if (!carrier->is_spilling && !carrier->is_failing)
		log_info("spool", "%s that wait for the broker go to disk", carrier->kind->what);
	carrier->is_spilling = true;
	r = spool_append(carrier->spool, batch->rows, batch->count, &dropped);
	outbox_spilled(carrier->outbox, carrier->kind->stream, r == 0, dropped,
		spool_count(carrier->spool));
	carrier->written_us = carrier->now_us;
	if (r < 0) {
		report(carrier, r);
		return r;
	}
	works(carrier);
	log_debug("spool", "%zu %s are on disk, up to %" PRIu64, batch->count, carrier->kind->what,
		batch->rows[batch->count - 1].taken_ms);
	return 1;
}

static bool is_due(
	const struct carrier *carrier, const struct outbox_backlog *backlog, uint64_t after_us)
{
	if (backlog->waiting == 0 || carrier->now_us < carrier->retry_us)
		return false;
	if (carrier->now_us - carrier->outage_us < after_us && !backlog->half_full)
		return false;
	return backlog->waiting >= BATCH_ROWS ||
		carrier->now_us - carrier->written_us >= carrier->kind->batch_us;
}

static void spill(struct carrier *carrier, uint64_t after_us)
{
	struct outbox_backlog backlog = outbox_backlog(carrier->outbox, carrier->kind->stream);

	if (after_us > carrier->kind->after_us)
		after_us = carrier->kind->after_us;
	while (is_due(carrier, &backlog, after_us) && spill_batch(carrier) == 1)
		backlog = outbox_backlog(carrier->outbox, carrier->kind->stream);
}

/* Removes rows that the broker has. */
static void remove_acknowledged(struct carrier *carrier)
{
	uint64_t until = outbox_staged_until(carrier->outbox, carrier->kind->stream);
	int r;

	if (until <= carrier->removed)
		return;
	r = spool_remove_until(carrier->spool, until);
	/* A row that cannot be removed is sent again by the next process, but not by this one. */
	carrier->removed = until;
	if (r < 0)
		report(carrier, r);
}

/* The disk is empty: now the backlog in memory goes out. */
static void end_drain(struct carrier *carrier)
{
	carrier->is_draining = false;
	outbox_hold(carrier->outbox, carrier->kind->stream, false);
}

static void finish_drain(struct carrier *carrier)
{
	int r = 0;

	outbox_staged_all(carrier->outbox, carrier->kind->stream);
	if (carrier->staged > carrier->removed &&
		outbox_staged_until(carrier->outbox, carrier->kind->stream) < carrier->staged)
		return;
	/* Includes rows that could not be staged. */
	if (carrier->read_until > carrier->removed)
		r = spool_remove_until(carrier->spool, carrier->read_until);
	if (r < 0) {
		report(carrier, r);
	} else if (carrier->read_until > carrier->drain_begin) {
		works(carrier);
		log_info("spool", "all %s that were on disk have been delivered",
			carrier->kind->what);
	}
	carrier->removed = carrier->read_until;
	outbox_set_spooled(carrier->outbox, carrier->kind->stream, 0);
	end_drain(carrier);
}

/* Stages as many rows as there is room for. */
static void drain(struct carrier *carrier)
{
	struct outbox *outbox = carrier->outbox;
	struct spool_record row;
	uint64_t number;
	int r;

	while ((r = spool_next(carrier->spool, carrier->read_until, &row, &number)) == 1) {
		bool ours = number > carrier->loaded_until;
		int staged = outbox_stage(
			outbox, carrier->kind->stream, carrier->connection, number, &row, ours);

		if (staged == -EAGAIN || staged == -ENOTCONN)
			return;
		carrier->read_until = number;
		if (staged == 0)
			carrier->staged = number;
	}
	if (r == 0) {
		finish_drain(carrier);
		return;
	}
	/* Memory does not wait for the disk, which is tried again. */
	carrier->is_unread = r != -EBADMSG;
	report(carrier, r);
	end_drain(carrier);
}

/* Disk and memory together must not hold more than may be kept. */
static void trim(struct carrier *carrier)
{
	uint64_t max_rows = carrier->kind->max_rows, dropped = 0;
	uint64_t waiting = outbox_backlog(carrier->outbox, carrier->kind->stream).waiting;
	uint64_t rows = waiting < max_rows ? max_rows - waiting : 0;

	if (spool_count(carrier->spool) <= rows)
		return;
	if (spool_trim(carrier->spool, rows, &dropped) == 0)
		outbox_rows_dropped(carrier->outbox, carrier->kind->stream, dropped,
			spool_count(carrier->spool));
}

static void begin_drain(struct carrier *carrier)
{
	if (carrier->is_unread)
		carrier_load(carrier);
	trim(carrier);
	if (spool_count(carrier->spool) > 0)
		outbox_hold(carrier->outbox, carrier->kind->stream, true);
	carrier->is_draining = true;
	/* Rows that were staged but not acknowledged are sent again. */
	carrier->drain_begin = carrier->read_until = carrier->staged = carrier->removed;
}

/* With a connection nothing is written: otherwise nobody would notice that the disk recovered. */
static void look_again(struct carrier *carrier)
{
	if (!carrier->is_failing || carrier->is_unread || carrier->is_draining ||
		carrier->connection == 0 || carrier->now_us < carrier->retry_us)
		return;
	carrier->retry_us = carrier->now_us + RETRY_US;
	if (spool_probe(carrier->spool) == 0)
		works(carrier);
}

static void note_connection(struct carrier *carrier, uint64_t connection)
{
	if (connection == carrier->connection)
		return;
	if (connection == 0) {
		carrier->outage_us = carrier->written_us = carrier->now_us;
		carrier->is_spilling = carrier->is_draining = false;
		if (spool_count(carrier->spool) > 0)
			outbox_hold(carrier->outbox, carrier->kind->stream, true);
	} else {
		begin_drain(carrier);
	}
	carrier->connection = connection;
}

void carrier_turn(struct carrier *carrier, uint64_t after_us, uint64_t size_bytes)
{
	carrier->now_us = clock_now_us();
	spool_set_size(carrier->spool, size_bytes);
	remove_acknowledged(carrier);
	note_connection(carrier, outbox_backlog(carrier->outbox, carrier->kind->stream).connection);
	if (carrier->is_unread && carrier->connection != 0 && carrier->now_us >= carrier->retry_us)
		begin_drain(carrier);
	if (carrier->is_draining)
		drain(carrier);
	else if (carrier->connection == 0)
		spill(carrier, after_us);
	look_again(carrier);
}

bool carrier_waits(const struct carrier *carrier)
{
	return carrier->connection == 0 || carrier->is_unread || carrier->is_failing;
}

void carrier_save(struct carrier *carrier)
{
	uint64_t waiting;

	remove_acknowledged(carrier);
	while (spill_batch(carrier) == 1)
		;
	waiting = outbox_backlog(carrier->outbox, carrier->kind->stream).waiting;
	if (waiting > 0)
		log_error("spool", "%" PRIu64 " %s could not be saved and are lost", waiting,
			carrier->kind->what);
}

int carrier_init(struct carrier *carrier, const struct carrier_kind *kind, const char *directory,
	struct outbox *outbox, struct outbox_batch *batch)
{
	const struct spool_settings settings = {kind->spool, directory, UINT64_MAX, kind->max_rows};
	int r = spool_new(&settings, &carrier->spool);

	if (r < 0)
		return r;
	carrier->kind = kind;
	carrier->directory = directory;
	carrier->outbox = outbox;
	carrier->batch = batch;
	carrier->now_us = carrier->outage_us = carrier->written_us = clock_now_us();
	outbox_hold(outbox, kind->stream, true);
	return 0;
}

void carrier_fini(struct carrier *carrier)
{
	carrier->spool = spool_free(carrier->spool);
}
