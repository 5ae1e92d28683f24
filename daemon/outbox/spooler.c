/* SPDX-License-Identifier: MIT */
#include "spooler.h"

#include "clock.h"
#include "log.h"
#include "outbox_spool.h"
#include "spool.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH_ROWS = 20, /* at least, unless the time below is over */
	BATCH_US = 10000000,
	TICK_MS = 1000,      /* how often it checks in an outage */
	RETRY_US = 10000000, /* after the disk failed */
};

struct spooler {
	struct spooler_settings settings;
	pthread_t thread;
	int command_fd;

	pthread_mutex_t mutex; /* over the next block */
	pthread_cond_t changed;
	bool closing, ended;
	uint64_t size_bytes, after_us;
	int status_fd;
	bool is_told; /* status_fd is readable */
	struct spooler_status status;

	/* The thread's own. */
	struct spool *spool;
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
	struct outbox_batch batch;
};

/* The mutex is held. */
static void tell(struct spooler *spooler)
{
	if (!spooler->is_told)
		(void)eventfd_write(spooler->status_fd, 1);
	spooler->is_told = true;
}

/* The mutex is held. */
static void note_stock(struct spooler *spooler)
{
	spooler->status.is_known = !spooler->is_unread;
	spooler->status.rows = spool_count(spooler->spool);
	spooler->status.bytes = spool_bytes(spooler->spool);
}

static void note(struct spooler *spooler, const char *error)
{
	(void)pthread_mutex_lock(&spooler->mutex);
	note_stock(spooler);
	if (health_part_note(&spooler->status.part, error, clock_wall_ms()))
		tell(spooler);
	(void)pthread_mutex_unlock(&spooler->mutex);
}

static void report(struct spooler *spooler, int error)
{
	const char *directory = spooler->settings.directory;
	char text[HEALTH_PART_TEXT_BYTES];

	spooler->retry_us = spooler->now_us + RETRY_US;
	if (error == -EBADMSG) {
		outbox_spool_lost(spooler->settings.outbox);
		(void)snprintf(text, sizeof(text),
			"%s/spool.db is damaged, and is now spool.db.damaged; the readings in it "
			"are not sent",
			directory);
	} else {
		struct state_cause cause;

		spool_describe(spooler->spool, error, &cause);
		(void)snprintf(text, sizeof(text),
			"%s/spool.db: %s; readings are kept in memory only, which drops the oldest "
			"when it is full%s%s",
			directory, cause.why, *cause.cure ? ": " : "", cause.cure);
	}
	note(spooler, text);
	if (!spooler->is_failing)
		log_error("spool", "%s", text);
	spooler->is_failing = true;
}

/* Something was written, or could be. Reading would prove less: the disk may be full. */
static void works(struct spooler *spooler)
{
	if (!spooler->is_failing)
		return;
	log_notice("spool", "%s/spool.db works again", spooler->settings.directory);
	note(spooler, NULL);
	spooler->is_failing = false;
}

static void load(struct spooler *spooler)
{
	int r = spool_load(spooler->spool);

	/* A damaged file has been moved aside, so nothing more will come of it. */
	spooler->is_unread = r < 0 && r != -EBADMSG;
	if (r < 0)
		report(spooler, r);
	outbox_set_spooled(spooler->settings.outbox, spool_count(spooler->spool));
	if (spooler->loaded_until == 0)
		spooler->loaded_until = spool_last(spooler->spool);
	if (spool_count(spooler->spool) > 0)
		log_notice("spool", "%" PRIu64 " readings are on disk from an earlier run",
			spool_count(spooler->spool));
}

/* Writes one batch. 1: done. 0: there was nothing more, or there is a connection. Or an error. */
static int spill_batch(struct spooler *spooler)
{
	struct outbox_batch *batch = &spooler->batch;
	uint64_t dropped = 0;
	int r;

	if (!outbox_spill(spooler->settings.outbox, batch))
		return 0;
	if (!spooler->is_spilling && !spooler->is_failing)
		log_info("spool", "readings that wait for the broker go to disk");
	spooler->is_spilling = true;
	r = spool_append(spooler->spool, batch->rows, batch->count, &dropped);
	outbox_spilled(spooler->settings.outbox, r == 0, dropped, spool_count(spooler->spool));
	spooler->written_us = clock_now_us();
	if (r < 0) {
		report(spooler, r);
		return r;
	}
	works(spooler);
	log_debug("spool", "%zu readings are on disk, up to %" PRIu64, batch->count,
		batch->rows[batch->count - 1].taken_ms);
	return 1;
}

static bool is_due(
	const struct spooler *spooler, const struct outbox_backlog *backlog, uint64_t after_us)
{
	if (backlog->waiting == 0 || spooler->now_us < spooler->retry_us)
		return false;
	if (spooler->now_us - spooler->outage_us < after_us && !backlog->half_full)
		return false;
	return backlog->waiting >= BATCH_ROWS || spooler->now_us - spooler->written_us >= BATCH_US;
}

