/* SPDX-License-Identifier: MIT */
#include "limit_lines.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct limits {
	int epoll_fd;
	struct limit *items; /* one for each chip of the map */
	size_t n;
	bool exist;
};

/* Of one in a turn: a switch that chatters must not keep the loop for itself. */
enum { EDGES_A_TURN = 64 };

static void lost(struct limit *limit, int code, const char *words, uint64_t now_us)
{
	limit->is_hit = true;
	limit->is_known = false;
	limit->n_failures++;
	limit->code = code;
	if (words != limit->error.text)
		(void)hal_error_set(&limit->error, code, "%s", words);
	lines_share_release(limit->share, code);
	backoff_failed(&limit->retry, now_us);
}

static void see(struct limit *limit, bool is_active)
{
	uint64_t now_us = lines_share_now_us(limit->share);

	limit->is_known = true;
	if (is_active) {
		limit->is_hit = true;
		limit->active_us = now_us;
	} else if (limit->is_active) {
		limit->active_us = now_us;
	}
	limit->is_active = is_active;
}

static void read_level(struct limit *limit, uint64_t now_us)
{
	bool is_active;
	int r = lines_share_level(limit->share, &is_active);

	if (r == 0)
		see(limit, is_active);
	else if (lines_share_fd(limit->share) >= 0)
		lost(limit, r, hal_strerror(r), now_us);
}

static void open_limit(struct limits *limits, struct limit *limit, uint64_t now_us)
{
	struct epoll_event event = {.events = EPOLLIN};
	int r = lines_share_open(limit->share, &limit->error);

	if (r == 0 &&
		epoll_ctl(limits->epoll_fd, EPOLL_CTL_ADD, lines_share_fd(limit->share), &event) <
			0)
		r = hal_error_set(&limit->error, -errno, "%s", strerror(errno));
	if (r < 0) {
		lost(limit, r, limit->error.text, now_us);
		return;
	}
	/* After a failure nobody knows; then its debounce counts from now. */
	limit->is_active = limit->n_failures > 0;
	read_level(limit, now_us);
	if (!limit->is_known)
		return;
	backoff_succeeded(&limit->retry);
	limit->n_failures = 0;
}

static int claim(struct board *board, struct limit *limit)
{
	char consumer[32];
	const struct lines_request request = {.lines = limit->config->bus,
		.consumer = consumer,
		.settings = limit->config->lines};

	(void)snprintf(consumer, sizeof(consumer), "tosd %.26s", limit->config->name);
	(void)hal_error_set(&limit->error, -EBUSY, "not open yet");
	return lines_share_claim(board, &request, &limit->share);
}

static struct limit *find_same(struct limits *old, const struct config_chip *config)
{
	for (size_t i = 0; old && i < old->n; i++) {
		struct limit *limit = &old->items[i];

		if (limit->share && strcmp(limit->config->fingerprint, config->fingerprint) == 0)
			return limit;
	}
	return NULL;
}

/* Claims those that are new. */
static int claim_all(
	struct limits *limits, struct board *board, const struct config *config, struct limits *old)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < limits->n; i++) {
		if (!config->chips[i].is_limit)
			continue;
		limits->exist = true;
		limits->items[i].config = &config->chips[i];
		if (!find_same(old, &config->chips[i]))
			r = claim(board, &limits->items[i]);
	}
	return r;
}

/* Cannot fail. */
static void take_over(struct limits *limits, struct limits *old)
{
	for (size_t i = 0; i < limits->n; i++) {
		struct limit *limit = &limits->items[i];
		const struct config_chip *config = limit->config;
		struct limit *before = config && !limit->share ? find_same(old, config) : NULL;

		if (!before)
			continue;
		*limit = *before;
		limit->config = config;
		before->share = NULL;
	}
}

int limits_new(struct board *board, const struct config *config, struct limits *old,
	struct limits **ret_limits)
{
	struct limits *limits = calloc(1, sizeof(*limits));
	int r = 0;

	if (!limits)
		return -ENOMEM;
	limits->n = config->n_chips;
	limits->items = calloc(limits->n + 1, sizeof(*limits->items));
	limits->epoll_fd = old ? -1 : epoll_create1(EPOLL_CLOEXEC);
	if (!limits->items)
		r = -ENOMEM;
	else if (!old && limits->epoll_fd < 0)
		r = -errno;
	if (r == 0)
		r = claim_all(limits, board, config, old);
	if (r < 0) {
		limits_free(limits);
		return r;
	}
	take_over(limits, old);
	if (old) {
		limits->epoll_fd = old->epoll_fd;
		old->epoll_fd = -1;
	}
	*ret_limits = limits;
	return 0;
}

