/* SPDX-License-Identifier: MIT */
/*
 * The public side, and the life of the thread.
 *
 * The end is the hard part. link_close() must return in time. But the thread may be inside the MQTT
 * library, connecting to a host that swallows packets or waiting for a resolver, and there is no
 * way to call it back. So the thread marks when it is in such a call. If it still is when the time
 * is up, link_close() abandons it: it detaches the thread and leaves the struct link to it. On its
 * way out of the call the thread notices that, touches neither the outbox nor the queue, frees what
 * is its own, and ends. Mostly the process ends first, since that is the usual reason to close a
 * link. Then the exit handlers of the libraries must not destroy what the thread still uses, so
 * they are skipped.
 */
#include "link_internal.h"

#include "clock.h"
#include "timed_cond.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	SHORT_LIFE_US = 30000000,
	SHORT_LIVES = 3,
	NETWORK_SPREAD_US = 5000000, /* time for the first attempt after the network has changed */
};

/* How long a broker that did not complete QoS 2 is not offered it again. */
#define QOS_1_US (3600 * UINT64_C(1000000))

void link_enter_library(struct link *link)
{
	(void)pthread_mutex_lock(&link->mutex);
	link->in_library = true;
	link->in_library_since_us = clock_now_us();
	(void)pthread_cond_signal(&link->changed);
	(void)pthread_mutex_unlock(&link->mutex);
}

int link_leave_library(struct link *link)
{
	bool abandoned;

	(void)pthread_mutex_lock(&link->mutex);
	link->in_library = false;
	abandoned = link->abandoned;
	(void)pthread_mutex_unlock(&link->mutex);
	return abandoned ? -ECANCELED : 0;
}

/* With the mutex held. */
static void wake(struct link *link)
{
	atomic_store(&link->commanded, true);
	(void)eventfd_write(link->command_fd, 1);
}

struct link_commands link_take_commands(struct link *link)
{
	struct link_commands commands;
	eventfd_t count;

	(void)pthread_mutex_lock(&link->mutex);
	if (atomic_exchange(&link->commanded, false))
		(void)eventfd_read(link->command_fd, &count);
	commands = link->commands;
	link->events.pong_due |= link->pong_wanted;
	link->pong_wanted = false;
	(void)pthread_mutex_unlock(&link->mutex);
	return commands;
}

uint32_t link_random_number(void)
{
	uint32_t number = 0;

	/* At boot, before the kernel's pool is filled, there is no jitter. */
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		return UINT32_MAX / 2;
	return number;
}

uint32_t link_next_wait_ms(struct link *link)
{
	return backoff_next_ms(&link->backoff, link_random_number());
}

/* The network got better, so the obstacle may be gone. The attempt is spread: the network came back
 * for others too, and an address may come before its route. */
static void try_sooner(uint64_t *end_us, uint64_t now_us)
{
	uint64_t sooner_us =
		now_us + (uint64_t)link_random_number() * NETWORK_SPREAD_US / UINT32_MAX;

	if (sooner_us >= *end_us)
		return;
	*end_us = sooner_us;
	log_notice("mqtt", "the network has changed; connecting in %.1f s",
		(double)(sooner_us - now_us) / 1e6);
}

/* Waits until it is time to connect again, or the link is closed. */
static void wait_to_retry(struct link *link, uint32_t wait_ms)
{
	uint64_t end_us = clock_now_us() + (uint64_t)wait_ms * 1000;
	bool is_sooner = false;

	if (wait_ms > 0 && link->network.fd < 0)
		network_watch_open(&link->network);
	for (;;) {
		struct link_commands commands = link_take_commands(link);
		struct pollfd fds[] = {
			{.fd = link->command_fd, .events = POLLIN},
			{.fd = -1, .events = POLLIN},
			{.fd = link->network.fd, .events = POLLIN},
		};
		uint64_t now_us = clock_now_us();

		if (commands.closing || now_us >= end_us)
			return;
		if (!link_events_flush(&link->events))
			fds[1].fd = link->events.room_fd;
		if (poll(fds, sizeof(fds) / sizeof(*fds), (int)((end_us - now_us + 999) / 1000)) <=
			0)
			continue;
		if (fds[1].revents)
			link_events_room(&link->events);
		if (fds[2].revents && network_watch_read(&link->network) && !is_sooner) {
			is_sooner = true;
			try_sooner(&end_us, clock_now_us());
		}
	}
}

