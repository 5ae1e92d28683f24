/* SPDX-License-Identifier: MIT */
#include "count_keeper.h"

#include "clock.h"
#include "config.h"
#include "log.h"
#include "regular_file.h"
#include "shared_mutex.h"
#include "state_cause.h"
#include "state_file.h"
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char FILE_NAME[] = "counts";

enum {
	LINE_BYTES = COUNT_KEEPER_NAME_BYTES + 24,
	FILE_BYTES = CONFIG_CHIPS_MAX * LINE_BYTES,
	PATH_BYTES = 4096,
};

struct count {
	char name[COUNT_KEEPER_NAME_BYTES];
	int64_t count;
	bool is_in_use; /* it was read or put, so the map has it */
};

enum phase { WANTED, CARRIED_OUT, BEING_WRITTEN, DONE };

struct wanted {
	struct count_request request;
	enum phase phase;
	int error;
};

struct count_keeper {
	struct count_keeper_settings settings;
	char directory[PATH_BYTES];
	char path[PATH_BYTES];
	atomic_bool has_requests; /* lets the sampler see without the lock that there are none */
	pthread_mutex_t mutex;    /* over everything below */
	pthread_cond_t changed;
	pthread_t thread;
	bool runs, ends, has_ended, is_left_behind, is_used, is_muted;
	struct count counts[CONFIG_CHIPS_MAX];
	size_t n_counts;
	bool is_unsaved, is_failing;
	uint64_t saved_us; /* the last attempt */
	struct wanted requests[COUNT_KEEPER_REQUESTS_MAX];
	size_t n_requests;
};

static struct count *find(struct count_keeper *keeper, const char *name)
{
	for (size_t i = 0; i < keeper->n_counts; i++) {
		if (strcmp(keeper->counts[i].name, name) == 0)
			return &keeper->counts[i];
	}
	return NULL;
}

/* A count whose part the map no longer has. No more are in use than a map may have. */
static struct count *unused(struct count_keeper *keeper)
{
	size_t i = 0;

	if (keeper->n_counts < CONFIG_CHIPS_MAX)
		return &keeper->counts[keeper->n_counts++];
	while (i + 1 < CONFIG_CHIPS_MAX && keeper->counts[i].is_in_use)
		i++;
	return &keeper->counts[i];
}

static struct count *make(struct count_keeper *keeper, const char *name)
{
	struct count *count = find(keeper, name);

	if (count)
		return count;
	count = unused(keeper);
	*count = (struct count){.count = 0};
	(void)snprintf(count->name, sizeof(count->name), "%s", name);
	return count;
}

static void read_line(struct count_keeper *keeper, const char *line)
{
	char name[COUNT_KEEPER_NAME_BYTES];
	int64_t count;

	if (sscanf(line, "%" SCNd64 " %63s", &count, name) == 2 &&
		keeper->n_counts < CONFIG_CHIPS_MAX)
		make(keeper, name)->count = count;
}

static int read_file(struct count_keeper *keeper)
{
	char text[FILE_BYTES + 1];
	char *rest = text, *line;
	int fd = regular_file_open(keeper->path);
	ssize_t size;

	if (fd < 0)
		return fd;
	size = read(fd, text, FILE_BYTES);
	(void)close(fd);
	if (size < 0)
		return -errno;
	text[size] = '\0';
	while ((line = strsep(&rest, "\n")))
		read_line(keeper, line);
	return 0;
}

static void describe(const struct count_keeper *keeper, int error, struct state_cause *ret_cause)
{
	static const char *const NAMES[] = {FILE_NAME, NULL};

	state_cause_describe(keeper->directory, NAMES, error, ret_cause);
}

static int load(struct count_keeper *keeper)
{
	struct state_cause cause = {0};
	int r = snprintf(
		keeper->directory, sizeof(keeper->directory), "%s", keeper->settings.state_dir);

	if (r < 0 || (size_t)r >= sizeof(keeper->directory))
		return -ENAMETOOLONG;
	r = snprintf(
		keeper->path, sizeof(keeper->path), "%s/%s", keeper->settings.state_dir, FILE_NAME);
	if (r < 0 || (size_t)r >= sizeof(keeper->path))
		return -ENAMETOOLONG;
	r = read_file(keeper);
	if (r < 0 && r != -ENOENT) {
		describe(keeper, r, &cause);
		log_warning("counts", "%s: %s; the counts begin at 0", keeper->path, cause.why);
	}
	return 0;
}

int count_keeper_new(const struct count_keeper_settings *settings, struct count_keeper **ret_keeper)
{
	struct count_keeper *keeper = calloc(1, sizeof(*keeper));
	pthread_condattr_t attributes;
	int r;

	if (!keeper)
		return -ENOMEM;
	keeper->settings = *settings;
	r = load(keeper);
	if (r < 0) {
		free(keeper);
		return r;
	}
	shared_mutex_init(&keeper->mutex);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&keeper->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	*ret_keeper = keeper;
	return 0;
}

