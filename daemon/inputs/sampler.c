/* SPDX-License-Identifier: MIT */
/*
 * The leading thread's loop: waits for deadlines, parts, calls of other threads and its mailbox,
 * and hands over what round makes.
 */
#include "sampler.h"

#include "clock.h"
#include "count_keeper.h"
#include "crew.h"
#include "mailbox.h"
#include "pace.h"
#include "report.h"
#include "round.h"
#include "sampler_log.h"
#include "schedule.h"
#include "shared_mutex.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
	EVENT_AGAIN_US = 10000, /* until main's queue, which was full, is tried again */
	EVENTS_A_TURN = 256,    /* of inputs, before readings have their turn */
	BURST_US = 2000,        /* of calls, before the mailbox is looked at again */
};

struct sampler {
	struct sampler_settings settings;
	struct crew *crew;
	struct mailbox mailbox;
	pthread_mutex_t mutex; /* over the counts */
	struct sampler_counts counts;

	/* From here on for the leader alone. */
	struct schedule schedule;
	struct round *round, *next_round; /* owned; next takes over after the running round */
	bool is_running;                  /* a round is under way */
	uint64_t begin_us;                /* of that round */
	bool is_beside;                   /* the grid: it was asked for */
	bool is_asked_for;                /* one more is */
	struct sampler_log log;
	struct report report; /* to the main thread */
	/* As watches_lost() said; a map without inputs has none, and begins anew. */
	uint64_t edges_lost;
};

static void swap(struct sampler *sampler)
{
	round_adopt(sampler->next_round, sampler->round);
	watches_restore(round_watches(sampler->next_round), sampler->settings.counts);
	round_free(sampler->round);
	sampler->round = sampler->next_round;
	sampler->next_round = NULL;
	sampler->settings.config = round_config(sampler->round);
	if (sampler->settings.on_map)
		sampler->settings.on_map(sampler->settings.userdata, sampler->settings.config);
	sampler->report.owes_swapped = true;
}

/* Returns the number of missed readings that were not counted yet. */
static uint64_t count(struct sampler *sampler, unsigned readings)
{
	uint64_t missed;

	(void)pthread_mutex_lock(&sampler->mutex);
	missed = sampler->schedule.missed - sampler->counts.missed;
	sampler->counts.readings += readings;
	sampler->counts.missed = sampler->schedule.missed;
	(void)pthread_mutex_unlock(&sampler->mutex);
	return missed;
}

/* False: it is the end. */
static bool take_mail(struct sampler *sampler)
{
	struct mail mail;

	if (!mailbox_take(&sampler->mailbox, &mail))
		return true;
	if (mail.interval_ms)
		schedule_set_interval(&sampler->schedule, mail.interval_ms, mail.interval_us);
	if (mail.round) {
		round_free(sampler->next_round);
		sampler->next_round = mail.round;
	}
	sampler->report.owes_pong = sampler->report.owes_pong || mail.ping;
	sampler->is_asked_for = sampler->is_asked_for || mail.read;
	return !mail.end;
}

/* The time that a call may take. */
static uint64_t limit_us(const struct sampler *sampler)
{
	return pace_limit_us(sampler->schedule.interval_us);
}

static void begin(struct sampler *sampler, uint64_t now_us, bool is_beside)
{
	uint64_t deadline_us = is_beside ? now_us : schedule_begin(&sampler->schedule, now_us);

	sampler->begin_us = now_us;
	sampler->is_beside = is_beside;
	sampler->is_asked_for = false;
	round_begin(sampler->round, deadline_us, now_us, clock_wall_ms(), limit_us(sampler));
	sampler->is_running = true;
}

static void finish(struct sampler *sampler)
{
	struct reading reading = round_finish(sampler->round);
	uint64_t now_us;

	sampler->is_running = false;
	if (reading.n_values > 0 || round_watches(sampler->round))
		sampler->settings.on_reading(
			sampler->settings.userdata, sampler->settings.config, &reading);
	now_us = clock_now_us();
	if (!sampler->is_beside)
		schedule_end(&sampler->schedule, now_us);
	sampler_log_failed(round_watches(sampler->round));
	if (count(sampler, reading.n_values > 0) > 0)
		sampler_log_late(&sampler->log, now_us - sampler->begin_us, now_us);
}

/* Does what is due. *ret_call: a call to be made, or NULL. If NULL, returns when there is more to
 * do; 0: at once. */
static uint64_t turn(struct sampler *sampler, uint64_t now_us, struct call **ret_call)
{
	uint64_t next_us;

	if (!sampler->is_running && sampler->next_round)
		swap(sampler);
	if (!sampler->is_running && now_us >= sampler->schedule.next_us)
		begin(sampler, now_us, false);
	if (!sampler->is_running && sampler->is_asked_for)
		begin(sampler, now_us, true);
	next_us = round_next(sampler->round, now_us, ret_call);
	if (*ret_call)
		return 0;
	if (sampler->is_running) {
		if (!round_is_done(sampler->round))
			return next_us;
		finish(sampler);
		return 0;
	}
	return next_us < sampler->schedule.next_us ? next_us : sampler->schedule.next_us;
}

