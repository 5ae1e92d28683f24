/* SPDX-License-Identifier: MIT */
#include "file_keeper.h"

#include "clock.h"
#include "doorbell.h"
#include "log.h"
#include "regular_file.h"
#include "shared_mutex.h"
#include "state_cause.h"
#include "state_file.h"
#include "timed_cond.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

#define NEVER_US UINT64_MAX

struct kept_file {
	struct file_keeper *keeper;
	struct kept_file_settings settings;
	char *text; /* for the thread alone, once it has written */
	uint64_t due_us;
	struct health_part status;
};

struct file_keeper {
	char *directory;
	struct kept_file
		files[FILE_KEEPER_FILES_MAX]; /* those that are there keep their settings */
	pthread_mutex_t mutex; /* over the files' other fields and everything below */
	size_t n;
	pthread_cond_t changed;
	struct doorbell bell;
	pthread_t thread;
	bool runs, ends, has_ended;
};

int file_keeper_new(const char *directory, struct file_keeper **ret_keeper)
{
	struct file_keeper *keeper = calloc(1, sizeof(*keeper));
	int r;

	if (!keeper)
		return -ENOMEM;
	keeper->directory = strdup(directory);
	r = keeper->directory ? doorbell_init(&keeper->bell) : -ENOMEM;
	if (r < 0) {
		free(keeper->directory);
		free(keeper);
		return r;
	}
	shared_mutex_init(&keeper->mutex);
	timed_cond_init(&keeper->changed);
	*ret_keeper = keeper;
	return 0;
}

static void free_keeper(struct file_keeper *keeper)
{
	(void)pthread_cond_destroy(&keeper->changed);
	(void)pthread_mutex_destroy(&keeper->mutex);
	doorbell_fini(&keeper->bell);
	for (size_t i = 0; i < keeper->n; i++)
		free(keeper->files[i].text);
	free(keeper->directory);
	free(keeper);
}

int file_keeper_add(struct file_keeper *keeper, const struct kept_file_settings *settings,
	struct kept_file **ret_file)
{
	int r = -ENOSPC;

	(void)pthread_mutex_lock(&keeper->mutex);
	if (keeper->n < FILE_KEEPER_FILES_MAX) {
		*ret_file = &keeper->files[keeper->n++];
		**ret_file = (struct kept_file){
			.keeper = keeper, .settings = *settings, .due_us = NEVER_US};
		r = 0;
	}
	(void)pthread_mutex_unlock(&keeper->mutex);
	return r;
}

static int path_of(const struct kept_file *file, char path[static PATH_BYTES])
{
	int size =
		snprintf(path, PATH_BYTES, "%s/%s", file->keeper->directory, file->settings.name);

	return size < PATH_BYTES ? 0 : -ENAMETOOLONG;
}

static void describe(const struct kept_file *file, int error, struct state_cause *ret_cause)
{
	const char *const names[] = {file->settings.name, NULL};

	state_cause_describe(file->keeper->directory, names, error, ret_cause);
}

static ssize_t read_file(const char *path, char *text, size_t room)
{
	int fd = regular_file_open(path);
	size_t size = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = read(fd, text + size, room - size);
	while (n > 0 && (size += (size_t)n) < room);
	n = n < 0 ? -errno : (ssize_t)size;
	(void)close(fd);
	text[size] = '\0';
	return n;
}

ssize_t kept_file_read(const struct kept_file *file, char *text)
{
	struct state_cause cause = {0};
	char path[PATH_BYTES];
	ssize_t r = path_of(file, path);

	if (r == 0)
		r = read_file(path, text, file->settings.room);
	if (r >= 0 || r == -ENOENT)
		return r;
	describe(file, (int)r, &cause);
	log_warning(file->settings.object, "%s: %s; %s", path, cause.why, file->settings.instead);
	return r;
}

/* Logs a failure once, and its end. Without the lock: once there is a thread, it alone changes the
 * status. */
static void tell(const struct kept_file *file, const struct state_cause *cause, int error)
{
	if (error < 0 && !file->status.failed)
		log_warning(file->settings.object, "cannot be kept in %s: %s%s%s",
			file->keeper->directory, cause->why, *cause->cure ? ": " : "", cause->cure);
	else if (error == 0 && file->status.failed)
		log_notice(file->settings.object, "can be kept again");
}

/* True: something changed. With the lock. */
static bool note(struct kept_file *file, const struct state_cause *cause, int error)
{
	char text[HEALTH_PART_TEXT_BYTES];

	(void)snprintf(text, sizeof(text), "%s cannot be kept in %.100s: %s%s%s",
		file->settings.object, file->keeper->directory, cause->why,
		*cause->cure ? ": " : "", cause->cure);
	return health_part_note(&file->status, error < 0 ? text : NULL, clock_wall_ms());
}

static int write_text(struct kept_file *file)
{
	char path[PATH_BYTES];
	int r = path_of(file, path);
	size_t size;

	if (r == 0 && !file->text) {
		file->text = malloc(file->settings.room + 1);
		r = file->text ? 0 : -ENOMEM;
	}
	if (r < 0)
		return r;
	size = file->settings.text(file->settings.userdata, file->text);
	if (size > 0)
		return state_file_replace_on_disk(path, file->text, size);
	return state_file_remove(path);
}

