/* SPDX-License-Identifier: MIT */
#include "count_keeper.h"

#include "clock.h"
#include "config.h"
#include "shared_mutex.h"
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE_BYTES = COUNT_KEEPER_NAME_BYTES + 24,
	FILE_BYTES = CONFIG_CHIPS_MAX * LINE_BYTES,
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
	struct kept_file *file;
	atomic_bool has_requests; /* lets the sampler see without the lock that there are none */
	pthread_mutex_t mutex;    /* over everything below */
	void (*wake)(void *userdata);
	void *userdata;
	struct count counts[CONFIG_CHIPS_MAX];
	size_t n_counts;
	bool is_unsaved;
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

static int load(struct count_keeper *keeper)
{
	char *text = malloc(FILE_BYTES + 1);
	char *rest = text, *line;

	if (!text)
		return -ENOMEM;
	if (kept_file_read(keeper->file, text) >= 0)
		while ((line = strsep(&rest, "\n")))
			read_line(keeper, line);
	free(text);
	return 0;
}

static void set_phase(struct count_keeper *keeper, enum phase from, enum phase to, int error)
{
	for (size_t i = 0; i < keeper->n_requests; i++) {
		if (keeper->requests[i].phase != from)
			continue;
		keeper->requests[i].phase = to;
		keeper->requests[i].error = error;
		if (to == DONE && keeper->wake)
			keeper->wake(keeper->userdata);
	}
}

static size_t give_text(void *userdata, char *text)
{
	struct count_keeper *keeper = userdata;
	size_t used = 0;

	(void)pthread_mutex_lock(&keeper->mutex);
	for (size_t i = 0; i < keeper->n_counts; i++)
		used += (size_t)snprintf(text + used, FILE_BYTES - used, "%" PRId64 " %s\n",
			keeper->counts[i].count, keeper->counts[i].name);
	set_phase(keeper, CARRIED_OUT, BEING_WRITTEN, 0);
	keeper->is_unsaved = false;
	keeper->saved_us = clock_now_us(); /* what is put meanwhile waits, too */
	(void)pthread_mutex_unlock(&keeper->mutex);
	return used;
}

static bool written(void *userdata, int error)
{
	struct count_keeper *keeper = userdata;

	(void)pthread_mutex_lock(&keeper->mutex);
	keeper->saved_us = clock_now_us();
	keeper->is_unsaved = keeper->is_unsaved || error < 0;
	set_phase(keeper, BEING_WRITTEN, DONE, error);
	(void)pthread_mutex_unlock(&keeper->mutex);
	return false;
}

int count_keeper_new(const struct count_keeper_settings *settings, struct count_keeper **ret_keeper)
{
	struct count_keeper *keeper = calloc(1, sizeof(*keeper));
	const struct kept_file_settings file = {
		.name = "counts",
		.object = "counts",
		.instead = "the counts begin at 0",
		.room = FILE_BYTES,
		.again_us = settings->rest_us,
		.text = give_text,
		.written = written,
		.userdata = keeper,
	};
	int r;

	if (!keeper)
		return -ENOMEM;
	keeper->settings = *settings;
	r = file_keeper_add(settings->files, &file, &keeper->file);
	if (r == 0)
		r = load(keeper);
	if (r < 0) {
		free(keeper);
		return r;
	}
	shared_mutex_init(&keeper->mutex);
	*ret_keeper = keeper;
	return 0;
}

void count_keeper_listen(struct count_keeper *keeper, void (*wake)(void *userdata), void *userdata)
{
	if (!keeper)
		return;
	(void)pthread_mutex_lock(&keeper->mutex);
	keeper->wake = wake;
	keeper->userdata = userdata;
	(void)pthread_mutex_unlock(&keeper->mutex);
}

int count_keeper_start(struct count_keeper *keeper)
{
	return file_keeper_start(keeper->settings.files);
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

/* The first count at once, later ones when the file has rested. */
static uint64_t due_us(const struct count_keeper *keeper)
{
	return keeper->saved_us == 0 ? 0 : keeper->saved_us + keeper->settings.rest_us;
}

void count_keeper_put(struct count_keeper *keeper, const char *name, int64_t number)
{
	struct count *count;
	bool is_first, is_new;
	uint64_t time_us;

	(void)pthread_mutex_lock(&keeper->mutex);
	count = make(keeper, name);
	is_new = !count->is_in_use || count->count != number;
	count->is_in_use = true;
	count->count = number;
	is_first = is_new && !keeper->is_unsaved;
	keeper->is_unsaved = keeper->is_unsaved || is_new;
	time_us = due_us(keeper);
	(void)pthread_mutex_unlock(&keeper->mutex);
	if (is_first)
		kept_file_due(keeper->file, time_us);
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
	bool waits = error == 0 && is_kept;
	struct wanted *wanted;

	(void)pthread_mutex_lock(&keeper->mutex);
	wanted = oldest(keeper, WANTED);
	if (wanted) {
		wanted->error = error;
		wanted->phase = waits ? CARRIED_OUT : DONE;
	}
	(void)pthread_mutex_unlock(&keeper->mutex);
	if (waits)
		kept_file_due(keeper->file, 0);
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

struct count_keeper *count_keeper_free(struct count_keeper *keeper)
{
	if (!keeper)
		return NULL;
	(void)pthread_mutex_destroy(&keeper->mutex);
	free(keeper);
	return NULL;
}