static void free_link(struct link *link)
{
	link_events_fini(&link->events);
	network_watch_close(&link->network);
	if (link->command_fd >= 0)
		(void)close(link->command_fd);
	if (link->ended_fd >= 0)
		(void)close(link->ended_fd);
	(void)pthread_cond_destroy(&link->changed);
	(void)pthread_mutex_destroy(&link->mutex);
	free(link->urls);
	link_settings_free(&link->copies);
	free(link);
}

/* Two clients with one id disconnect each other, and neither learns why. */
static void note_short_life(struct link *link, uint64_t lasted_us)
{
	link->short_lived = lasted_us < SHORT_LIFE_US ? link->short_lived + 1 : 0;
	if (link->short_lived == SHORT_LIVES)
		log_warning("mqtt",
			"%d connections in a row broke soon after they were made: does another "
			"client use the client id \"%s\"? Then give each its own mqtt.client_id, "
			"with %%i in it",
			SHORT_LIVES, link->settings.mqtt->client_id);
}

/* Decides when and where to try next, after a connection that lasted so long. */
static uint32_t follow_end(struct link *link, const struct link_end *end, uint64_t lasted_us)
{
	bool useless = end->kind != LINK_END_BROKEN;
	struct link_url *url = &link->urls[link->turn.index];
	uint32_t wait_ms;

	if (end->kind == LINK_END_CLOSED)
		return 0;
	if (end->kind == LINK_END_QOS_2) {
		url->qos_1_until_us = clock_now_us() + QOS_1_US;
		log_warning("mqtt", "%s: readings go there with QoS 1 for an hour (see mqtt.qos)",
			end->why);
		return 0;
	}
	/* A connection that was useless for its whole short life counts as one more failure. */
	if (!useless || lasted_us >= URL_TURN_GOOD_US)
		backoff_lasted(&link->backoff, lasted_us);
	if (url_turn_ended(&link->turn, lasted_us, useless)) {
		log_warning("mqtt", "connection lost: %s; trying the next URL", end->why);
		return 0;
	}
	wait_ms = link_next_wait_ms(link);
	log_warning(
		"mqtt", "connection lost: %s; connecting again in %.1f s", end->why, wait_ms / 1e3);
	return wait_ms;
}

/* Makes one connection, and returns the wait before the next one. 0, or -ECANCELED. */
static int connect_once(struct link *link, uint32_t *ret_wait_ms)
{
	struct mqtt_client *client;
	struct link_end end;
	uint64_t begin_us, lasted_us;
	int r = link_connect(link, &client, ret_wait_ms);

	if (r < 0)
		return r == -ECANCELED ? r : 0;
	network_watch_close(&link->network);
	begin_us = clock_now_us();
	r = link_session_run(link, client, &end);
	if (r < 0)
		return r;
	lasted_us = clock_now_us() - begin_us;
	*ret_wait_ms = follow_end(link, &end, lasted_us);
	if (end.kind == LINK_END_BROKEN && !end.is_explained)
		note_short_life(link, lasted_us);
	return 0;
}

static void wait_for_start(struct link *link)
{
	struct pollfd fd = {.fd = link->command_fd, .events = POLLIN};
	struct link_commands commands = link_take_commands(link);

	while (!commands.started && !commands.closing) {
		(void)poll(&fd, 1, -1);
		commands = link_take_commands(link);
	}
}

static void *run(void *argument)
{
	struct link *link = argument;

	wait_for_start(link);
	while (!link_take_commands(link).closing) {
		uint32_t wait_ms;

		if (connect_once(link, &wait_ms) == -ECANCELED) {
			free_link(link);
			return NULL;
		}
		wait_to_retry(link, wait_ms);
	}
	link_tell_rejected(link, UINT64_MAX);
	(void)pthread_mutex_lock(&link->mutex);
	link->ended = true;
	(void)eventfd_write(link->ended_fd, 1);
	(void)pthread_cond_signal(&link->changed);
	(void)pthread_mutex_unlock(&link->mutex);
	return NULL;
}

static void init_locks(struct link *link)
{
	(void)pthread_mutex_init(&link->mutex, NULL);
	timed_cond_init(&link->changed);
}