static void spill(struct spooler *spooler, uint64_t after_us)
{
	struct outbox_backlog backlog = outbox_backlog(spooler->settings.outbox);

	while (is_due(spooler, &backlog, after_us) && spill_batch(spooler) == 1)
		backlog = outbox_backlog(spooler->settings.outbox);
}

/* Removes rows that the broker has. */
static void remove_acknowledged(struct spooler *spooler)
{
	uint64_t until = outbox_staged_until(spooler->settings.outbox);
	int r;

	if (until <= spooler->removed)
		return;
	r = spool_remove_until(spooler->spool, until);
	/* A row that cannot be removed is sent again by the next process, but not by this one. */
	spooler->removed = until;
	if (r < 0)
		report(spooler, r);
}

/* The disk is empty: now the backlog in memory goes out. */
static void end_drain(struct spooler *spooler)
{
	spooler->is_draining = false;
	outbox_hold(spooler->settings.outbox, false);
}

static void finish_drain(struct spooler *spooler)
{
	int r = 0;

	outbox_staged_all(spooler->settings.outbox);
	if (spooler->staged > spooler->removed &&
		outbox_staged_until(spooler->settings.outbox) < spooler->staged)
		return;
	/* Includes rows that could not be staged. */
	if (spooler->read_until > spooler->removed)
		r = spool_remove_until(spooler->spool, spooler->read_until);
	if (r < 0) {
		report(spooler, r);
	} else if (spooler->read_until > spooler->drain_begin) {
		works(spooler);
		log_info("spool", "all readings that were on disk have been delivered");
	}
	spooler->removed = spooler->read_until;
	outbox_set_spooled(spooler->settings.outbox, 0);
	end_drain(spooler);
}

/* Stages as many rows as there is room for. */
static void drain(struct spooler *spooler)
{
	struct outbox *outbox = spooler->settings.outbox;
	struct spool_record row;
	uint64_t number;
	int r;

	while ((r = spool_next(spooler->spool, spooler->read_until, &row, &number)) == 1) {
		bool ours = number > spooler->loaded_until;
		int staged = outbox_stage(outbox, spooler->connection, number, &row, ours);

		if (staged == -EAGAIN || staged == -ENOTCONN)
			return;
		spooler->read_until = number;
		if (staged == 0)
			spooler->staged = number;
	}
	if (r == 0) {
		finish_drain(spooler);
		return;
	}
	/* Memory does not wait for the disk, which is tried again. */
	spooler->is_unread = r != -EBADMSG;
	report(spooler, r);
	end_drain(spooler);
}

static void begin_drain(struct spooler *spooler)
{
	if (spooler->is_unread)
		load(spooler);
	if (spool_count(spooler->spool) > 0)
		outbox_hold(spooler->settings.outbox, true);
	spooler->is_draining = true;
	/* Rows that were staged but not acknowledged are sent again. */
	spooler->drain_begin = spooler->read_until = spooler->staged = spooler->removed;
}

/* With a connection nothing is written, so otherwise nobody would notice that the disk recovered.
 * */
static void look_again(struct spooler *spooler)
{
	if (!spooler->is_failing || spooler->is_unread || spooler->is_draining ||
		spooler->connection == 0 || spooler->now_us < spooler->retry_us)
		return;
	spooler->retry_us = spooler->now_us + RETRY_US;
	if (spool_probe(spooler->spool) == 0)
		works(spooler);
}

static void note_connection(struct spooler *spooler, uint64_t connection)
{
	if (connection == spooler->connection)
		return;
	if (connection == 0) {
		spooler->outage_us = spooler->written_us = spooler->now_us;
		spooler->is_spilling = spooler->is_draining = false;
		if (spool_count(spooler->spool) > 0)
			outbox_hold(spooler->settings.outbox, true);
	} else {
		begin_drain(spooler);
	}
	spooler->connection = connection;
}

static void wait(struct spooler *spooler)
{
	struct pollfd fds[] = {
		{.fd = spooler->command_fd, .events = POLLIN},
		{.fd = outbox_spool_fd(spooler->settings.outbox), .events = POLLIN},
	};

	(void)pthread_mutex_lock(&spooler->mutex);
	note_stock(spooler);
	(void)pthread_mutex_unlock(&spooler->mutex);
	(void)poll(fds, 2,
		spooler->connection == 0 || spooler->is_unread || spooler->is_failing ? TICK_MS
										      : -1);
	spooler->now_us = clock_now_us();
	outbox_spool_clear(spooler->settings.outbox);
}

/* Also updates the length of an outage and the limit on disk. False: closing. */
static bool take_commands(struct spooler *spooler, uint64_t *ret_after_us)
{
	eventfd_t count;
	bool closing;

	(void)pthread_mutex_lock(&spooler->mutex);
	(void)eventfd_read(spooler->command_fd, &count);
	closing = spooler->closing;
	*ret_after_us = spooler->after_us;
	spool_set_size(spooler->spool, spooler->size_bytes);
	(void)pthread_mutex_unlock(&spooler->mutex);
	return !closing;
}

