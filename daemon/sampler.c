/* SPDX-License-Identifier: MIT */
/*
 * The thread: waits for deadlines, for parts and for its mailbox, and hands over what round makes.
 * The mailbox takes the place of a queue of commands, because it cannot be full: of each kind of
 * command only the last one matters.
 */
#include "sampler.h"

#include "clock.h"
#include "log.h"
#include "round.h"
#include "schedule.h"
#include "shared_mutex.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
	TIMER_SLACK_NS = 1000, /* the default of 50 us would add up over the steps of a round */
	PRIORITY = 10, /* real-time, below software PWM: other programs must not break the rhythm */
	LATE_REPEAT_US = 60000000, /* a reading that took too long is told this often */
	EVENT_AGAIN_US = 10000,    /* main's queue is full: it is tried again after this */
};

struct mail {
	bool posted; /* and so wake_fd is readable */
	bool end, ping;
	uint32_t interval_ms; /* 0: stays */
	uint64_t interval_us; /* when it was set */
	struct round *round;  /* of another map, owned; NULL: stays */
};

struct sampler {
	struct sampler_settings settings;
	pthread_t thread;
	int wake_fd;            /* readable while there is mail */
	pthread_mutex_t mutex;  /* over the next block */
	pthread_cond_t changed; /* ended */
	struct mail mail;
	bool abandoned; /* nobody waits for the thread */
	bool ended;

	_Atomic uint64_t readings, missed;
	/* From here on of the thread alone. */
	struct schedule schedule;
	struct round *round, *next_round; /* owned; next: takes over after the running round */
	bool is_running;                  /* a round */
	uint64_t begin_us;                /* of that round */
	struct log_limit late_limit;      /* what takes too long takes too long each time */
	bool owes_pong, owes_swapped;     /* to main */
};

static bool push(struct sampler *sampler, const struct sampler_event *event)
{
	const struct queue_part part = {event, sizeof(*event)};

	return queue_push(sampler->settings.events, &part, 1) == 0;
}

static bool push_plain(struct sampler *sampler, enum sampler_event_kind kind)
{
	const struct sampler_event event = {.kind = kind, .config = sampler->settings.config};

	return push(sampler, &event);
}

/* Whatever main has to hear. false: its queue is full. */
static bool report(struct sampler *sampler)
{
	struct sampler_event event;

	if (sampler->owes_swapped && !push_plain(sampler, SAMPLER_EVENT_SWAPPED))
		return false;
	sampler->owes_swapped = false;
	if (sampler->owes_pong && !push_plain(sampler, SAMPLER_EVENT_PONG))
		return false;
	sampler->owes_pong = false;
	while (round_unreported(sampler->round, &event)) {
		if (!push(sampler, &event))
			return false;
		round_reported(sampler->round, &event);
	}
	return true;
}

static void swap(struct sampler *sampler)
{
	round_adopt(sampler->next_round, sampler->round);
	round_free(sampler->round);
	sampler->round = sampler->next_round;
	sampler->next_round = NULL;
	sampler->settings.config = round_config(sampler->round);
	sampler->owes_swapped = true;
}

static void publish_missed(struct sampler *sampler)
{
	atomic_store(&sampler->missed, sampler->schedule.missed);
}

/* false: the end. */
static bool take_mail(struct sampler *sampler)
{
	struct mail mail;
	eventfd_t count;

	(void)pthread_mutex_lock(&sampler->mutex);
	mail = sampler->mail;
	sampler->mail = (struct mail){0};
	if (mail.posted)
		(void)eventfd_read(sampler->wake_fd, &count);
	(void)pthread_mutex_unlock(&sampler->mutex);

	if (mail.interval_ms)
		schedule_set_interval(&sampler->schedule, mail.interval_ms, mail.interval_us);
	if (mail.round) {
		round_free(sampler->next_round);
		sampler->next_round = mail.round;
	}
	sampler->owes_pong = sampler->owes_pong || mail.ping;
	return !mail.end;
}

static void begin(struct sampler *sampler, uint64_t now_us)
{
	uint64_t deadline_us = schedule_begin(&sampler->schedule, now_us);

	publish_missed(sampler);
	sampler->begin_us = now_us;
	round_begin(sampler->round, deadline_us, now_us, clock_wall_ms());
	sampler->is_running = true;
}

static void finish(struct sampler *sampler)
{
	struct reading reading = round_finish(sampler->round);
	unsigned suppressed = 0;
	uint64_t now_us;

	sampler->is_running = false;
	if (reading.n_values > 0) {
		atomic_fetch_add(&sampler->readings, 1);
		sampler->settings.on_reading(
			sampler->settings.userdata, sampler->settings.config, &reading);
	}
	now_us = clock_now_us();
	schedule_end(&sampler->schedule, now_us);
	if (sampler->schedule.missed != atomic_load(&sampler->missed) &&
		log_limit_pass(&sampler->late_limit, now_us, &suppressed))
		log_warning("sensors",
			"a reading took %.0f ms, longer than the interval (%u times since the last "
			"such line)",
			(double)(now_us - sampler->begin_us) / 1000, suppressed + 1);
	publish_missed(sampler);
}

/* Does what is due. Returns when there is more to do; 0: at once. */
static uint64_t turn(struct sampler *sampler)
{
	uint64_t now_us = clock_now_us(), next_us;

	if (!sampler->is_running && sampler->next_round)
		swap(sampler);
	if (!sampler->is_running) {
		if (now_us < sampler->schedule.next_us)
			return sampler->schedule.next_us;
		begin(sampler, now_us);
	}
	next_us = round_step(sampler->round, now_us);
	if (next_us != ROUND_DONE)
		return next_us;
	finish(sampler);
	return 0;
}