int link_new(const struct link_settings *settings, struct link **ret_link)
{
	struct link *link = calloc(1, sizeof(*link));
	int r;

	if (!link)
		return -ENOMEM;
	init_locks(link);
	link->events.room_fd = -1;
	link->network.fd = -1;
	link->command_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	link->ended_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	link->urls = calloc(settings->mqtt->n_urls, sizeof(*link->urls));
	url_turn_init(&link->turn, settings->mqtt->n_urls,
		settings->mqtt->url_order == CONFIG_URL_ORDER_RANDOM
			? link_random_number() % settings->mqtt->n_urls
			: 0);
	link->commands.answer_us = settings->answer_us;
	r = link->command_fd < 0 || link->ended_fd < 0 ? -errno : link->urls ? 0 : -ENOMEM;
	if (r == 0)
		r = link_settings_copy(settings, &link->copies, &link->settings);
	if (r == 0)
		r = link_events_init(&link->events, settings->events);
	if (r == 0)
		r = -pthread_create(&link->thread, NULL, run, link);
	if (r < 0) {
		free_link(link);
		return r;
	}
	(void)pthread_setname_np(link->thread, "link");
	*ret_link = link;
	return 0;
}

void link_start(struct link *link)
{
	/* It fits, since a topic of the map is short. */
	(void)outbox_put_retained(link->settings.outbox, OUTBOX_STATUS, link->settings.status_topic,
		"online", strlen("online"));
	(void)pthread_mutex_lock(&link->mutex);
	link->commands.started = true;
	wake(link);
	(void)pthread_mutex_unlock(&link->mutex);
}

void link_guard(struct link *link, uint64_t guard_us)
{
	(void)pthread_mutex_lock(&link->mutex);
	link->commands.guard_us = guard_us;
	wake(link);
	(void)pthread_mutex_unlock(&link->mutex);
}

void link_set_answer(struct link *link, uint64_t answer_us)
{
	(void)pthread_mutex_lock(&link->mutex);
	link->commands.answer_us = answer_us;
	(void)pthread_mutex_unlock(&link->mutex);
}

void link_ping(struct link *link)
{
	(void)pthread_mutex_lock(&link->mutex);
	link->pong_wanted = true;
	wake(link);
	(void)pthread_mutex_unlock(&link->mutex);
}

bool link_waits_for_network(struct link *link, uint64_t limit_us)
{
	bool waits;

	(void)pthread_mutex_lock(&link->mutex);
	waits = link->in_library && clock_now_us() - link->in_library_since_us < limit_us;
	(void)pthread_mutex_unlock(&link->mutex);
	return waits;
}

/* With the mutex held. True if the thread ended in time; otherwise it is blocked in the library. */
static bool wait_for_end(struct link *link, uint64_t end_us)
{
	bool in_time = true;

	while (!link->ended && (in_time || !link->in_library)) {
		/* If it is late but not in the library, it will end or enter the library soon. */
		if (in_time)
			in_time = timed_cond_wait(&link->changed, &link->mutex, end_us);
		else
			(void)pthread_cond_wait(&link->changed, &link->mutex);
	}
	return link->ended;
}

/* Runs before the handlers that the libraries registered earlier. */
static void end_at_once(int status, void *argument)
{
	(void)argument;
	_exit(status);
}

/* With the mutex held. */
static void begin_close(struct link *link, uint64_t timeout_us)
{
	if (link->commands.closing)
		return;
	link->commands.closing = true;
	/* A little earlier than the caller's limit, which leaves time for the way out. */
	link->commands.close_by_us = clock_now_us() + timeout_us - timeout_us / 8;
	wake(link);
}

void link_begin_close(struct link *link, uint64_t timeout_us)
{
	(void)pthread_mutex_lock(&link->mutex);
	begin_close(link, timeout_us);
	(void)pthread_mutex_unlock(&link->mutex);
}

int link_closed_fd(const struct link *link)
{
	return link->ended_fd;
}

bool link_is_closed(struct link *link, bool is_late)
{
	bool is_closed;

	(void)pthread_mutex_lock(&link->mutex);
	is_closed = link->ended || (is_late && link->in_library);
	(void)pthread_mutex_unlock(&link->mutex);
	return is_closed;
}

struct link *link_close(struct link *link, uint64_t timeout_us)
{
	uint64_t end_us = clock_now_us() + timeout_us;
	struct outbox *outbox;
	pthread_t thread;
	bool ended;

	if (!link)
		return NULL;
	outbox = link->settings.outbox;
	thread = link->thread;
	(void)pthread_mutex_lock(&link->mutex);
	begin_close(link, timeout_us);
	ended = wait_for_end(link, end_us);
	link->abandoned = !ended;
	(void)pthread_mutex_unlock(&link->mutex);

	if (!ended) {
		(void)pthread_detach(thread);
		(void)on_exit(end_at_once, NULL);
		/* The thread no longer does it, and may not. */
		outbox_disconnected(outbox);
		return NULL;
	}
	(void)pthread_join(thread, NULL);
	free_link(link);
	return NULL;
}
