/* SPDX-License-Identifier: MIT */
#include "spooler.h"

#include "carrier.h"
#include "clock.h"
#include "log.h"
#include "timed_cond.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	TICK_MS = 1000,      /* how often it checks in an outage */
	SILENT_US = 5000000, /* a disk that takes longer for one step does not answer */
};

/*
 * Events come first. They are few and each of them counts, so they do not wait until an outage is a
 * long one. A reading is soon followed by the next.
 */
static const struct carrier_kind KINDS[] = {
	{OUTBOX_EVENTS, SPOOL_EVENTS, "events", OUTBOX_EVENTS_MAX, 1000000, 1000000},
	{OUTBOX_READINGS, SPOOL_READINGS, "readings", UINT64_MAX, UINT64_MAX, 10000000},
};

enum { N_CARRIERS = sizeof(KINDS) / sizeof(KINDS[0]) };

struct spooler {
	struct spooler_settings settings;
	pthread_t thread;
	int command_fd;

	pthread_mutex_t mutex; /* over the next block */
	pthread_cond_t changed;
	bool closing, ended;
	uint64_t size_bytes, after_us;
	int status_fd;
	bool is_told;           /* status_fd is readable */
	uint64_t busy_since_us; /* 0: it does not wait for the disk */
	bool is_silence_told;   /* the user knows that the disk does not answer */
	struct spooler_status status;

	/* The thread's own. */
	struct carrier carriers[N_CARRIERS];
	struct outbox_batch batch;
};

/* The mutex is held. */
static void tell(struct spooler *spooler)
{
	if (!spooler->is_told)
		(void)eventfd_write(spooler->status_fd, 1);
	spooler->is_told = true;
}

/* Updates the status that other threads see. */
static void publish(struct spooler *spooler)
{
	struct spooler_status *status = &spooler->status;
	const struct carrier *worst = spooler->carriers;

	(void)pthread_mutex_lock(&spooler->mutex);
	spooler->busy_since_us = 0;
	if (spooler->is_silence_told) {
		spooler->is_silence_told = false;
		log_notice("spool", "the disk answers again");
		tell(spooler);
	}
	status->is_known = true;
	status->rows = status->bytes = 0;
	for (size_t i = 0; i < N_CARRIERS; i++) {
		struct carrier *carrier = &spooler->carriers[i];

		status->is_known = status->is_known && !carrier->is_unread;
		status->rows += spool_count(carrier->spool);
		status->bytes += spool_bytes(carrier->spool);
		if (!worst->part.failed)
			worst = carrier;
		if (carrier->is_changed)
			tell(spooler);
		carrier->is_changed = false;
	}
	if (spooler->is_told)
		status->part = worst->part;
	(void)pthread_mutex_unlock(&spooler->mutex);
}

static void wait(struct spooler *spooler)
{
	struct pollfd fds[] = {
		{.fd = spooler->command_fd, .events = POLLIN},
		{.fd = outbox_spool_fd(spooler->settings.outbox), .events = POLLIN},
	};
	bool waits = false;

	for (size_t i = 0; i < N_CARRIERS; i++)
		waits = waits || carrier_waits(&spooler->carriers[i]);

	publish(spooler);
	(void)poll(fds, 2, waits ? TICK_MS : -1);
	outbox_spool_clear(spooler->settings.outbox);
}

/* Also updates the length of an outage and the limit on disk. False: closing. */
static bool take_commands(struct spooler *spooler, uint64_t *ret_after_us, uint64_t *ret_size_bytes)
{
	eventfd_t count;
	bool closing;

	(void)pthread_mutex_lock(&spooler->mutex);
	(void)eventfd_read(spooler->command_fd, &count);
	closing = spooler->closing;
	spooler->busy_since_us = clock_now_us();
	*ret_after_us = spooler->after_us;
	*ret_size_bytes = spooler->size_bytes;
	(void)pthread_mutex_unlock(&spooler->mutex);
	return !closing;
}

static void *run(void *argument)
{
	struct spooler *spooler = argument;
	uint64_t after_us, size_bytes;

	for (size_t i = 0; i < N_CARRIERS; i++)
		carrier_load(&spooler->carriers[i]);
	while (take_commands(spooler, &after_us, &size_bytes)) {
		for (size_t i = 0; i < N_CARRIERS; i++)
			carrier_turn(&spooler->carriers[i], after_us, size_bytes);
		wait(spooler);
	}
	for (size_t i = 0; i < N_CARRIERS; i++) {
		carrier_save(&spooler->carriers[i]);
		carrier_fini(&spooler->carriers[i]);
	}

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
	for (size_t i = 0; i < N_CARRIERS; i++)
		carrier_fini(&spooler->carriers[i]);
	(void)pthread_cond_destroy(&spooler->changed);
	(void)pthread_mutex_destroy(&spooler->mutex);
	free(spooler);
}

static void init_locks(struct spooler *spooler)
{
	(void)pthread_mutex_init(&spooler->mutex, NULL);
	timed_cond_init(&spooler->changed);
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
	spooler->busy_since_us = clock_now_us();
	spooler->command_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	spooler->status_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	r = spooler->command_fd < 0 || spooler->status_fd < 0 ? -errno : 0;
	for (size_t i = 0; i < N_CARRIERS && r == 0; i++)
		r = carrier_init(&spooler->carriers[i], &KINDS[i], settings->directory,
			settings->outbox, &spooler->batch);
	if (r == 0)
		r = -pthread_create(&spooler->thread, NULL, run, spooler);
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

/* The thread cannot say it: it waits for the disk. The mutex is held. */
static void note_silence(struct spooler *spooler, struct spooler_status *status)
{
	uint64_t busy_us = spooler->busy_since_us ? clock_now_us() - spooler->busy_since_us : 0;

	if (busy_us < SILENT_US || status->part.failed)
		return;
	status->part.failed = true;
	status->part.since_ms = clock_wall_ms() - busy_us / 1000;
	(void)snprintf(status->part.error, sizeof(status->part.error),
		"%.200s: the disk has not answered for 5 s; what is on it, and what came after "
		"that, is sent when it does",
		spooler->settings.directory);
	_Static_assert(SILENT_US == 5000000, "as the words say");
	if (!spooler->is_silence_told)
		log_error("spool", "%s", status->part.error);
	spooler->is_silence_told = true;
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
	note_silence(spooler, &status);
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
	bool in_time = true, ended;

	if (!spooler)
		return 0;
	(void)pthread_mutex_lock(&spooler->mutex);
	spooler->closing = true;
	(void)eventfd_write(spooler->command_fd, 1);
	while (!spooler->ended && in_time)
		in_time = timed_cond_wait(&spooler->changed, &spooler->mutex, end_us);
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
