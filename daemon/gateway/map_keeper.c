/* SPDX-License-Identifier: MIT */
#include "map_keeper.h"

#include "clock.h"
#include "doorbell.h"
#include "gateway_internal.h"
#include "log.h"
#include "running_map.h"
#include "shared_mutex.h"
#include "state_cause.h"
#include "timed_cond.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum verdict { VERDICT_NONE, VERDICT_RUNS, VERDICT_RUNS_NOT };

struct map_keeper {
	char *config_path, *state_dir;
	pthread_mutex_t mutex; /* over step, verdict and the bell */
	pthread_cond_t changed;
	struct doorbell bell;
	pthread_t thread;
	enum map_keeper_step step;
	enum verdict verdict;
	uint64_t begun_us;
	bool reads;
	/* The thread's until it has come to READ or DONE. */
	const struct config *running;
	struct config *next; /* NULL: none, or it was taken */
	char *failure;       /* NULL: none */
};

int map_keeper_new(const char *config_path, const char *state_dir, struct map_keeper **ret_keeper)
{
	struct map_keeper *keeper = calloc(1, sizeof(*keeper));
	int r = -ENOMEM;

	if (!keeper)
		return r;
	keeper->config_path = strdup(config_path);
	keeper->state_dir = strdup(state_dir);
	if (keeper->config_path && keeper->state_dir)
		r = doorbell_init(&keeper->bell);
	if (r < 0) {
		free(keeper->config_path);
		free(keeper->state_dir);
		free(keeper);
		return r;
	}
	shared_mutex_init(&keeper->mutex);
	timed_cond_init(&keeper->changed);
	*ret_keeper = keeper;
	return 0;
}

static void free_keeper(struct map_keeper *keeper)
{
	(void)pthread_cond_destroy(&keeper->changed);
	(void)pthread_mutex_destroy(&keeper->mutex);
	doorbell_fini(&keeper->bell);
	config_free(keeper->next);
	free(keeper->failure);
	free(keeper->config_path);
	free(keeper->state_dir);
	free(keeper);
}

static void note(struct map_keeper *keeper, int error)
{
	static const char *const NONE[] = {NULL};
	struct state_cause cause;

	free(keeper->failure);
	keeper->failure = NULL;
	if (error == 0)
		return;
	state_cause_describe(keeper->state_dir, NONE, error, &cause);
	if (asprintf(&keeper->failure,
		    "no copy of the map can be kept in %.100s: %s; after a crash, tosd --safe "
		    "knows only the map as it is then%s%s",
		    keeper->state_dir, cause.why, *cause.cure ? ": " : "", cause.cure) < 0)
		keeper->failure = NULL;
}

static int save(struct map_keeper *keeper, const struct config *config)
{
	return running_map_save(keeper->state_dir, config->text, config->text_bytes);
}

bool map_keeper_start(struct map_keeper *keeper, const struct config *config)
{
	int r = running_map_begin(keeper->state_dir, config->text, config->text_bytes);

	note(keeper, r < 0 ? r : 0);
	return r != 0;
}

/* --- the thread --- */

static void report(struct map_keeper *keeper, enum map_keeper_step step)
{
	(void)pthread_mutex_lock(&keeper->mutex);
	keeper->step = step;
	(void)pthread_cond_broadcast(&keeper->changed);
	doorbell_ring(&keeper->bell);
	doorbell_unlock(&keeper->bell, &keeper->mutex);
}

/* NULL: it cannot be used. */
static struct config *read_map(struct map_keeper *keeper)
{
	struct config *config = NULL;

	if (gateway_load_config(keeper->config_path, &config) >= 0)
		return NULL;
	if (gateway_is_same_connection(config, keeper->running))
		return config;
	return gateway_check_password(config) == 0 ? config : config_free(config);
}

static bool is_same_text(const struct config *one, const struct config *other)
{
	return one->text_bytes == other->text_bytes &&
		memcmp(one->text, other->text, one->text_bytes) == 0;
}

static bool await_verdict(struct map_keeper *keeper)
{
	bool runs;

	(void)pthread_mutex_lock(&keeper->mutex);
	while (keeper->verdict == VERDICT_NONE)
		(void)pthread_cond_wait(&keeper->changed, &keeper->mutex);
	runs = keeper->verdict == VERDICT_RUNS;
	(void)pthread_mutex_unlock(&keeper->mutex);
	return runs;
}

/*
 * The disk may have failed when the next map was to be kept, and work again now. Where that is the
 * running one's text, nothing was to be kept.
 */
static int settle(struct map_keeper *keeper, const struct config *next, bool is_announced)
{
	int r = is_announced ? running_map_settle(keeper->state_dir) : -ENOENT;

	return r < 0 ? save(keeper, next) : 0;
}