/* Events go out at once: a press of a bell does not wait for a reading. on_event must not block. */
static void take_events(struct sampler *sampler)
{
	struct watches *watches = round_watches(sampler->round);
	struct input_event event;

	if (!watches) {
		sampler->edges_lost = 0;
		return;
	}
	for (unsigned i = 0; i < EVENTS_A_TURN && watches_event(watches, clock_now_us(), &event);
		i++) {
		sampler->settings.on_event(sampler->settings.userdata, &event);
		sampler_log_chatter(&event);
	}
	if (watches_lost(watches) == sampler->edges_lost)
		return;
	(void)pthread_mutex_lock(&sampler->mutex);
	sampler->counts.edges_lost += watches_lost(watches) - sampler->edges_lost;
	sampler->edges_lost = watches_lost(watches);
	(void)pthread_mutex_unlock(&sampler->mutex);
}

/* Before the readings have their turn, so that they show it. */
static void set_counts(struct sampler *sampler)
{
	struct count_request request;

	while (count_keeper_wanted(sampler->settings.counts, &request)) {
		bool is_kept = false;
		int r = watches_set_count(
			round_watches(sampler->round), request.name, request.count, &is_kept);

		if (r == -EAGAIN)
			return;
		watches_keep(round_watches(sampler->round), sampler->settings.counts);
		count_keeper_carried_out(sampler->settings.counts, r, is_kept);
	}
}

static void wait_until(const struct sampler *sampler, const struct crew *crew, uint64_t time_us)
{
	enum { OWN = 2 };
	struct pollfd fds[OWN + CONFIG_CHIPS_MAX];
	struct watches *watches = round_watches(sampler->round);
	size_t n_watched = watches_poll(watches, fds + OWN);
	uint64_t now_us = clock_now_us();
	uint64_t wait_us = time_us > now_us ? time_us - now_us : 0;
	struct timespec timeout = {
		.tv_sec = (time_t)(wait_us / 1000000),
		.tv_nsec = (long)(wait_us % 1000000) * 1000,
	};

	fds[0] = (struct pollfd){.fd = sampler->mailbox.fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = crew_fd(crew), .events = POLLIN};
	if (ppoll(fds, OWN + n_watched, time_us == ROUND_NEVER ? NULL : &timeout, NULL) > 0)
		watches_polled(watches, fds + OWN, n_watched);
}

/* Takes the calls that other threads have made. */
static void take_calls(struct sampler *sampler, struct crew *crew)
{
	struct call *call;

	while ((call = crew_take(crew)))
		round_took(sampler->round, call, clock_now_us());
}

/*
 * Does everything that is due, with the calls that it needs. Returns when there is more to do, 0:
 * at once. *ret_leads: false if another thread leads now.
 */
static uint64_t work(struct sampler *sampler, struct crew *crew, bool *ret_leads)
{
	uint64_t begin_us = clock_now_us(), now_us = begin_us, next_us;
	struct call *call;

	*ret_leads = true;
	do {
		next_us = turn(sampler, now_us, &call);
		if (!call)
			break;
		if (call->apart) {
			crew_hand(crew, call);
		} else {
			*ret_leads = crew_call(crew, call, now_us, limit_us(sampler));
			if (!*ret_leads)
				return 0;
			round_took(sampler->round, call, now_us);
		}
		now_us = clock_now_us();
	} while (now_us - begin_us < BURST_US);
	return next_us;
}

/* Returns when on_idle wants to be called again. */
static uint64_t idle(const struct sampler *sampler)
{
	const struct sampler_settings *settings = &sampler->settings;

	return settings->on_idle ? settings->on_idle(settings->userdata, clock_now_us())
				 : UINT64_MAX;
}

static bool lead(void *userdata, struct crew *crew, struct call *blocked)
{
	struct sampler *sampler = userdata;
	uint64_t next_us, due_us;
	bool leads;

	if (blocked)
		round_blocked(sampler->round, blocked, clock_now_us());
	if (!take_mail(sampler)) {
		watches_keep(round_watches(sampler->round), sampler->settings.counts);
		return false;
	}
	take_calls(sampler, crew);
	take_events(sampler);
	set_counts(sampler);
	watches_keep(round_watches(sampler->round), sampler->settings.counts);
	next_us = work(sampler, crew, &leads);
	if (!leads)
		return false;
	sampler_log_slow(&sampler->log, sampler->round, limit_us(sampler));
	if (!report_send(&sampler->report, sampler->round)) {
		uint64_t again_us = clock_now_us() + EVENT_AGAIN_US;

		next_us = next_us < again_us ? next_us : again_us;
	}
	due_us = watches_due_us(round_watches(sampler->round));
	next_us = next_us < due_us ? next_us : due_us;
	due_us = next_us > 0 ? idle(sampler) : UINT64_MAX;
	next_us = next_us < due_us ? next_us : due_us;
	if (next_us > 0) {
		crew_rest(crew);
		wait_until(sampler, crew, next_us);
	}
	return true;
}