static void free_keeper(struct count_keeper *keeper)
{
	(void)pthread_cond_destroy(&keeper->changed);
	(void)pthread_mutex_destroy(&keeper->mutex);
	free(keeper);
}

/* When the file is to be written; UINT64_MAX: there is nothing to write. */
static uint64_t due_us(const struct count_keeper *keeper)
{
	for (size_t i = 0; i < keeper->n_requests; i++) {
		if (keeper->requests[i].phase == CARRIED_OUT)
			return 0;
	}
	if (!keeper->is_unsaved)
		return UINT64_MAX;
	return keeper->ends || keeper->saved_us == 0 ? 0
						     : keeper->saved_us + keeper->settings.rest_us;
}

/* Logs a failure once, and its end. Without the lock. */
static void tell(struct count_keeper *keeper, int error, bool was_failing)
{
	struct state_cause cause = {0};

	if (error < 0 && !was_failing) {
		describe(keeper, error, &cause);
		log_warning("counts", "cannot be kept in %s: %s%s%s", keeper->directory, cause.why,
			*cause.cure ? ": " : "", cause.cure);
	} else if (error == 0 && was_failing) {
		log_notice("counts", "are kept again");
	}
}

static size_t format(const struct count_keeper *keeper, char text[static FILE_BYTES])
{
	size_t used = 0;

	for (size_t i = 0; i < keeper->n_counts; i++)
		used += (size_t)snprintf(text + used, FILE_BYTES - used, "%" PRId64 " %s\n",
			keeper->counts[i].count, keeper->counts[i].name);
	return used;
}

static void set_phase(struct count_keeper *keeper, enum phase from, enum phase to, int error)
{
	for (size_t i = 0; i < keeper->n_requests; i++) {
		if (keeper->requests[i].phase != from)
			continue;
		keeper->requests[i].phase = to;
		keeper->requests[i].error = error;
		if (to == DONE && !keeper->is_muted)
			keeper->settings.wake(keeper->settings.userdata);
	}
}

/* With the lock, which is released while it writes. */
static void write_file(struct count_keeper *keeper)
{
	char text[FILE_BYTES];
	size_t size = format(keeper, text);
	bool was_failing = keeper->is_failing;
	int r;

	set_phase(keeper, CARRIED_OUT, BEING_WRITTEN, 0);
	keeper->is_unsaved = false;
	(void)pthread_mutex_unlock(&keeper->mutex);
	r = state_file_replace_on_disk(keeper->path, text, size);
	tell(keeper, r, was_failing);
	(void)pthread_mutex_lock(&keeper->mutex);
	keeper->saved_us = clock_now_us();
	keeper->is_failing = r < 0;
	keeper->is_unsaved = keeper->is_unsaved || (r < 0 && !keeper->ends);
	set_phase(keeper, BEING_WRITTEN, DONE, r);
}

static void wait_until(struct count_keeper *keeper, uint64_t time_us)
{
	const struct timespec time = {
		(time_t)(time_us / 1000000), (long)(time_us % 1000000) * 1000};

	if (time_us == UINT64_MAX)
		(void)pthread_cond_wait(&keeper->changed, &keeper->mutex);
	else
		(void)pthread_cond_timedwait(&keeper->changed, &keeper->mutex, &time);
}

static void *run(void *userdata)
{
	struct count_keeper *keeper = userdata;
	bool is_free;

	(void)pthread_mutex_lock(&keeper->mutex);
	for (;;) {
		uint64_t time_us = due_us(keeper);

		if (clock_now_us() >= time_us)
			write_file(keeper);
		else if (keeper->ends)
			break;
		else
			wait_until(keeper, time_us);
	}
	keeper->has_ended = true;
	is_free = keeper->is_left_behind && !keeper->is_used;
	(void)pthread_cond_broadcast(&keeper->changed);
	(void)pthread_mutex_unlock(&keeper->mutex);
	if (is_free)
		free_keeper(keeper);
	return NULL;
}

int count_keeper_start(struct count_keeper *keeper)
{
	int r = 0;

	(void)pthread_mutex_lock(&keeper->mutex);
	if (!keeper->runs)
		r = -pthread_create(&keeper->thread, NULL, run, keeper);
	if (r == 0 && !keeper->runs)
		(void)pthread_setname_np(keeper->thread, "counts");
	keeper->runs = keeper->runs || r == 0;
	(void)pthread_mutex_unlock(&keeper->mutex);
	return r;
}

int count_keeper_get(struct count_keeper *keeper, const char *name, int64_t *ret_count)
{
	struct count *count;

	(void)pthread_mutex_lock(&keeper->mutex);
	count = find(keeper, name);
	if (count) {
		count->is_in_use = true;
		*ret_count = count->count;
	}
	(void)pthread_mutex_unlock(&keeper->mutex);
	return count ? 0 : -ENOENT;
}

