/* SPDX-License-Identifier: MIT */
#include "lines_share.h"
#include "clock.h"
#include "gpio.h"
#include "hal_error.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TAP_EDGES = 64 };

struct tap {
	struct lines base;
	struct lines_share *share;
	struct tap *next;
	struct lines_edge edges[TAP_EDGES];
	size_t first, n_edges;
	uint64_t dropped;
};

struct lines_share {
	struct board *board;
	char lines[sizeof(((struct gpio_place *)NULL)->chip) + sizeof(":65535")];
	char consumer[64];
	struct lines_settings settings;
	struct lines *line;       /* the owner's alone; NULL: not open */
	uint64_t lost;            /* of the line's, so far */
	struct lines_share *next; /* on the board, with CLAIMS */

	pthread_mutex_t lock; /* for the rest */
	unsigned n_users;     /* the owner and the taps */
	struct tap *taps;
	uint64_t levels;
	int code; /* why there is no level; 0: there is one */
};

/* Guards the lists of all boards. Held only while a list is looked at. */
static pthread_mutex_t CLAIMS = PTHREAD_MUTEX_INITIALIZER;

static void init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;

	/* The thread that stops a motor must not wait for one that gets no processor time. */
	(void)pthread_mutexattr_init(&attributes);
	(void)pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	if (pthread_mutex_init(lock, &attributes) != 0)
		(void)pthread_mutex_init(lock, NULL);
	(void)pthread_mutexattr_destroy(&attributes);
}

static void leave(struct lines_share *share)
{
	bool is_last;

	pthread_mutex_lock(&share->lock);
	is_last = --share->n_users == 0;
	pthread_mutex_unlock(&share->lock);
	if (!is_last)
		return;
	(void)pthread_mutex_destroy(&share->lock);
	free(share);
}

int lines_share_claim(
	struct board *board, const struct lines_request *request, struct lines_share **ret_share)
{
	struct lines_share *share;

	if (strstr(request->lines, LINES_SEPARATOR) ||
		strlen(request->lines) >= sizeof(share->lines))
		return -EINVAL;
	share = calloc(1, sizeof(*share));
	if (!share)
		return -ENOMEM;
	share->board = board;
	(void)snprintf(share->lines, sizeof(share->lines), "%s", request->lines);
	(void)snprintf(share->consumer, sizeof(share->consumer), "%s", request->consumer);
	share->settings = request->settings;
	share->settings.debounce_us = 0;
	share->n_users = 1;
	share->code = -EBUSY;
	init_lock(&share->lock);
	pthread_mutex_lock(&CLAIMS);
	share->next = board->shares;
	board->shares = share;
	pthread_mutex_unlock(&CLAIMS);
	*ret_share = share;
	return 0;
}

int lines_share_open(struct lines_share *share, struct hal_error *error)
{
	const struct lines_request request = {
		.lines = share->lines, .consumer = share->consumer, .settings = share->settings};
	struct lines *line;
	int r;

	if (share->line)
		return 0;
	error->text[0] = '\0';
	r = share->board->ops->open_lines(share->board, &request, error, &line);
	if (r < 0 && !error->text[0])
		(void)hal_error_set(error, r, "%s", hal_strerror(r));
	if (r < 0)
		return r;
	if (line->fd < 0) {
		lines_close(line);
		return hal_error_set(error, -ENOTSUP,
			"%s gives no edges: a limit needs a line that does, such as one of the "
			"board's own",
			share->lines);
	}
	share->line = line;
	share->lost = line->lost;
	return 0;
}

/* Notes a level, or why there is none. */
static void note(struct lines_share *share, int code, uint64_t levels)
{
	pthread_mutex_lock(&share->lock);
	share->code = code;
	if (code == 0)
		share->levels = levels;
	pthread_mutex_unlock(&share->lock);
}

void lines_share_release(struct lines_share *share, int code)
{
	share->line = lines_close(share->line);
	note(share, code, 0);
}

int lines_share_fd(const struct lines_share *share)
{
	return share->line ? share->line->fd : -1;
}

int lines_share_level(struct lines_share *share, bool *ret_level)
{
	uint64_t levels = 0;
	int r = share->line ? share->line->ops->levels(share->line, &levels) : -ENODEV;

	note(share, r, levels & 1);
	if (r == 0)
		*ret_level = levels & 1;
	return r;
}