/* With the lock, which is released while it writes. */
static void write_file(struct file_keeper *keeper, struct kept_file *file)
{
	struct state_cause cause = {0};
	uint64_t again_us;
	bool is_news;
	int r;

	file->due_us = NEVER_US;
	(void)pthread_mutex_unlock(&keeper->mutex);
	r = write_text(file);
	if (r < 0)
		describe(file, r, &cause);
	tell(file, &cause, r);
	is_news = file->settings.written && file->settings.written(file->settings.userdata, r);
	(void)pthread_mutex_lock(&keeper->mutex);
	is_news = note(file, &cause, r) || is_news;
	again_us = clock_now_us() + file->settings.again_us;
	if (r < 0 && !keeper->ends && again_us < file->due_us)
		file->due_us = again_us;
	if (is_news) {
		doorbell_ring(&keeper->bell);
		doorbell_unlock(&keeper->bell, &keeper->mutex);
		(void)pthread_mutex_lock(&keeper->mutex);
	}
}

static void wait_until(struct file_keeper *keeper, uint64_t time_us)
{
	if (time_us == NEVER_US)
		(void)pthread_cond_wait(&keeper->changed, &keeper->mutex);
	else
		(void)timed_cond_wait(&keeper->changed, &keeper->mutex, time_us);
}

/* The file that is due first; NULL: none is. */
static struct kept_file *first_due(struct file_keeper *keeper)
{
	struct kept_file *first = NULL;

	for (size_t i = 0; i < keeper->n; i++)
		if (keeper->files[i].due_us < (first ? first->due_us : NEVER_US))
			first = &keeper->files[i];
	return first;
}

static void *run(void *userdata)
{
	struct file_keeper *keeper = userdata;

	(void)pthread_mutex_lock(&keeper->mutex);
	for (;;) {
		struct kept_file *file = first_due(keeper);

		if (file && (keeper->ends || clock_now_us() >= file->due_us))
			write_file(keeper, file);
		else if (keeper->ends)
			break;
		else
			wait_until(keeper, file ? file->due_us : NEVER_US);
	}
	keeper->has_ended = true;
	(void)pthread_cond_broadcast(&keeper->changed);
	(void)pthread_mutex_unlock(&keeper->mutex);
	return NULL;
}

int file_keeper_start(struct file_keeper *keeper)
{
	int r = 0;

	(void)pthread_mutex_lock(&keeper->mutex);
	if (!keeper->runs)
		r = -pthread_create(&keeper->thread, NULL, run, keeper);
	if (r == 0 && !keeper->runs)
		(void)pthread_setname_np(keeper->thread, "keeper");
	keeper->runs = keeper->runs || r == 0;
	(void)pthread_mutex_unlock(&keeper->mutex);
	return r;
}

void kept_file_due(struct kept_file *file, uint64_t time_us)
{
	(void)pthread_mutex_lock(&file->keeper->mutex);
	if (time_us < file->due_us) {
		file->due_us = time_us;
		(void)pthread_cond_signal(&file->keeper->changed);
	}
	(void)pthread_mutex_unlock(&file->keeper->mutex);
}

/* The thread that would note it does not run. */
static void note_no_thread(struct kept_file *file, int error)
{
	struct file_keeper *keeper = file->keeper;
	struct state_cause cause = {.cure = ""};

	(void)snprintf(cause.why, sizeof(cause.why), "there can be no thread for it: %s",
		strerror(-error));
	(void)pthread_mutex_lock(&keeper->mutex);
	tell(file, &cause, error);
	if (note(file, &cause, error))
		doorbell_ring(&keeper->bell);
	doorbell_unlock(&keeper->bell, &keeper->mutex);
}

void kept_file_want(struct kept_file *file, uint64_t time_us)
{
	int r = file_keeper_start(file->keeper);

	if (r < 0)
		note_no_thread(file, r);
	kept_file_due(file, time_us);
}

int file_keeper_fd(const struct file_keeper *keeper)
{
	return keeper->bell.fd;
}

void file_keeper_status(struct file_keeper *keeper, struct health_part *ret_status)
{
	*ret_status = (struct health_part){.failed = false};
	(void)pthread_mutex_lock(&keeper->mutex);
	for (size_t i = 0; i < keeper->n && !ret_status->failed; i++)
		*ret_status = keeper->files[i].status;
	doorbell_clear(&keeper->bell);
	(void)pthread_mutex_unlock(&keeper->mutex);
}

/* With the lock. */
static bool wait_for_end(struct file_keeper *keeper, uint64_t timeout_us)
{
	uint64_t end_us = clock_now_us() + timeout_us;

	while (!keeper->has_ended && clock_now_us() < end_us)
		wait_until(keeper, end_us);
	return keeper->has_ended;
}

void file_keeper_end(struct file_keeper *keeper)
{
	if (!keeper)
		return;
	(void)pthread_mutex_lock(&keeper->mutex);
	keeper->ends = true;
	(void)pthread_cond_broadcast(&keeper->changed);
	(void)pthread_mutex_unlock(&keeper->mutex);
}

int file_keeper_close(struct file_keeper *keeper, uint64_t timeout_us, bool is_used)
{
	bool has_ended = true;

	if (!keeper)
		return 0;
	file_keeper_end(keeper);
	(void)pthread_mutex_lock(&keeper->mutex);
	if (keeper->runs)
		has_ended = wait_for_end(keeper, timeout_us);
	(void)pthread_mutex_unlock(&keeper->mutex);
	if (!keeper->runs) {
		if (!is_used)
			free_keeper(keeper);
		return 0;
	}
	/* Nobody starts it any more. */
	if (!has_ended)
		(void)pthread_detach(keeper->thread);
	else
		(void)pthread_join(keeper->thread, NULL);
	if (has_ended && !is_used)
		free_keeper(keeper);
	return has_ended ? 0 : -ETIMEDOUT;
}