void count_keeper_put(struct count_keeper *keeper, const char *name, int64_t number)
{
	struct count *count;
	bool is_new;

	(void)pthread_mutex_lock(&keeper->mutex);
	count = make(keeper, name);
	is_new = !count->is_in_use || count->count != number;
	count->is_in_use = true;
	count->count = number;
	/* The thread wakes then in any case, unless it had nothing to do. */
	if (is_new && !keeper->is_unsaved)
		(void)pthread_cond_signal(&keeper->changed);
	keeper->is_unsaved = keeper->is_unsaved || is_new;
	(void)pthread_mutex_unlock(&keeper->mutex);
}

int count_keeper_want(struct count_keeper *keeper, const struct count_request *request)
{
	int r = 0;

	(void)pthread_mutex_lock(&keeper->mutex);
	if (keeper->n_requests == COUNT_KEEPER_REQUESTS_MAX)
		r = -EBUSY;
	else
		keeper->requests[keeper->n_requests++] = (struct wanted){.request = *request};
	atomic_store(&keeper->has_requests, keeper->n_requests > 0);
	(void)pthread_mutex_unlock(&keeper->mutex);
	return r;
}

/* The oldest request in that phase, or NULL. */
static struct wanted *oldest(struct count_keeper *keeper, enum phase phase)
{
	for (size_t i = 0; i < keeper->n_requests; i++) {
		if (keeper->requests[i].phase == phase)
			return &keeper->requests[i];
	}
	return NULL;
}

bool count_keeper_wanted(struct count_keeper *keeper, struct count_request *ret_request)
{
	const struct wanted *wanted;

	if (!keeper || !atomic_load(&keeper->has_requests))
		return false;
	(void)pthread_mutex_lock(&keeper->mutex);
	wanted = oldest(keeper, WANTED);
	if (wanted)
		*ret_request = wanted->request;
	(void)pthread_mutex_unlock(&keeper->mutex);
	return wanted != NULL;
}

void count_keeper_carried_out(struct count_keeper *keeper, int error, bool is_kept)
{
	struct wanted *wanted;

	(void)pthread_mutex_lock(&keeper->mutex);
	wanted = oldest(keeper, WANTED);
	if (wanted) {
		wanted->error = error;
		wanted->phase = error == 0 && is_kept && keeper->runs ? CARRIED_OUT : DONE;
	}
	(void)pthread_cond_signal(&keeper->changed);
	(void)pthread_mutex_unlock(&keeper->mutex);
}

bool count_keeper_answer(struct count_keeper *keeper, uint64_t *ret_ticket, int *ret_error)
{
	const struct wanted *done;

	if (!keeper || !atomic_load(&keeper->has_requests))
		return false;
	(void)pthread_mutex_lock(&keeper->mutex);
	done = oldest(keeper, DONE);
	if (done) {
		*ret_ticket = done->request.ticket;
		*ret_error = done->error;
	}
	(void)pthread_mutex_unlock(&keeper->mutex);
	return done != NULL;
}

void count_keeper_answered(struct count_keeper *keeper, uint64_t ticket)
{
	size_t i = 0;

	(void)pthread_mutex_lock(&keeper->mutex);
	while (i < keeper->n_requests &&
		(keeper->requests[i].phase != DONE || keeper->requests[i].request.ticket != ticket))
		i++;
	if (i < keeper->n_requests) {
		keeper->n_requests--;
		memmove(&keeper->requests[i], &keeper->requests[i + 1],
			(keeper->n_requests - i) * sizeof(keeper->requests[0]));
	}
	atomic_store(&keeper->has_requests, keeper->n_requests > 0);
	(void)pthread_mutex_unlock(&keeper->mutex);
}

void count_keeper_mute(struct count_keeper *keeper)
{
	if (!keeper)
		return;
	(void)pthread_mutex_lock(&keeper->mutex);
	keeper->is_muted = true;
	(void)pthread_mutex_unlock(&keeper->mutex);
}

/* With the lock. */
static bool wait_for_end(struct count_keeper *keeper, uint64_t timeout_us)
{
	uint64_t end_us = clock_now_us() + timeout_us;

	while (!keeper->has_ended && clock_now_us() < end_us)
		wait_until(keeper, end_us);
	return keeper->has_ended;
}

int count_keeper_close(struct count_keeper *keeper, uint64_t timeout_us, bool is_used)
{
	bool has_ended = true;

	if (!keeper)
		return 0;
	(void)pthread_mutex_lock(&keeper->mutex);
	keeper->ends = true;
	keeper->is_used = is_used;
	(void)pthread_cond_broadcast(&keeper->changed);
	if (keeper->runs)
		has_ended = wait_for_end(keeper, timeout_us);
	keeper->is_left_behind = !has_ended;
	if (!has_ended)
		(void)pthread_detach(keeper->thread);
	(void)pthread_mutex_unlock(&keeper->mutex);
	if (!has_ended)
		return -ETIMEDOUT;
	/* Nobody starts it any more. */
	if (keeper->runs)
		(void)pthread_join(keeper->thread, NULL);
	if (!is_used)
		free_keeper(keeper);
	return 0;
}