static void hand_over(struct tap *tap, const struct lines_edge *edge)
{
	if (tap->n_edges == TAP_EDGES) {
		tap->first = (tap->first + 1) % TAP_EDGES;
		tap->n_edges--;
		tap->dropped++;
	}
	tap->edges[(tap->first + tap->n_edges++) % TAP_EDGES] = *edge;
	if (tap->n_edges == 1)
		(void)eventfd_write(tap->base.fd, 1);
}

int lines_share_edge(struct lines_share *share, struct lines_edge *ret_edge, bool *ret_lost)
{
	struct lines *line = share->line;
	struct lines_edge edge;
	int r = line ? line->ops->edge(line, &edge) : -ENODEV;

	if (r < 1)
		return r;
	*ret_lost = line->lost != share->lost;
	pthread_mutex_lock(&share->lock);
	for (struct tap *tap = share->taps; tap; tap = tap->next) {
		tap->dropped += line->lost - share->lost;
		hand_over(tap, &edge);
	}
	share->levels = edge.level;
	share->code = 0;
	pthread_mutex_unlock(&share->lock);
	share->lost = line->lost;
	*ret_edge = edge;
	return 1;
}

uint64_t lines_share_now_us(const struct lines_share *share)
{
	return share->line ? lines_now_us(share->line) : clock_now_us();
}

struct lines_share *lines_share_drop(struct lines_share *share)
{
	struct lines_share **place;

	if (!share)
		return NULL;
	pthread_mutex_lock(&CLAIMS);
	for (place = &share->board->shares; *place; place = &(*place)->next) {
		if (*place == share) {
			*place = share->next;
			break;
		}
	}
	pthread_mutex_unlock(&CLAIMS);
	share->line = lines_close(share->line);
	leave(share);
	return NULL;
}

/* --- the other thread's side --- */

static int tap_levels(struct lines *base, uint64_t *ret_levels)
{
	struct lines_share *share = ((struct tap *)base)->share;
	int r;

	pthread_mutex_lock(&share->lock);
	r = share->code;
	if (r == 0)
		*ret_levels = share->levels;
	pthread_mutex_unlock(&share->lock);
	return r;
}

static int tap_edge(struct lines *base, struct lines_edge *ret_edge)
{
	struct tap *tap = (struct tap *)base;
	eventfd_t count;
	int r = 0;

	pthread_mutex_lock(&tap->share->lock);
	base->lost += tap->dropped;
	tap->dropped = 0;
	if (tap->n_edges > 0) {
		*ret_edge = tap->edges[tap->first];
		tap->first = (tap->first + 1) % TAP_EDGES;
		tap->n_edges--;
		if (tap->n_edges == 0)
			(void)eventfd_read(base->fd, &count);
		r = 1;
	}
	pthread_mutex_unlock(&tap->share->lock);
	return r;
}

static void tap_close(struct lines *base)
{
	struct tap *tap = (struct tap *)base;
	struct tap **place;

	pthread_mutex_lock(&tap->share->lock);
	for (place = &tap->share->taps; *place != tap; place = &(*place)->next)
		;
	*place = tap->next;
	pthread_mutex_unlock(&tap->share->lock);
	leave(tap->share);
	(void)close(base->fd);
	free(tap);
}

static const struct lines_ops TAP_OPS = {
	.levels = tap_levels, .edge = tap_edge, .close = tap_close};

/* With CLAIMS, so that the share cannot go meanwhile. */
static int open_tap(
	struct lines_share *share, const struct lines_request *request, struct lines **ret_lines)
{
	struct tap *tap = calloc(1, sizeof(*tap));
	int fd;

	if (!tap)
		return -ENOMEM;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0) {
		free(tap);
		return -errno;
	}
	tap->base = (struct lines){.ops = &TAP_OPS,
		.trace = share->board->trace,
		.n_lines = 1,
		.fd = fd,
		.debounce_us = request->settings.debounce_us};
	(void)snprintf(tap->base.name, sizeof(tap->base.name), "%.63s", share->lines);
	tap->share = share;
	pthread_mutex_lock(&share->lock);
	share->n_users++;
	tap->next = share->taps;
	share->taps = tap;
	pthread_mutex_unlock(&share->lock);
	*ret_lines = &tap->base;
	return 1;
}

int lines_share_tap(
	struct board *board, const struct lines_request *request, struct lines **ret_lines)
{
	struct lines_share *share;
	int r = 0;

	pthread_mutex_lock(&CLAIMS);
	for (share = board->shares; share && r == 0; share = share->next) {
		if (strcmp(share->lines, request->lines) == 0)
			r = open_tap(share, request, ret_lines);
	}
	pthread_mutex_unlock(&CLAIMS);
	return r;
}