/* Returns why there is no copy of what runs then, or 0. */
static int change(struct map_keeper *keeper, int kept)
{
	struct config *next = read_map(keeper);
	bool is_announced = next && !(kept == 0 && is_same_text(next, keeper->running)) &&
		running_map_announce(keeper->state_dir, next->text, next->text_bytes) == 0;

	keeper->next = next;
	report(keeper, MAP_KEEPER_READ);
	if (await_verdict(keeper))
		return settle(keeper, next, is_announced);
	if (is_announced)
		running_map_withdraw(keeper->state_dir);
	return kept;
}

static void *run(void *userdata)
{
	struct map_keeper *keeper = userdata;
	int r = save(keeper, keeper->running);

	if (keeper->reads)
		r = change(keeper, r);
	note(keeper, r);
	report(keeper, MAP_KEEPER_DONE);
	return NULL;
}

/* --- main --- */

int map_keeper_begin(struct map_keeper *keeper, const struct config *running, bool reads)
{
	int r;

	keeper->running = running;
	keeper->reads = reads;
	keeper->verdict = VERDICT_NONE;
	keeper->begun_us = clock_now_us();
	keeper->step = MAP_KEEPER_WORKS;
	r = -pthread_create(&keeper->thread, NULL, run, keeper);
	if (r < 0)
		keeper->step = MAP_KEEPER_IDLE;
	else
		(void)pthread_setname_np(keeper->thread, "map-keeper");
	return r;
}

int map_keeper_fd(const struct map_keeper *keeper)
{
	return keeper->bell.fd;
}

enum map_keeper_step map_keeper_step(struct map_keeper *keeper)
{
	enum map_keeper_step step;

	(void)pthread_mutex_lock(&keeper->mutex);
	step = keeper->step;
	doorbell_clear(&keeper->bell);
	(void)pthread_mutex_unlock(&keeper->mutex);
	return step;
}

uint64_t map_keeper_busy_us(struct map_keeper *keeper)
{
	uint64_t us = 0;

	(void)pthread_mutex_lock(&keeper->mutex);
	if (keeper->step != MAP_KEEPER_IDLE)
		us = clock_now_us() - keeper->begun_us + 1;
	(void)pthread_mutex_unlock(&keeper->mutex);
	return us;
}

bool map_keeper_reads(struct map_keeper *keeper)
{
	return map_keeper_busy_us(keeper) > 0 && keeper->reads;
}

struct config *map_keeper_take(struct map_keeper *keeper)
{
	struct config *next = keeper->next;

	keeper->next = NULL;
	return next;
}

void map_keeper_decide(struct map_keeper *keeper, bool runs)
{
	(void)pthread_mutex_lock(&keeper->mutex);
	if (keeper->step == MAP_KEEPER_READ)
		keeper->step = MAP_KEEPER_WORKS;
	keeper->verdict = runs ? VERDICT_RUNS : VERDICT_RUNS_NOT;
	(void)pthread_cond_broadcast(&keeper->changed);
	(void)pthread_mutex_unlock(&keeper->mutex);
}

void map_keeper_finish(struct map_keeper *keeper)
{
	(void)pthread_join(keeper->thread, NULL);
	keeper->step = MAP_KEEPER_IDLE;
}

const char *map_keeper_failure(const struct map_keeper *keeper)
{
	return keeper->failure;
}

/* False: not until then. */
static bool wait_for_end(struct map_keeper *keeper, uint64_t timeout_us)
{
	const uint64_t end_us = clock_now_us() + timeout_us;
	bool is_over;

	(void)pthread_mutex_lock(&keeper->mutex);
	while (keeper->step != MAP_KEEPER_DONE && clock_now_us() < end_us)
		(void)timed_cond_wait(&keeper->changed, &keeper->mutex, end_us);
	is_over = keeper->step == MAP_KEEPER_DONE;
	(void)pthread_mutex_unlock(&keeper->mutex);
	return is_over;
}

void map_keeper_end(struct map_keeper *keeper)
{
	/* Main alone gives a verdict. */
	if (keeper && map_keeper_busy_us(keeper) > 0 && keeper->verdict == VERDICT_NONE)
		map_keeper_decide(keeper, false);
}

int map_keeper_close(struct map_keeper *keeper, uint64_t timeout_us)
{
	if (!keeper)
		return 0;
	map_keeper_end(keeper);
	if (map_keeper_busy_us(keeper) > 0) {
		if (!wait_for_end(keeper, timeout_us)) {
			(void)pthread_detach(keeper->thread);
			return -ETIMEDOUT;
		}
		map_keeper_finish(keeper);
	}
	free_keeper(keeper);
	return 0;
}