/* Frees everything except the threads. */
static void release(void *userdata)
{
	struct sampler *sampler = userdata;

	mailbox_fini(&sampler->mailbox);
	round_free(sampler->next_round);
	round_free(sampler->round);
	(void)pthread_mutex_destroy(&sampler->mutex);
	free(sampler);
}

static int start(struct sampler *sampler)
{
	const struct crew_settings settings = {.lead = lead, .end = release, .userdata = sampler};

	schedule_init(&sampler->schedule, sampler->settings.interval_ms, clock_now_us());
	return crew_new(&settings, &sampler->crew);
}

static int start_keeper(struct sampler *sampler, struct round *round)
{
	if (!sampler->settings.counts || !watches_remember(round_watches(round)))
		return 0;
	return count_keeper_start(sampler->settings.counts);
}

static void wake(void *userdata)
{
	struct sampler *sampler = userdata;

	(void)mailbox_begin(&sampler->mailbox);
	mailbox_end(&sampler->mailbox);
}

/* Listens to the keeper, and takes over the counts for the first map. */
static int use_keeper(struct sampler *sampler)
{
	struct count_keeper *keeper = sampler->settings.counts;
	int r = start_keeper(sampler, sampler->round);

	count_keeper_listen(keeper, wake, sampler);
	if (r == 0 && keeper)
		watches_restore(round_watches(sampler->round), keeper);
	return r;
}

int sampler_new(const struct sampler_settings *settings, struct sampler **ret_sampler)
{
	struct sampler *sampler = calloc(1, sizeof(*sampler));
	int r;

	if (!sampler)
		return -ENOMEM;
	sampler->settings = *settings;
	sampler_log_init(&sampler->log);
	shared_mutex_init(&sampler->mutex);
	sampler->report = (struct report){.events = settings->events, .counts = settings->counts};
	r = mailbox_init(&sampler->mailbox);
	if (r == 0)
		r = round_new(settings->board, settings->config, &sampler->round);
	if (r == 0)
		r = use_keeper(sampler);
	if (r == 0)
		r = start(sampler);
	if (r < 0) {
		count_keeper_listen(settings->counts, NULL, NULL);
		release(sampler);
		return r;
	}
	*ret_sampler = sampler;
	return 0;
}

void sampler_set_interval(struct sampler *sampler, uint32_t interval_ms)
{
	struct mail *mail = mailbox_begin(&sampler->mailbox);

	mail->interval_ms = interval_ms;
	mail->interval_us = clock_now_us();
	mailbox_end(&sampler->mailbox);
}

void sampler_read_now(struct sampler *sampler)
{
	mailbox_begin(&sampler->mailbox)->read = true;
	mailbox_end(&sampler->mailbox);
}

int sampler_prepare(struct sampler *sampler, const struct config *config, struct round **ret_round)
{
	struct round *round = NULL;
	int r = round_new(sampler->settings.board, config, &round);

	if (r == 0)
		r = start_keeper(sampler, round);
	if (r < 0) {
		round_free(round);
		return r;
	}
	*ret_round = round;
	return 0;
}

void sampler_swap(struct sampler *sampler, struct round *round)
{
	struct mail *mail = mailbox_begin(&sampler->mailbox);
	struct round *unused = mail->round;

	mail->round = round;
	mailbox_end(&sampler->mailbox);
	round_free(unused);
}

int sampler_set_count(struct sampler *sampler, const char *chip, int64_t count, uint64_t ticket)
{
	struct count_request request = {.ticket = ticket, .count = count};
	int r;

	if (!sampler->settings.counts)
		return -EOPNOTSUPP;
	(void)snprintf(request.name, sizeof(request.name), "%s", chip);
	r = count_keeper_want(sampler->settings.counts, &request);
	if (r == 0)
		wake(sampler);
	return r;
}

void sampler_ping(struct sampler *sampler)
{
	mailbox_begin(&sampler->mailbox)->ping = true;
	mailbox_end(&sampler->mailbox);
}

struct sampler_counts sampler_counts(struct sampler *sampler)
{
	struct sampler_counts counts;

	(void)pthread_mutex_lock(&sampler->mutex);
	counts = sampler->counts;
	(void)pthread_mutex_unlock(&sampler->mutex);
	return counts;
}

int sampler_close(struct sampler *sampler, uint64_t timeout_us)
{
	if (!sampler)
		return 0;
	count_keeper_listen(sampler->settings.counts, NULL, NULL);
	mailbox_begin(&sampler->mailbox)->end = true;
	mailbox_end(&sampler->mailbox);
	return crew_close(sampler->crew, timeout_us);
}