static void wait_until(const struct sampler *sampler, uint64_t time_us)
{
	struct pollfd wake = {.fd = sampler->wake_fd, .events = POLLIN};
	uint64_t now_us = clock_now_us();
	uint64_t wait_us = time_us > now_us ? time_us - now_us : 0;
	struct timespec timeout = {
		.tv_sec = (time_t)(wait_us / 1000000),
		.tv_nsec = (long)(wait_us % 1000000) * 1000,
	};

	(void)ppoll(&wake, 1, &timeout, NULL);
}

/* What is there without the thread. */
static void release(struct sampler *sampler)
{
	round_free(sampler->mail.round);
	round_free(sampler->next_round);
	round_free(sampler->round);
	if (sampler->wake_fd >= 0)
		(void)close(sampler->wake_fd);
	(void)pthread_cond_destroy(&sampler->changed);
	(void)pthread_mutex_destroy(&sampler->mutex);
	free(sampler);
}

/* The thread's last word. Whoever was given up frees what is its own. */
static void end(struct sampler *sampler)
{
	bool abandoned;

	(void)pthread_mutex_lock(&sampler->mutex);
	sampler->ended = true;
	abandoned = sampler->abandoned;
	(void)pthread_cond_signal(&sampler->changed);
	(void)pthread_mutex_unlock(&sampler->mutex);
	if (abandoned)
		release(sampler);
}

static void *run(void *userdata)
{
	struct sampler *sampler = userdata;
	const struct sched_param param = {.sched_priority = PRIORITY};

	/* Both are for precision alone; without the right to them it is less. */
	(void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	(void)prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
	while (take_mail(sampler)) {
		uint64_t next_us = turn(sampler);

		if (!report(sampler)) {
			uint64_t again_us = clock_now_us() + EVENT_AGAIN_US;

			next_us = next_us < again_us ? next_us : again_us;
		}
		if (next_us > 0)
			wait_until(sampler, next_us);
	}
	end(sampler);
	return NULL;
}

static int start_thread(struct sampler *sampler)
{
	sigset_t all, before;
	int r;

	/* Signals are for the main thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&sampler->thread, NULL, run, sampler);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		(void)pthread_setname_np(sampler->thread, "tosd-sampler");
	return r;
}

static void init_locks(struct sampler *sampler)
{
	pthread_condattr_t attributes;

	shared_mutex_init(&sampler->mutex);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&sampler->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

int sampler_new(const struct sampler_settings *settings, struct sampler **ret_sampler)
{
	struct sampler *sampler = calloc(1, sizeof(*sampler));
	int r;

	if (!sampler)
		return -ENOMEM;
	sampler->settings = *settings;
	sampler->late_limit = (struct log_limit){.interval_us = LATE_REPEAT_US, .burst = 1};
	init_locks(sampler);
	sampler->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	r = sampler->wake_fd < 0 ? -errno : 0;
	if (r == 0)
		r = round_new(settings->board, settings->config, &sampler->round);
	if (r == 0) {
		schedule_init(&sampler->schedule, settings->interval_ms, clock_now_us());
		r = start_thread(sampler);
	}
	if (r < 0) {
		release(sampler);
		return r;
	}
	*ret_sampler = sampler;
	return 0;
}

/* The mutex is held from here to post_end(). */
static struct mail *post_begin(struct sampler *sampler)
{
	(void)pthread_mutex_lock(&sampler->mutex);
	return &sampler->mail;
}

static void wake(struct sampler *sampler)
{
	sampler->mail.posted = true;
	(void)eventfd_write(sampler->wake_fd, 1);
}

static void post_end(struct sampler *sampler)
{
	wake(sampler);
	(void)pthread_mutex_unlock(&sampler->mutex);
}

void sampler_set_interval(struct sampler *sampler, uint32_t interval_ms)
{
	struct mail *mail = post_begin(sampler);

	mail->interval_ms = interval_ms;
	mail->interval_us = clock_now_us();
	post_end(sampler);
}

int sampler_prepare(struct sampler *sampler, const struct config *config, struct round **ret_round)
{
	return round_new(sampler->settings.board, config, ret_round);
}

void sampler_swap(struct sampler *sampler, struct round *round)
{
	struct mail *mail = post_begin(sampler);
	struct round *unused = mail->round;

	mail->round = round;
	post_end(sampler);
	round_free(unused);
}

void sampler_ping(struct sampler *sampler)
{
	post_begin(sampler)->ping = true;
	post_end(sampler);
}

struct sampler_counts sampler_counts(struct sampler *sampler)
{
	return (struct sampler_counts){
		.readings = atomic_load(&sampler->readings),
		.missed = atomic_load(&sampler->missed),
	};
}

int sampler_close(struct sampler *sampler, uint64_t timeout_us)
{
	uint64_t end_us = clock_now_us() + timeout_us;
	const struct timespec end = {(time_t)(end_us / 1000000), (long)(end_us % 1000000) * 1000};
	bool in_time = true;
	pthread_t thread;
	bool ended;

	if (!sampler)
		return 0;
	thread = sampler->thread;
	post_begin(sampler)->end = true;
	wake(sampler);
	while (!sampler->ended && in_time)
		in_time = pthread_cond_timedwait(&sampler->changed, &sampler->mutex, &end) !=
			ETIMEDOUT;
	ended = sampler->ended;
	sampler->abandoned = !ended;
	(void)pthread_mutex_unlock(&sampler->mutex);
	if (!ended) {
		(void)pthread_detach(thread);
		return -ETIMEDOUT;
	}
	(void)pthread_join(thread, NULL);
	release(sampler);
	return 0;
}