static void save_all(struct spooler *spooler)
{
	uint64_t waiting;

	while (spill_batch(spooler) == 1)
		;
	waiting = outbox_backlog(spooler->settings.outbox).waiting;
	if (waiting > 0)
		log_error("spool", "%" PRIu64 " readings could not be saved and are lost", waiting);
}

static void *run(void *argument)
{
	struct spooler *spooler = argument;
	uint64_t after_us;

	load(spooler);
	while (take_commands(spooler, &after_us)) {
		remove_acknowledged(spooler);
		note_connection(spooler, outbox_backlog(spooler->settings.outbox).connection);
		if (spooler->is_unread && spooler->connection != 0 &&
			spooler->now_us >= spooler->retry_us)
			begin_drain(spooler);
		if (spooler->is_draining)
			drain(spooler);
		else if (spooler->connection == 0)
			spill(spooler, after_us);
		look_again(spooler);
		wait(spooler);
	}
	remove_acknowledged(spooler);
	save_all(spooler);
	spooler->spool = spool_free(spooler->spool);

	(void)pthread_mutex_lock(&spooler->mutex);
	spooler->ended = true;
	(void)pthread_cond_signal(&spooler->changed);
	(void)pthread_mutex_unlock(&spooler->mutex);
	return NULL;
}

static void free_spooler(struct spooler *spooler)
{
	if (spooler->command_fd >= 0)
		(void)close(spooler->command_fd);
	if (spooler->status_fd >= 0)
		(void)close(spooler->status_fd);
	spool_free(spooler->spool);
	(void)pthread_cond_destroy(&spooler->changed);
	(void)pthread_mutex_destroy(&spooler->mutex);
	free(spooler);
}

static void init_locks(struct spooler *spooler)
{
	pthread_condattr_t attributes;

	(void)pthread_mutex_init(&spooler->mutex, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&spooler->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

int spooler_new(const struct spooler_settings *settings, struct spooler **ret_spooler)
{
	struct spooler *spooler = calloc(1, sizeof(*spooler));
	int r;

	if (!spooler)
		return -ENOMEM;
	init_locks(spooler);
	spooler->settings = *settings;
	spooler->size_bytes = settings->size_bytes;
	spooler->after_us = settings->after_us;
	/* The outage begins with the process. */
	spooler->now_us = spooler->outage_us = spooler->written_us = clock_now_us();
	spooler->command_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	spooler->status_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	r = spooler->command_fd < 0 || spooler->status_fd < 0 ? -errno : 0;
	if (r == 0)
		r = spool_new(settings->directory, settings->size_bytes, &spooler->spool);
	if (r == 0) {
		/* It is not known yet what is on disk. */
		outbox_hold(settings->outbox, true);
		r = -pthread_create(&spooler->thread, NULL, run, spooler);
	}
	if (r < 0) {
		free_spooler(spooler);
		return r;
	}
	(void)pthread_setname_np(spooler->thread, "spooler");
	*ret_spooler = spooler;
	return 0;
}

void spooler_configure(struct spooler *spooler, uint64_t size_bytes, uint64_t after_us)
{
	(void)pthread_mutex_lock(&spooler->mutex);
	spooler->size_bytes = size_bytes;
	spooler->after_us = after_us;
	(void)eventfd_write(spooler->command_fd, 1);
	(void)pthread_mutex_unlock(&spooler->mutex);
}

struct spooler_status spooler_status(struct spooler *spooler)
{
	struct spooler_status status;
	eventfd_t count;

	(void)pthread_mutex_lock(&spooler->mutex);
	if (spooler->is_told)
		(void)eventfd_read(spooler->status_fd, &count);
	spooler->is_told = false;
	status = spooler->status;
	(void)pthread_mutex_unlock(&spooler->mutex);
	return status;
}

int spooler_fd(const struct spooler *spooler)
{
	return spooler->status_fd;
}

int spooler_close(struct spooler *spooler, uint64_t timeout_us)
{
	uint64_t end_us = clock_now_us() + timeout_us;
	const struct timespec end = {(time_t)(end_us / 1000000), (long)(end_us % 1000000) * 1000};
	bool in_time = true, ended;

	if (!spooler)
		return 0;
	(void)pthread_mutex_lock(&spooler->mutex);
	spooler->closing = true;
	(void)eventfd_write(spooler->command_fd, 1);
	while (!spooler->ended && in_time)
		in_time = pthread_cond_timedwait(&spooler->changed, &spooler->mutex, &end) !=
			ETIMEDOUT;
	ended = spooler->ended;
	(void)pthread_mutex_unlock(&spooler->mutex);
	if (!ended) {
		(void)pthread_detach(spooler->thread);
		return -ETIMEDOUT;
	}
	(void)pthread_join(spooler->thread, NULL);
	free_spooler(spooler);
	return 0;
}