struct limits *limits_free(struct limits *limits)
{
	if (!limits)
		return NULL;
	for (size_t i = 0; limits->items && i < limits->n; i++)
		lines_share_drop(limits->items[i].share);
	free(limits->items);
	if (limits->epoll_fd >= 0)
		(void)close(limits->epoll_fd);
	free(limits);
	return NULL;
}

bool limits_exist(const struct limits *limits)
{
	return limits && limits->exist;
}

int limits_fd(const struct limits *limits)
{
	return limits->epoll_fd;
}

static void take_edges(struct limit *limit, uint64_t now_us)
{
	for (int i = 0; i < EDGES_A_TURN; i++) {
		bool was_active = limit->is_active, were_lost = false;
		struct lines_edge edge;
		int r = lines_share_edge(limit->share, &edge, &were_lost);

		if (r < 0) {
			lost(limit, r, hal_strerror(r), now_us);
			return;
		}
		if (r == 0)
			return;
		/* Leaving what was not known to be reached means that it was reached between. */
		if (were_lost || !was_active)
			limit->is_hit = true;
		see(limit, edge.level);
		limit->active_us =
			edge.time_us > limit->active_us ? edge.time_us : limit->active_us;
	}
}

bool limits_take(struct limits *limits, uint64_t now_us)
{
	bool is_news = false;

	for (size_t i = 0; i < limits->n; i++) {
		struct limit *limit = &limits->items[i];

		if (!limit->share || lines_share_fd(limit->share) < 0)
			continue;
		take_edges(limit, now_us);
		is_news = is_news || limit->is_hit;
	}
	return is_news;
}

void limits_read(struct limits *limits, size_t chip, uint64_t now_us)
{
	struct limit *limit = &limits->items[chip];

	if (limit->share && lines_share_fd(limit->share) >= 0) {
		take_edges(limit, now_us);
		read_level(limit, now_us);
	}
}

uint64_t limits_retry(struct limits *limits, uint64_t now_us)
{
	uint64_t next_us = UINT64_MAX;

	for (size_t i = 0; i < limits->n; i++) {
		struct limit *limit = &limits->items[i];

		if (!limit->share || lines_share_fd(limit->share) >= 0)
			continue;
		if (backoff_is_due(&limit->retry, now_us))
			open_limit(limits, limit, now_us);
		if (lines_share_fd(limit->share) < 0 && limit->retry.due_us < next_us)
			next_us = limit->retry.due_us;
	}
	return next_us;
}

void limits_tell(struct limits *limits, limits_news *news, void *userdata)
{
	for (size_t i = 0; i < limits->n; i++) {
		struct limit *limit = &limits->items[i];
		/* After a reload, another thread may have the line for a moment. */
		bool is_usual = limit->code == -EBUSY && limit->n_failures < 2;
		char object[80];

		if (!limit->share || limit->is_told == !limit->is_known ||
			(!limit->is_known && (is_usual || limit->n_failures == 0)))
			continue;
		limit->is_told = !limit->is_known;
		(void)snprintf(object, sizeof(object), "limit %s", limit->config->name);
		news(userdata, object, limit->is_known ? NULL : limit->error.text);
	}
}

void limits_hurry(struct limits *limits)
{
	for (size_t i = 0; i < limits->n; i++)
		backoff_succeeded(&limits->items[i].retry);
}

bool limits_reached(const struct limits *limits, size_t chip)
{
	const struct limit *limit = &limits->items[chip];

	if (!limit->share || !limit->is_known || limit->is_active || limit->is_hit)
		return true;
	return limit->active_us + limit->config->lines.debounce_us >
		lines_share_now_us(limit->share);
}

const char *limits_error(const struct limits *limits, size_t chip)
{
	const struct limit *limit = &limits->items[chip];

	return limit->is_known ? NULL : limit->error.text;
}

void limits_settle(struct limits *limits)
{
	for (size_t i = 0; i < limits->n; i++)
		limits->items[i].is_hit = false;
}
